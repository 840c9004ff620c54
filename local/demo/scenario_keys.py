"""The keys of the scenario, each with the rule that it demonstrates and its expected stages.

The expectations are derived from the rules in the README by hand, without the product's code.
"""

from dataclasses import dataclass

from local.demo.expectations import (
    Expected,
    absent,
    adopted,
    closed,
    deactivated,
    deferred,
    deleted,
    exempt,
    extended,
    held,
    not_ours,
    noticed,
    withdrawn,
    works,
)


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
    expected: Expected
    age: int | None = None
    used: int | None = None
    daily: bool = False
    inactive: bool = False
    description: str | None = None


KEYS = (
    ScenarioKey(
        label="ann",
        rule="a fresh key is not changed",
        age=10,
        used=1,
        daily=True,
        expected=works(1),
    ),
    ScenarioKey(
        label="eve",
        rule="noticed at 83 days, deactivated at 90, deleted 14 days later",
        age=75,
        used=9,
        description="report on Mondays",
        expected=works(1) + noticed(9, due=16) + deactivated(16, due=30) + deleted(30),
    ),
    ScenarioKey(
        label="ben",
        rule="first seen at 84 days: a full notice; deferred a day by the limit of 4",
        age=84,
        used=20,
        expected=noticed(1, due=8) + deferred(8) + deactivated(9, due=39) + deleted(39),
    ),
    ScenarioKey(
        label="carol",
        rule="in use at 400 days: noticed, turned on again three times, then held",
        age=400,
        used=1,
        daily=True,
        description="checkout, production",
        expected=noticed(1, due=8)
        + deactivated(8, due=38)
        + noticed(10, due=17)
        + deactivated(17, due=31)
        + noticed(19, due=26)
        + deactivated(26, due=40)
        + held(28)
        + closed(35),
    ),
    ScenarioKey(
        label="carol (new)",
        rule="the key that replaces it is a fresh one",
        daily=True,
        expected=absent(1) + works(35),
    ),
    ScenarioKey(
        label="dora",
        rule="never used: its announced day stays, though grace-days became shorter",
        age=200,
        expected=noticed(1, due=8) + deactivated(8, due=38) + deleted(38),
    ),
    ScenarioKey(
        label="frank (old)",
        rule="the older of two keys is rotated",
        age=300,
        used=100,
        description="nightly export",
        expected=noticed(1, due=8) + deactivated(8, due=38) + deleted(38),
    ),
    ScenarioKey(
        label="frank (new)",
        rule="the newer of two keys, in use, is not changed",
        age=5,
        used=1,
        daily=True,
        expected=works(1),
    ),
    ScenarioKey(
        label="gil",
        rule="deleted by its owner after the notice: its watch is closed",
        age=150,
        used=1,
        expected=noticed(1, due=8) + closed(5),
    ),
    ScenarioKey(
        label="gil (new)",
        rule="the key that replaces it is a fresh one",
        daily=True,
        expected=absent(1) + works(5),
    ),
    ScenarioKey(
        label="ivan",
        rule="used in its grace window: the window starts again at that use",
        age=120,
        used=2,
        expected=noticed(1, due=8) + deactivated(8, due=38) + extended(31, due=44) + deleted(44),
    ),
    ScenarioKey(
        label="vendor",
        rule="exempt until day 20, that day included; then noticed like any other key",
        age=250,
        used=3,
        expected=exempt(1, until=20) + noticed(21, due=28) + deactivated(28, due=42) + deleted(42),
    ),
    ScenarioKey(
        label="breakglass",
        rule="exempt without end: reported, never changed",
        age=700,
        expected=exempt(1),
    ),
    ScenarioKey(
        label="helen",
        rule="inactive, not ours: not changed until adopted, then a full grace window",
        age=500,
        used=90,
        inactive=True,
        expected=not_ours(1) + adopted(45, due=59) + deleted(59),
    ),
    ScenarioKey(
        label="lena",
        rule="no longer stale under new thresholds: the notice is withdrawn",
        age=30,
        used=1,
        daily=True,
        expected=works(1) + noticed(54, due=61) + withdrawn(56),
    ),
)
