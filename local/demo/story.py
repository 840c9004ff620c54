"""The story: some people, their keys, what they do on which day, and what then has to happen.

The expectations are written from the rules in the README by hand, day by day, and know nothing of
the product's code. Day 1 is the first run; thresholds are the defaults (90, 7, 30) until edited.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from local.demo.people import People, user_of
from local.demo.stages import Stage

FIRST_DAY = date(2026, 3, 2)
LAST_DAY = 60
LISTENER = "security@example.com"
_KEY_MADE_AT = time(15, tzinfo=UTC)  # later in the day than a run: only dates count


@dataclass(frozen=True, slots=True)
class From:
    """From this day on, until the next entry, a key is seen at a stage, with a day told for it."""

    day: int
    stage: Stage
    due: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryKey:
    """One key and what has to become of it.

    label: its user, and which of that user's keys
    rule: the rule that it is an example of
    age: its age in days on day 1; None for a key that is made on the way
    used: how many days before day 1 it was last used; None for never
    daily: whether it is used every day while it is active
    """

    label: str
    rule: str
    expected: tuple[From, ...]
    age: int | None = None
    used: int | None = None
    daily: bool = False
    inactive: bool = False
    description: str | None = None

    def on(self, day: int) -> From:
        """What has to be seen on a day."""
        return [entry for entry in self.expected if entry.day <= day][-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What somebody does after the run of a day."""

    day: int
    text: str
    do: Callable[[People], None]


def day_of(day: int) -> date:
    """The date of a day of the story."""
    return FIRST_DAY + timedelta(days=day - 1)


def seed(people: People) -> None:
    """Bring the account to the morning of day 1."""
    for user in sorted({user_of(key.label) for key in KEYS}):
        people.account.create_user(user)
    for key in KEYS:
        if key.age is not None:
            _seed_key(people, key)
    people.edit("exemptions", EXEMPTIONS)


def _seed_key(people: People, key: StoryKey) -> None:
    made_on = FIRST_DAY - timedelta(days=key.age or 0)
    people.make_key(key.label, created=datetime.combine(made_on, _KEY_MADE_AT))
    if key.used is not None:
        people.use(key.label, ago=timedelta(days=key.used))
    if key.description:
        people.describe(key.label, key.description)
    if key.inactive:
        people.turn_off(key.label)


def _use_on_the_sly(people: People) -> None:
    people.turn_on("ivan")
    people.use("ivan")
    people.turn_off("ivan")


EXEMPTIONS = f"""\
breakglass # sealed in the safe
vendor until {day_of(20)} # moves to a role in March"""

DEEDS = (
    Deed(day=4, text="gil rotates: a new key, the old one deleted", do=lambda p: p.rotate("gil")),
    Deed(
        day=5,
        text="security sets max-changes-per-run from 25 to 4",
        do=lambda p: p.edit("max-changes-per-run", "4"),
    ),
    Deed(day=9, text="carol turns the key on again", do=lambda p: p.turn_on("carol")),
    Deed(
        day=10,
        text="AWS shows late that ben's key was used before its deactivation",
        do=lambda p: p.use("ben", ago=timedelta(days=1, hours=4)),
    ),
    Deed(
        day=12,
        text="security sets grace-days from 30 to 14",
        do=lambda p: p.edit("grace-days", "14"),
    ),
    Deed(day=18, text="carol turns the key on again", do=lambda p: p.turn_on("carol")),
    Deed(day=27, text="carol turns the key on a third time", do=lambda p: p.turn_on("carol")),
    Deed(day=30, text="someone turns ivan's key on, uses it, and turns it off", do=_use_on_the_sly),
    Deed(day=34, text="security talks to carol, who rotates", do=lambda p: p.rotate("carol")),
    Deed(
        day=44,
        text="security sets adopt-inactive-keys to true",
        do=lambda p: p.edit("adopt-inactive-keys", "true"),
    ),
    Deed(
        day=55,
        text="security sets max-age-days from 90 to 180",
        do=lambda p: p.edit("max-age-days", "180"),
    ),
)

MAIL_DAYS = frozenset(
    {1, 5, 6, 7, 8, 9, 10, 13, 15, 16, 17, 19, 21, 25, 26, 27, 28, 29, 30}
    | {31, 35, 37, 38, 39, 41, 42, 43, 44, 45, 54, 56, 58, 59}
)
"""Days on which something happens, is reminded of or was edited; on all others nobody is written
to."""

SETTINGS_TOLD = {
    6: ["max-changes-per-run"],
    13: ["grace-days"],
    45: ["adopt-inactive-keys"],
    56: ["max-age-days"],
}
EXEMPTION_ENDS_TOLD = 21

KEYS = (
    StoryKey(
        label="ann",
        rule="a fresh key is left alone",
        age=10,
        used=1,
        daily=True,
        expected=(From(1, Stage.WORKS),),
    ),
    StoryKey(
        label="eve",
        rule="noticed at 83 days, deactivated at 90, deleted 14 days later",
        age=75,
        used=9,
        description="report on Mondays",
        expected=(
            From(1, Stage.WORKS),
            From(9, Stage.NOTICED, 16),
            From(10, Stage.WAITING, 16),
            From(15, Stage.REMINDED, 16),
            From(16, Stage.DEACTIVATED, 30),
            From(17, Stage.IN_GRACE, 30),
            From(29, Stage.LAST_DAY, 30),
            From(30, Stage.DELETED),
            From(31, Stage.ABSENT),
        ),
    ),
    StoryKey(
        label="ben",
        rule="first seen at 84 days: a full notice; put off a day by the limit of 4",
        age=84,
        used=20,
        expected=(
            From(1, Stage.NOTICED, 8),
            From(2, Stage.WAITING, 8),
            From(7, Stage.REMINDED, 8),
            From(8, Stage.DEFERRED),
            From(9, Stage.DEACTIVATED, 39),
            From(10, Stage.IN_GRACE, 39),
            From(38, Stage.LAST_DAY, 39),
            From(39, Stage.DELETED),
            From(40, Stage.ABSENT),
        ),
    ),
    StoryKey(
        label="carol",
        rule="in use at 400 days: noticed, turned on again twice, then held for a person",
        age=400,
        used=1,
        daily=True,
        description="checkout, production",
        expected=(
            From(1, Stage.NOTICED, 8),
            From(2, Stage.WAITING, 8),
            From(7, Stage.REMINDED, 8),
            From(8, Stage.DEACTIVATED, 38),
            From(9, Stage.IN_GRACE, 38),
            From(10, Stage.NOTICED, 17),
            From(11, Stage.WAITING, 17),
            From(16, Stage.REMINDED, 17),
            From(17, Stage.DEACTIVATED, 31),
            From(18, Stage.IN_GRACE, 31),
            From(19, Stage.NOTICED, 26),
            From(20, Stage.WAITING, 26),
            From(25, Stage.REMINDED, 26),
            From(26, Stage.DEACTIVATED, 40),
            From(27, Stage.IN_GRACE, 40),
            From(28, Stage.HELD),
            From(35, Stage.CLOSED),
            From(36, Stage.ABSENT),
        ),
    ),
    StoryKey(
        label="carol (new)",
        rule="the key that replaces it is a fresh one",
        daily=True,
        expected=(From(1, Stage.ABSENT), From(35, Stage.WORKS)),
    ),
    StoryKey(
        label="dora",
        rule="never used: its told day stays, though grace-days became shorter",
        age=200,
        expected=(
            From(1, Stage.NOTICED, 8),
            From(2, Stage.WAITING, 8),
            From(7, Stage.REMINDED, 8),
            From(8, Stage.DEACTIVATED, 38),
            From(9, Stage.IN_GRACE, 38),
            From(37, Stage.LAST_DAY, 38),
            From(38, Stage.DELETED),
            From(39, Stage.ABSENT),
        ),
    ),
    StoryKey(
        label="frank (old)",
        rule="the older of two keys goes",
        age=300,
        used=100,
        description="nightly export",
        expected=(
            From(1, Stage.NOTICED, 8),
            From(2, Stage.WAITING, 8),
            From(7, Stage.REMINDED, 8),
            From(8, Stage.DEACTIVATED, 38),
            From(9, Stage.IN_GRACE, 38),
            From(37, Stage.LAST_DAY, 38),
            From(38, Stage.DELETED),
            From(39, Stage.ABSENT),
        ),
    ),
    StoryKey(
        label="frank (new)",
        rule="the newer of two keys, in use, stays",
        age=5,
        used=1,
        daily=True,
        expected=(From(1, Stage.WORKS),),
    ),
    StoryKey(
        label="gil",
        rule="rotated by its owner within the notice: closed",
        age=150,
        used=1,
        expected=(
            From(1, Stage.NOTICED, 8),
            From(2, Stage.WAITING, 8),
            From(5, Stage.CLOSED),
            From(6, Stage.ABSENT),
        ),
    ),
    StoryKey(
        label="gil (new)",
        rule="the key that replaces it is a fresh one",
        daily=True,
        expected=(From(1, Stage.ABSENT), From(5, Stage.WORKS)),
    ),
    StoryKey(
        label="ivan",
        rule="used in its window: the window starts again from that use",
        age=120,
        used=2,
        expected=(
            From(1, Stage.NOTICED, 8),
            From(2, Stage.WAITING, 8),
            From(7, Stage.REMINDED, 8),
            From(8, Stage.DEACTIVATED, 38),
            From(9, Stage.IN_GRACE, 38),
            From(31, Stage.EXTENDED, 44),
            From(32, Stage.IN_GRACE, 44),
            From(43, Stage.LAST_DAY, 44),
            From(44, Stage.DELETED),
            From(45, Stage.ABSENT),
        ),
    ),
    StoryKey(
        label="vendor",
        rule="exempt until day 20, that day included; then noticed like any other",
        age=250,
        used=3,
        expected=(
            From(1, Stage.EXEMPT, 20),
            From(21, Stage.NOTICED, 28),
            From(22, Stage.WAITING, 28),
            From(27, Stage.REMINDED, 28),
            From(28, Stage.DEACTIVATED, 42),
            From(29, Stage.IN_GRACE, 42),
            From(41, Stage.LAST_DAY, 42),
            From(42, Stage.DELETED),
            From(43, Stage.ABSENT),
        ),
    ),
    StoryKey(
        label="breakglass",
        rule="exempt without end: reported, never acted on",
        age=700,
        expected=(From(1, Stage.EXEMPT),),
    ),
    StoryKey(
        label="helen",
        rule="inactive, not ours: untouched until adopted, then a whole window",
        age=500,
        used=90,
        inactive=True,
        expected=(
            From(1, Stage.NOT_OURS),
            From(45, Stage.ADOPTED, 59),
            From(46, Stage.IN_GRACE, 59),
            From(58, Stage.LAST_DAY, 59),
            From(59, Stage.DELETED),
            From(60, Stage.ABSENT),
        ),
    ),
    StoryKey(
        label="lena",
        rule="no longer stale under new thresholds: the notice is withdrawn",
        age=30,
        used=1,
        daily=True,
        expected=(
            From(1, Stage.WORKS),
            From(54, Stage.NOTICED, 61),
            From(55, Stage.WAITING, 61),
            From(56, Stage.WITHDRAWN),
            From(57, Stage.WORKS),
        ),
    ),
)
