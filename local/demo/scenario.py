"""The scenario: people, their keys, what they do on which day, and what must happen.

The expectations are derived from the rules in the README by hand, day by day, without the product's
code. The first run is on day 1; thresholds are the defaults (90, 7, 30) until they are edited.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from local.demo.actors import Actors, user_of
from local.demo.scenario_keys import KEYS, ScenarioKey
from local.demo.scenario_owners import TAGS

FIRST_DAY = date(2026, 3, 2)
LAST_DAY = 60
SUBSCRIBER = "security@example.com"
_KEY_MADE_AT = time(15, tzinfo=UTC)  # later in the day than a run, since only dates count


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
    """Create users with owners, keys and exemptions, as on the morning of day 1."""
    for user in sorted({user_of(key.label) for key in KEYS}):
        actors.account.create_user(user)
    for user, (tag, address) in TAGS.items():
        actors.name_owner(user, tag, address)
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
    {1, 2, 5, 6, 7, 8, 9, 10, 13, 15, 16, 17, 19, 21, 25, 26, 27, 28, 29, 30}
    | {31, 35, 37, 38, 39, 41, 42, 43, 44, 45, 54, 56, 58, 59}
)
"""The days with a digest: those with an action, a reminder, an edited setting, or an owner who was
not reached."""

REPORTED_SETTINGS = {
    6: ["max-changes-per-run"],
    13: ["grace-days"],
    45: ["adopt-inactive-keys"],
    56: ["max-age-days"],
}
EXEMPTION_END_REPORTED_ON = 21
