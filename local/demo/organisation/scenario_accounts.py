"""The accounts of the scenario, their keys, and what must be observed of both on each day.

Each day is one character of `stages.py`. They are derived by hand from docs/rules.md and
docs/organisation.md, without the product's code.
"""

from dataclasses import dataclass
from datetime import timedelta

from local.emulator.account import ACCOUNT

MANAGEMENT = "100000000001"
FIRST_EXEMPTION = "ci-* # builds the demo of the sales team"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioKey:
    """A key, and its expected stages.

    rule: the rule that it demonstrates
    age: its age in days on day 1
    due: the day that its first notice names, or 0
    """

    user: str
    rule: str
    age: int
    stages: str
    due: int = 0
    used: timedelta | None = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioAccount:
    """An account of the organization.

    unit: its organizational unit; the root if empty
    rule: what it demonstrates
    looks: whether it is looked at, by day
    joins: whether it joins during the scenario, by an action
    """

    name: str
    id: str
    unit: str
    rule: str
    looks: str
    keys: tuple[ScenarioKey, ...]
    joins: bool = False


UNITS = {
    "security": "",
    "workloads": "",
    "production": "workloads",
    "staging": "workloads",
    "sandbox": "",
    "acquired": "",
}
"""The organizational units, each with the one that it is in; the root if empty."""
ENFORCED = ("security", "production", "sandbox", "acquired")
"""The units that are enforced from the start; for all others, report mode is set."""

ACCOUNTS = (
    ScenarioAccount(
        name="security-tooling",
        id=ACCOUNT,
        unit="security",
        rule="the hub is looked at as any other account",
        looks="++++++++++++",
        keys=(
            ScenarioKey(
                user="scanner",
                rule="notice at 83 days, for the day of 90",
                age=81,
                due=10,
                stages="..N.....!D--",
            ),
        ),
    ),
    ScenarioAccount(
        name="shop",
        id="200000000001",
        unit="production",
        rule="looked at on each day; its team reads of it alone",
        looks="++++++++++++",
        keys=(
            ScenarioKey(
                user="web",
                rule="notice, reminder, deactivation after seven days",
                age=100,
                due=8,
                stages="N.....!D----",
            ),
            ScenarioKey(
                user="backup",
                rule="its owner deletes it in time: closed",
                age=130,
                due=8,
                stages="N..C        ",
            ),
            ScenarioKey(
                user="reports", rule="a fresh key is not changed", age=10, stages="............"
            ),
        ),
    ),
    ScenarioAccount(
        name="payments",
        id="200000000002",
        unit="production",
        rule="its role refuses from day 5 to 9: named, and unchanged",
        looks="++++xxxxx+++",
        keys=(
            ScenarioKey(
                user="ledger",
                rule="due in the days without a look: deactivated in the first after",
                age=95,
                due=8,
                stages="N........D--",
            ),
        ),
    ),
    ScenarioAccount(
        name="newcomer",
        id="200000000006",
        unit="production",
        rule="joins after the run of day 3: gets the role by itself",
        looks="   +++++++++",
        joins=True,
        keys=(
            ScenarioKey(
                user="importer",
                rule="notice in the first run after it joined",
                age=200,
                due=11,
                stages="...N.....!D-",
            ),
        ),
    ),
    ScenarioAccount(
        name="shop-staging",
        id="200000000003",
        unit="staging",
        rule="report mode, until its unit is enforced after day 4",
        looks="++++++++++++",
        keys=(
            ScenarioKey(
                user="deploy",
                rule="would get a notice; gets one once it is enforced",
                age=120,
                due=12,
                stages="n...N.....!D",
            ),
        ),
    ),
    ScenarioAccount(
        name="playground",
        id="200000000004",
        unit="sandbox",
        rule="its unit has 30 days of age, 3 of notice, 3 of grace",
        looks="++++++++++++",
        keys=(
            ScenarioKey(
                user="try-out",
                rule="notice, deactivation and deletion by the unit's days",
                age=40,
                due=4,
                used=None,
                stages="N.!D-!X     ",
            ),
            ScenarioKey(
                user="ci-demo",
                rule="exempt by a parameter of the account",
                age=400,
                stages="............",
            ),
        ),
    ),
    ScenarioAccount(
        name="bought-ltd",
        id="200000000005",
        unit="acquired",
        rule="left out until the end of day 5",
        looks="     +++++++",
        keys=(
            ScenarioKey(
                user="erp",
                rule="a full notice, once it is looked at",
                age=300,
                due=13,
                stages=".....N.....!",
            ),
        ),
    ),
    ScenarioAccount(
        name="management",
        id=MANAGEMENT,
        unit="",
        rule="not covered: a stack set does not reach it",
        looks="            ",
        keys=(
            ScenarioKey(
                user="billing", rule="no key there is changed", age=500, stages="............"
            ),
        ),
    ),
)
BY_NAME = {account.name: account for account in ACCOUNTS}
