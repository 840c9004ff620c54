"""Which parameters apply to an account: the nearest value wins, and exemptions add up."""

import pytest

from key_rotation.domain.organisation.accounts import AccountSettings
from key_rotation.domain.settings import RANGES, Parameter, Settings
from key_rotation.errors import InvalidSettingsError
from tests.unit.organisation.organisation_builders import (
    DIVISION,
    FIRST,
    OTHER,
    PATH,
    ROOT,
    SECOND,
    TEAM,
    THIRD,
    an_account,
    found,
    overrides,
    problems_of,
    settings_of,
)

NEAREST = [
    ({}, "90", None),
    ({f"ous/{ROOT}/max-age-days": "80"}, "80", f"ous/{ROOT}"),
    (
        {f"ous/{ROOT}/max-age-days": "80", f"ous/{DIVISION}/max-age-days": "70"},
        "70",
        f"ous/{DIVISION}",
    ),
    (
        {f"ous/{DIVISION}/max-age-days": "70", f"ous/{TEAM}/max-age-days": "60"},
        "60",
        f"ous/{TEAM}",
    ),
    (
        {f"ous/{TEAM}/max-age-days": "60", f"accounts/{FIRST}/max-age-days": "30"},
        "30",
        f"accounts/{FIRST}",
    ),
    ({f"accounts/{FIRST}/max-age-days": "30"}, "30", f"accounts/{FIRST}"),
    ({f"ous/{OTHER}/max-age-days": "60", f"accounts/{SECOND}/max-age-days": "30"}, "90", None),
]


@pytest.mark.parametrize(("parameters", "value", "source"), NEAREST)
def test_the_nearest_value_wins(
    parameters: dict[str, str | None], value: str, source: str | None
) -> None:
    """The account, then the closest organizational unit, outwards, and then the base."""
    settings = settings_of(parameters)
    assert settings.raw["max-age-days"].value == value
    assert settings.sources.get("max-age-days") == source
    assert settings.raw["grace-days"].value == "30"


def test_accounts_that_the_same_overrides_reach_share_what_applies_to_them() -> None:
    """So that 10,000 accounts take little memory."""
    accounts = [an_account(FIRST), an_account(SECOND), an_account(THIRD, ous=(ROOT, OTHER))]
    sorted_ = overrides({f"ous/{TEAM}/mode": "report"}, *accounts)
    first, second, third = map(sorted_.for_account, accounts)
    assert first is second
    assert first is not third


def test_exemptions_of_all_scopes_add_up() -> None:
    settings = settings_of(
        {
            "exemptions": "alice\n",
            f"ous/{DIVISION}/exemptions": "none",
            f"ous/{TEAM}/exemptions": "bob until 2027-01-31 # r\ncarol",
            f"accounts/{FIRST}/exemptions": "dave",
            f"accounts/{SECOND}/exemptions": "erin",
        },
        an_account(),
    )
    assert settings.raw["exemptions"] == Parameter(
        value="alice\nbob until 2027-01-31 # r\ncarol\ndave", version=4
    )
    assert "exemptions" not in settings.sources


def test_without_any_exemption_none_is_left() -> None:
    settings = settings_of({f"ous/{TEAM}/exemptions": " none\n"})
    assert settings.raw["exemptions"] == Parameter(value="none", version=2)


def test_exemption_parameters_of_all_scopes_add_up() -> None:
    """Those of one exemption each; the name of an override has its scope."""
    settings = settings_of(
        {
            "exemption/alice": "alice",
            f"ous/{TEAM}/exemption/alice": "alice # again",
            f"ous/{TEAM}/exemption/deep/er": "bob",
            f"accounts/{FIRST}/exemption/carol": "carol",
            f"accounts/{SECOND}/exemption/dave": "dave",
        },
        an_account(),
    )
    assert {name: each.value for name, each in settings.exemption_parameters.items()} == {
        "alice": "alice",
        f"ous/{TEAM}/exemption/alice": "alice # again",
        f"ous/{TEAM}/exemption/deep/er": "bob",
        f"accounts/{FIRST}/exemption/carol": "carol",
    }


def test_two_exemptions_under_one_name_are_a_problem() -> None:
    """One of them would be lost."""
    name = f"ous/{TEAM}/exemption/alice"
    [problem] = problems_of({f"exemption/{name}": "alice", name: "bob"})
    assert f"{PATH}/exemption/{name}" in problem
    assert f"the name of {PATH}/{name};" in problem


def test_what_applies_to_an_account_is_accepted_as_a_whole() -> None:
    settings = settings_of({f"ous/{TEAM}/mode": "report", f"ous/{TEAM}/exemption/a": "alice"})
    parsed = Settings.parse(
        settings.raw, path=PATH, exemption_parameters=settings.exemption_parameters
    )
    assert (parsed.mode, [each.pattern for each in parsed.exemptions]) == ("report", ["alice"])


SCOPES = [f"ous/{TEAM}", f"ous/{ROOT}", f"accounts/{FIRST}"]


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(("name", "edges"), RANGES.items())
def test_a_number_out_of_range_fails_the_accounts_that_it_reaches(
    scope: str, name: str, edges: tuple[int, int]
) -> None:
    low, high = edges
    for value in (str(low - 1), str(high + 1), "", "007"):
        assert problems_of({f"{scope}/{name}": value}) == (
            (
                f"The parameter {PATH}/{scope}/{name} has the value {value!r}; "
                f"it accepts a whole number from {low} to {high}, in plain digits."
            ),
        )


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("mode", "Report", "it accepts enforce or report."),
        ("delete-unused-keys", "yes", "it accepts true or false."),
        ("exemptions", "a b", "the line 'a b'; it accepts `none`, or one entry a line"),
        ("exemption/alice", "none", "the value 'none'; it accepts one line: a user name"),
        ("exemption/alice", "alice\nbob", "the value 'alice\\nbob'; it accepts one line"),
    ],
)
def test_a_bad_override_is_named_with_value_and_what_is_accepted(
    name: str, value: str, accepted: str
) -> None:
    [problem] = problems_of({f"ous/{TEAM}/{name}": value})
    assert problem.startswith(f"The parameter {PATH}/ous/{TEAM}/{name} has the ")
    assert accepted in problem


def test_a_bad_override_reaches_no_other_account() -> None:
    bad: dict[str, str | None] = {f"ous/{TEAM}/mode": "off", f"accounts/{FIRST}/mode": "off"}
    assert len(problems_of(bad)) == 2
    assert problems_of(bad, an_account(SECOND, ous=(ROOT, DIVISION))) == ()


@pytest.mark.parametrize(
    ("notice", "max_age", "accepted"),
    [("59", "60", True), ("60", "60", False), ("61", "60", False)],
)
def test_two_overrides_that_contradict_fail_the_accounts_that_both_reach(
    notice: str, max_age: str, *, accepted: bool
) -> None:
    parameters: dict[str, str | None] = {
        f"ous/{DIVISION}/notice-days": notice,
        f"ous/{TEAM}/max-age-days": max_age,
    }
    expected = (
        ()
        if accepted
        else (
            (
                f"The parameter {PATH}/ous/{DIVISION}/notice-days has the value {notice!r}; "
                f"it accepts a number less than {PATH}/ous/{TEAM}/max-age-days, which is {max_age}."
            ),
        )
    )
    assert problems_of(parameters) == expected
    assert problems_of(parameters, an_account(SECOND, ous=(ROOT, DIVISION))) == ()


@pytest.mark.parametrize("kind", ["SecureString", "StringList"])
def test_an_override_of_another_type_fails_the_accounts_that_it_reaches(kind: str) -> None:
    name = f"ous/{TEAM}/exemption/alice"
    assert problems_of({name: "x"}, types={name: kind}) == (
        f"The parameter {PATH}/{name} has the type {kind}; it accepts String.",
    )


@pytest.mark.parametrize(
    "parameters",
    [{"mode": "off"}, {"max-age-days": None}, {"notice-days": "90"}, {"exemption/a": "a b"}],
)
def test_a_bad_base_stops_the_run(parameters: dict[str, str | None]) -> None:
    with pytest.raises(InvalidSettingsError, match=r"Nothing was changed\.$"):
        overrides(parameters)


def test_a_base_parameter_of_another_type_stops_the_run_and_is_named_once() -> None:
    with pytest.raises(InvalidSettingsError) as raised:
        overrides({"mode": "abc", "grace-days": "0"}, types={"mode": "SecureString"})
    assert [problem.split()[2:6] for problem in raised.value.problems] == [
        [f"{PATH}/mode", "has", "the", "type"],
        [f"{PATH}/grace-days", "has", "the", "value"],
    ]


UNREAD = [
    ("max-age", "no parameter is named 'max-age'; 'max-age-days' is similar"),
    ("exemption", "no parameter is named 'exemption'; 'exemptions' is similar"),
    ("ous", "no account of the organization is in ''"),
    ("organisation/max-changes", "is named 'max-changes'; 'max-changes-per-run' is similar"),
    ("organisation", "no parameter is named ''"),
    ("accounts/11112222333/mode", f"is no account of the organization; '{FIRST}' is similar"),
    ("accounts/000000000000/mode", "'000000000000' is no account of the organization"),
    ("ous/ou-root-teem0001/mode", f"in 'ou-root-teem0001'; '{TEAM}' is similar"),
    (f"ous/{TEAM}/Mode", "no parameter is named 'Mode'; 'mode' is similar"),
    (f"ous/{TEAM}/leave-out", "no parameter is named 'leave-out'"),
    (f"ous/{FIRST}/mode", f"no account of the organization is in '{FIRST}'"),
    (f"accounts/{TEAM}/mode", f"'{TEAM}' is no account of the organization"),
    (f"accounts/{FIRST}", "no parameter is named ''"),
]


@pytest.mark.parametrize(("name", "why"), UNREAD)
def test_a_name_that_nothing_reads_is_told(name: str, why: str) -> None:
    unread = overrides({name: "x"}).unread
    assert list(unread) == [name]
    assert unread[name].startswith(f"The parameter {PATH}/{name} is not read: ")
    assert why in unread[name]


@pytest.mark.parametrize(
    "name",
    [
        f"accounts/{FIRST}/mode",
        f"ous/{TEAM}/exemption/a",
        f"ous/{ROOT}/exemptions",
        "exemption/a/b",
        "organisation/leave-out",
    ],
)
def test_a_name_that_is_read_is_not_told(name: str) -> None:
    accepted = "report" if name.endswith("mode") else "alice"
    assert overrides({name: accepted}).unread == {}


@pytest.mark.parametrize("name", ["max-age", "mode/", "exemption"])
def test_a_misspelt_name_fails_the_account_that_it_names(name: str) -> None:
    whole = f"accounts/{FIRST}/{name}"
    [problem] = problems_of({whole: "30"})
    assert problem.startswith(f"The parameter {PATH}/{whole} is not read: ")
    assert problems_of({whole: "30"}, an_account(SECOND)) == ()


@pytest.mark.parametrize("name", ["max-age", f"ous/{TEAM}/max-age", "accounts/12/max-age-days"])
def test_another_misspelt_name_fails_no_account(name: str) -> None:
    assert problems_of({name: "30"}) == ()


def test_reach_counts_the_accounts_of_each_scope_of_overrides() -> None:
    accounts = [an_account(FIRST), an_account(SECOND), an_account(THIRD, ous=(ROOT, OTHER))]
    sorted_ = overrides(
        {
            f"ous/{TEAM}/mode": "report",
            f"ous/{ROOT}/mode": "report",
            f"accounts/{FIRST}/mode": "enforce",
        },
        *accounts,
    )
    assert sorted_.reach(accounts) == {
        f"ous/{TEAM}": 2,
        f"ous/{ROOT}": 3,
        f"accounts/{FIRST}": 1,
    }
    assert sorted_.reach(accounts[2:])[f"ous/{TEAM}"] == 0


def test_the_base_is_what_applies_without_overrides() -> None:
    sorted_ = overrides({"exemption/a": "alice", f"ous/{TEAM}/mode": "report"})
    assert sorted_.base.mode == "enforce"
    plain = sorted_.for_account(an_account(SECOND, ous=(ROOT,)))
    assert isinstance(plain, AccountSettings)
    assert plain.sources == {}
    assert found().by_name["mode"] == plain.raw["mode"]
