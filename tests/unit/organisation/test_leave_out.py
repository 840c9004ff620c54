"""The parameter `leave-out`: who is not looked at, why, and until when; and the other limits."""

import pytest

from key_rotation.domain.organisation import leave_out
from key_rotation.domain.organisation.organisation_settings import OrganisationSettings
from key_rotation.errors import InvalidSettingsError
from tests.unit.builders import TODAY, in_days
from tests.unit.organisation.organisation_builders import (
    DIVISION,
    FIRST,
    OTHER,
    PATH,
    ROOT,
    SECOND,
    TEAM,
    an_account,
    found,
)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("none", 0),
        (" none\n", 0),
        (FIRST, 1),
        (f"{FIRST} until 2027-01-31", 1),
        (f"{FIRST} until 2027-01-31 # migration", 1),
        (f"{TEAM} # sandbox", 1),
        (f"\n{FIRST}\n\n{TEAM}\n", 2),
    ],
)
def test_a_line_is_an_account_or_an_organizational_unit(text: str, count: int) -> None:
    entries, unreadable = leave_out.parse(text)
    assert (len(entries), unreadable) == (count, ())


@pytest.mark.parametrize(
    "line",
    [
        "",
        "alice",
        "*",
        "1111222233*",
        FIRST[:-1],
        FIRST + "1",
        ROOT,
        "ou-root",
        "ou-root-team",
        "/team/*",
        f"{FIRST} {SECOND}",
        f"{FIRST} until tomorrow",
        f"{FIRST} until 2027-02-30",
        f"{FIRST}, {SECOND}",
    ],
)
def test_another_line_cannot_be_read(line: str) -> None:
    """Nor may the root be left out: that would leave out everybody."""
    assert leave_out.parse(line) == ((), (line,))


@pytest.mark.parametrize(
    ("line", "left_out"),
    [
        (FIRST, True),
        (TEAM, True),
        (DIVISION, True),
        (SECOND, False),
        (OTHER, False),
        (f"{FIRST} until {in_days(1)}", True),
        (f"{FIRST} until {TODAY}", True),
        (f"{FIRST} until {in_days(-1)}", False),
    ],
)
def test_an_entry_leaves_out_its_account_or_all_below_its_unit(
    line: str, *, left_out: bool
) -> None:
    """Its last day included."""
    entries, _ = leave_out.parse(line)
    entry = leave_out.entry_for(an_account(), entries, TODAY)
    assert (entry is not None) is left_out


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([f"{FIRST} until {in_days(3)} # short", f"{TEAM} until {in_days(9)} # long"], "long"),
        ([f"{TEAM} until {in_days(9)} # long", f"{FIRST} until {in_days(3)} # short"], "long"),
        ([f"{FIRST} until {in_days(3)} # short", f"{TEAM} # for good"], "for good"),
        ([f"{FIRST} until {in_days(3)} # short", f"{TEAM} until {in_days(-1)} # over"], "short"),
    ],
)
def test_of_several_entries_the_one_that_lasts_longest_counts(
    lines: list[str], reason: str
) -> None:
    entries, _ = leave_out.parse("\n".join(lines))
    entry = leave_out.entry_for(an_account(), entries, TODAY)
    assert entry is not None
    assert entry.reason == reason


def test_an_entry_without_an_account_has_no_effect() -> None:
    text = f"{FIRST}\n{SECOND}\n{TEAM}\n{OTHER}\n999999999999 until {in_days(-1)}"
    entries, _ = leave_out.parse(text)
    unmatched = leave_out.without_effect(entries, [an_account()], TODAY)
    assert [entry.pattern for entry in unmatched] == [SECOND, OTHER]


def test_the_parameters_of_the_organization_are_read() -> None:
    parameters: dict[str, str | None] = {
        "organisation/leave-out": f"{FIRST} # why",
        "organisation/max-changes-per-run": "5",
    }
    settings = OrganisationSettings.parse(found(parameters), PATH)
    assert ([str(entry) for entry in settings.leave_out], settings.change_limit) == (
        [f"{FIRST} # why"],
        5,
    )


@pytest.mark.parametrize("limit", [0, 5000, 5001, 50_000])
def test_the_limit_of_the_organization_exceeds_that_of_an_account(limit: int) -> None:
    name = "organisation/max-changes-per-run"
    assert OrganisationSettings.parse(found({name: str(limit)}), PATH).change_limit == limit


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("leave-out", None, "is missing; it accepts `none`, or one entry a line: the id of"),
        ("leave-out", "", "has the line ''; it accepts `none`"),
        ("leave-out", f"{FIRST}\nalice", "has the line 'alice'; it accepts `none`"),
        ("max-changes-per-run", None, "is missing; it accepts a whole number from 0 to 50000"),
        ("max-changes-per-run", "50001", "has the value '50001'; it accepts a whole number from 0"),
        ("max-changes-per-run", "-1", "has the value '-1'; it accepts a whole number from 0"),
    ],
)
def test_a_bad_parameter_of_the_organization_stops_the_run(
    name: str, value: str | None, problem: str
) -> None:
    with pytest.raises(InvalidSettingsError) as raised:
        OrganisationSettings.parse(found({f"organisation/{name}": value}), PATH)
    assert str(raised.value).startswith(f"The parameter {PATH}/organisation/{name} {problem}")
    assert str(raised.value).endswith("Nothing was changed.")


@pytest.mark.parametrize("name", ["leave-out", "max-changes-per-run"])
def test_a_parameter_of_the_organization_of_another_type_stops_the_run(name: str) -> None:
    types = {f"organisation/{name}": "SecureString"}
    with pytest.raises(InvalidSettingsError, match="has the type SecureString; it accepts String"):
        OrganisationSettings.parse(found(types=types), PATH)
