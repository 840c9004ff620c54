"""The scenario: people, their keys, what they do on which day, and what must happen.

The expectations are derived from the rules in the README by hand, day by day, without the product's
code. The first run is on day 1; thresholds are the defaults (90, 7, 30) until they are edited.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from local.demo.actors import Actors, user_of
from local.demo.stages import Stage

FIRST_DAY = date(2026, 3, 2)
LAST_DAY = 60
SUBSCRIBER = "security@example.com"
_KEY_MADE_AT = time(15, tzinfo=UTC)  # later in the day than a run, since only dates count


@dataclass(frozen=True, slots=True)
class ExpectedFrom:
    """The stage of a key from a day on, until the next entry, and its reported due day."""

    day: int
    stage: Stage
    due: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioKey:
    """A key, and its expected stages.

    label: its user, and which of that user's keys it is
    rule: the rule that it demonstrates
    age: its age in days on day 1; None if it is created later
    used: days before day 1 on which it was last used; None if never
    daily: whether it is used every day while it is active
    """

    label: str
    rule: str
    expected: tuple[ExpectedFrom, ...]
    age: int | None = None
    used: int | None = None
    daily: bool = False
    inactive: bool = False
    description: str | None = None

    def on(self, day: int) -> ExpectedFrom:
        """Return the expected stage on a day."""
        return [entry for entry in self.expected if entry.day <= day][-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioAction:
    """What somebody does after the run of a day."""

    day: int
    text: str
    do: Callable[[Actors], None]


def day_of(day: int) -> date:
    """Return the date of a day of the scenario."""
    return FIRST_DAY + timedelta(days=day - 1)


def seed(actors: Actors) -> None:
    """Create the users, keys and exemptions, as on the morning of day 1."""
    for user in sorted({user_of(key.label) for key in KEYS}):
        actors.account.create_user(user)
    for key in KEYS:
        if key.age is not None:
            _seed_key(actors, key)
    actors.set_parameter("exemptions", EXEMPTIONS)


def _seed_key(actors: Actors, key: ScenarioKey) -> None:
    made_on = FIRST_DAY - timedelta(days=key.age or 0)
    actors.create_key(key.label, created=datetime.combine(made_on, _KEY_MADE_AT))
    if key.used is not None:
        actors.use(key.label, ago=timedelta(days=key.used))
    if key.description:
        actors.describe_key(key.label, key.description)
    if key.inactive:
        actors.deactivate(key.label)


def _use_in_grace_window(actors: Actors) -> None:
    actors.activate("ivan")
    actors.use("ivan")
    actors.deactivate("ivan")


EXEMPTIONS = f"""\
breakglass # sealed in the safe
vendor until {day_of(20)} # moves to a role in March"""

ACTIONS = (
    ScenarioAction(
        day=4, text="gil rotates: a new key, the old one deleted", do=lambda p: p.rotate("gil")
    ),
    ScenarioAction(
        day=5,
        text="security sets max-changes-per-run from 25 to 4",
        do=lambda p: p.set_parameter("max-changes-per-run", "4"),
    ),
    ScenarioAction(day=9, text="carol turns the key on again", do=lambda p: p.activate("carol")),
    ScenarioAction(
        day=10,
        text="AWS reports late that ben's key was used before its deactivation",
        do=lambda p: p.use("ben", ago=timedelta(days=1, hours=4)),
    ),
    ScenarioAction(
        day=12,
        text="security sets grace-days from 30 to 14",
        do=lambda p: p.set_parameter("grace-days", "14"),
    ),
    ScenarioAction(day=18, text="carol turns the key on again", do=lambda p: p.activate("carol")),
    ScenarioAction(
        day=27, text="carol turns the key on a third time", do=lambda p: p.activate("carol")
    ),
    ScenarioAction(
        day=30,
        text="someone turns ivan's key on, uses it, and turns it off again",
        do=_use_in_grace_window,
    ),
    ScenarioAction(
        day=34, text="carol rotates on request of security", do=lambda p: p.rotate("carol")
    ),
    ScenarioAction(
        day=44,
        text="security sets adopt-inactive-keys to true",
        do=lambda p: p.set_parameter("adopt-inactive-keys", "true"),
    ),
    ScenarioAction(
        day=55,
        text="security sets max-age-days from 90 to 180",
        do=lambda p: p.set_parameter("max-age-days", "180"),
    ),
)

DIGEST_DAYS = frozenset(
    {1, 5, 6, 7, 8, 9, 10, 13, 15, 16, 17, 19, 21, 25, 26, 27, 28, 29, 30}
    | {31, 35, 37, 38, 39, 41, 42, 43, 44, 45, 54, 56, 58, 59}
)
"""The days with a digest: those with an action, a reminder or an edited setting."""

REPORTED_SETTINGS = {
    6: ["max-changes-per-run"],
    13: ["grace-days"],
    45: ["adopt-inactive-keys"],
    56: ["max-age-days"],
}
EXEMPTION_END_REPORTED_ON = 21

KEYS = (
    ScenarioKey(
        label="ann",
        rule="a fresh key is not changed",
        age=10,
        used=1,
        daily=True,
        expected=(ExpectedFrom(1, Stage.WORKS),),
    ),
    ScenarioKey(
        label="eve",
        rule="noticed at 83 days, deactivated at 90, deleted 14 days later",
        age=75,
        used=9,
        description="report on Mondays",
        expected=(
            ExpectedFrom(1, Stage.WORKS),
            ExpectedFrom(9, Stage.NOTICED, 16),
            ExpectedFrom(10, Stage.WAITING, 16),
            ExpectedFrom(15, Stage.REMINDED, 16),
            ExpectedFrom(16, Stage.DEACTIVATED, 30),
            ExpectedFrom(17, Stage.IN_GRACE, 30),
            ExpectedFrom(29, Stage.LAST_DAY, 30),
            ExpectedFrom(30, Stage.DELETED),
            ExpectedFrom(31, Stage.ABSENT),
        ),
    ),
    ScenarioKey(
        label="ben",
        rule="first seen at 84 days: a full notice; deferred a day by the limit of 4",
        age=84,
        used=20,
        expected=(
            ExpectedFrom(1, Stage.NOTICED, 8),
            ExpectedFrom(2, Stage.WAITING, 8),
            ExpectedFrom(7, Stage.REMINDED, 8),
            ExpectedFrom(8, Stage.DEFERRED),
            ExpectedFrom(9, Stage.DEACTIVATED, 39),
            ExpectedFrom(10, Stage.IN_GRACE, 39),
            ExpectedFrom(38, Stage.LAST_DAY, 39),
            ExpectedFrom(39, Stage.DELETED),
            ExpectedFrom(40, Stage.ABSENT),
        ),
    ),
    ScenarioKey(
        label="carol",
        rule="in use at 400 days: noticed, turned on again three times, then held",
        age=400,
        used=1,
        daily=True,
        description="checkout, production",
        expected=(
            ExpectedFrom(1, Stage.NOTICED, 8),
            ExpectedFrom(2, Stage.WAITING, 8),
            ExpectedFrom(7, Stage.REMINDED, 8),
            ExpectedFrom(8, Stage.DEACTIVATED, 38),
            ExpectedFrom(9, Stage.IN_GRACE, 38),
            ExpectedFrom(10, Stage.NOTICED, 17),
            ExpectedFrom(11, Stage.WAITING, 17),
            ExpectedFrom(16, Stage.REMINDED, 17),
            ExpectedFrom(17, Stage.DEACTIVATED, 31),
            ExpectedFrom(18, Stage.IN_GRACE, 31),
            ExpectedFrom(19, Stage.NOTICED, 26),
            ExpectedFrom(20, Stage.WAITING, 26),
            ExpectedFrom(25, Stage.REMINDED, 26),
            ExpectedFrom(26, Stage.DEACTIVATED, 40),
            ExpectedFrom(27, Stage.IN_GRACE, 40),
            ExpectedFrom(28, Stage.HELD),
            ExpectedFrom(35, Stage.CLOSED),
            ExpectedFrom(36, Stage.ABSENT),
        ),
    ),
    ScenarioKey(
        label="carol (new)",
        rule="the key that replaces it is a fresh one",
        daily=True,
        expected=(ExpectedFrom(1, Stage.ABSENT), ExpectedFrom(35, Stage.WORKS)),
    ),
    ScenarioKey(
        label="dora",
        rule="never used: its announced day stays, though grace-days became shorter",
        age=200,
        expected=(
            ExpectedFrom(1, Stage.NOTICED, 8),
            ExpectedFrom(2, Stage.WAITING, 8),
            ExpectedFrom(7, Stage.REMINDED, 8),
            ExpectedFrom(8, Stage.DEACTIVATED, 38),
            ExpectedFrom(9, Stage.IN_GRACE, 38),
            ExpectedFrom(37, Stage.LAST_DAY, 38),
            ExpectedFrom(38, Stage.DELETED),
            ExpectedFrom(39, Stage.ABSENT),
        ),
    ),
    ScenarioKey(
        label="frank (old)",
        rule="the older of two keys is rotated",
        age=300,
        used=100,
        description="nightly export",
        expected=(
            ExpectedFrom(1, Stage.NOTICED, 8),
            ExpectedFrom(2, Stage.WAITING, 8),
            ExpectedFrom(7, Stage.REMINDED, 8),
            ExpectedFrom(8, Stage.DEACTIVATED, 38),
            ExpectedFrom(9, Stage.IN_GRACE, 38),
            ExpectedFrom(37, Stage.LAST_DAY, 38),
            ExpectedFrom(38, Stage.DELETED),
            ExpectedFrom(39, Stage.ABSENT),
        ),
    ),
    ScenarioKey(
        label="frank (new)",
        rule="the newer of two keys, in use, is not changed",
        age=5,
        used=1,
        daily=True,
        expected=(ExpectedFrom(1, Stage.WORKS),),
    ),
    ScenarioKey(
        label="gil",
        rule="deleted by its owner after the notice: its watch is closed",
        age=150,
        used=1,
        expected=(
            ExpectedFrom(1, Stage.NOTICED, 8),
            ExpectedFrom(2, Stage.WAITING, 8),
            ExpectedFrom(5, Stage.CLOSED),
            ExpectedFrom(6, Stage.ABSENT),
        ),
    ),
    ScenarioKey(
        label="gil (new)",
        rule="the key that replaces it is a fresh one",
        daily=True,
        expected=(ExpectedFrom(1, Stage.ABSENT), ExpectedFrom(5, Stage.WORKS)),
    ),
    ScenarioKey(
        label="ivan",
        rule="used in its grace window: the window starts again at that use",
        age=120,
        used=2,
        expected=(
            ExpectedFrom(1, Stage.NOTICED, 8),
            ExpectedFrom(2, Stage.WAITING, 8),
            ExpectedFrom(7, Stage.REMINDED, 8),
            ExpectedFrom(8, Stage.DEACTIVATED, 38),
            ExpectedFrom(9, Stage.IN_GRACE, 38),
            ExpectedFrom(31, Stage.EXTENDED, 44),
            ExpectedFrom(32, Stage.IN_GRACE, 44),
            ExpectedFrom(43, Stage.LAST_DAY, 44),
            ExpectedFrom(44, Stage.DELETED),
            ExpectedFrom(45, Stage.ABSENT),
        ),
    ),
    ScenarioKey(
        label="vendor",
        rule="exempt until day 20, that day included; then noticed like any other key",
        age=250,
        used=3,
        expected=(
            ExpectedFrom(1, Stage.EXEMPT, 20),
            ExpectedFrom(21, Stage.NOTICED, 28),
            ExpectedFrom(22, Stage.WAITING, 28),
            ExpectedFrom(27, Stage.REMINDED, 28),
            ExpectedFrom(28, Stage.DEACTIVATED, 42),
            ExpectedFrom(29, Stage.IN_GRACE, 42),
            ExpectedFrom(41, Stage.LAST_DAY, 42),
            ExpectedFrom(42, Stage.DELETED),
            ExpectedFrom(43, Stage.ABSENT),
        ),
    ),
    ScenarioKey(
        label="breakglass",
        rule="exempt without end: reported, never changed",
        age=700,
        expected=(ExpectedFrom(1, Stage.EXEMPT),),
    ),
    ScenarioKey(
        label="helen",
        rule="inactive, not ours: not changed until adopted, then a full grace window",
        age=500,
        used=90,
        inactive=True,
        expected=(
            ExpectedFrom(1, Stage.NOT_OURS),
            ExpectedFrom(45, Stage.ADOPTED, 59),
            ExpectedFrom(46, Stage.IN_GRACE, 59),
            ExpectedFrom(58, Stage.LAST_DAY, 59),
            ExpectedFrom(59, Stage.DELETED),
            ExpectedFrom(60, Stage.ABSENT),
        ),
    ),
    ScenarioKey(
        label="lena",
        rule="no longer stale under new thresholds: the notice is withdrawn",
        age=30,
        used=1,
        daily=True,
        expected=(
            ExpectedFrom(1, Stage.WORKS),
            ExpectedFrom(54, Stage.NOTICED, 61),
            ExpectedFrom(55, Stage.WAITING, 61),
            ExpectedFrom(56, Stage.WITHDRAWN),
            ExpectedFrom(57, Stage.WORKS),
        ),
    ),
)
