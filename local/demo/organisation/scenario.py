"""The scenario: the parameters at its beginning, what people do on which day, and the digests.

The expectations are derived from docs/rules.md and docs/organisation.md by hand, without the
product's code. The thresholds are the defaults (90, 7, 30), except where a unit has its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from local.demo.organisation.actors import Actors
from local.demo.organisation.scenario_accounts import (
    ACCOUNTS,
    BY_NAME,
    ENFORCED,
    FIRST_EXEMPTION,
)
from local.demo.organisation.scenario_owner import CONTEXT, OWNED, OWNER, TAG

FIRST_DAY = date(2026, 3, 2)
LAST_DAY = 12
SUBSCRIBER = "security@example.com"
TEAM = "shop-team@example.com"
TEAM_ACCOUNT = "shop"
STARTS_AT = datetime.combine(FIRST_DAY, time(0, tzinfo=UTC))
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


def context(actors: Actors) -> dict[str, str]:
    """Return the context of the deployment, without `email`: the root is the target."""
    return {
        "organization": actors.organization.id,
        "targets": actors.organization.root,
        "accounts-at-once": "3",
        "account-emails": f'{{"{BY_NAME[TEAM_ACCOUNT].id}": ["{TEAM}"]}}',
        **CONTEXT,
    }


def seed(actors: Actors) -> None:
    """Create the keys, and set the parameters, as on the morning of day 1."""
    for account in ACCOUNTS:
        for key in account.keys:
            actors.create_key(
                (account.name, key.user),
                created=datetime.combine(FIRST_DAY - timedelta(days=key.age), _KEY_MADE_AT),
                used=None if key.used is None else STARTS_AT - key.used,
            )
    actors.tag(OWNED, TAG, OWNER)
    actors.set_parameter("mode", "report")
    for unit in ENFORCED:
        actors.set_parameter(f"ous/{actors.units[unit]}/mode", "enforce")
    sandbox = f"ous/{actors.units['sandbox']}"
    for name, days in SANDBOX.items():
        actors.set_parameter(f"{sandbox}/{name}", str(days))
    actors.set_parameter(f"accounts/{BY_NAME['playground'].id}/exemptions", FIRST_EXEMPTION)
    acquired = BY_NAME["bought-ltd"].id
    reason = f"{acquired} until {day_of(5)} # moves to roles until Friday"
    actors.set_parameter("organisation/leave-out", reason)


SANDBOX = {"max-age-days": 30, "notice-days": 3, "grace-days": 3}

ACTIONS = (
    ScenarioAction(
        day=3,
        text="newcomer joins the organization, in the unit production",
        do=lambda people: people.join("newcomer"),
    ),
    ScenarioAction(
        day=3,
        text="the owner of backup in shop creates a new key, and deletes the old one",
        do=lambda people: people.rotate(("shop", "backup")),
    ),
    ScenarioAction(
        day=4,
        text="security sets ous/(staging)/mode to enforce",
        do=lambda people: people.set_parameter(f"ous/{people.units['staging']}/mode", "enforce"),
    ),
    ScenarioAction(
        day=4,
        text="somebody in payments changes the trust policy of the role",
        do=lambda people: people.refuse_the_hub("payments"),
    ),
    ScenarioAction(
        day=9,
        text="payments restores the trust policy",
        do=lambda people: people.admit_the_hub("payments"),
    ),
)

DIGEST_DAYS = frozenset(range(1, LAST_DAY + 1)) - {2}
"""The days with a digest: those with an action, a reminder or an edited setting."""
TEAM_DIGEST_DAYS = frozenset({1, 4, 7, 8})
"""The days with a digest for the team of shop: those with news of its keys."""
REPORTED_SETTINGS = {5: ["ous/(staging)/mode"]}
"""Edited parameters, by the day whose digest names them."""
WITH_ROLE = frozenset(account.name for account in ACCOUNTS) - {"management"}
"""The accounts that have the member role in the end."""
