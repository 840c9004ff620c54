"""The parameters: what each accepts, and the error message of a rejected value."""

from dataclasses import replace

import pytest

from key_rotation.domain.exemptions import ACCEPTED as ACCEPTED_EXEMPTIONS
from key_rotation.domain.model import Mode
from key_rotation.domain.settings import NAMES, Settings
from key_rotation.errors import InvalidSettingsError
from tests.unit.builders import days, parameters, settings

RANGES = {
    "max-age-days": (1, 1095),
    "notice-days": (0, 90),
    "grace-days": (1, 365),
    "max-changes-per-run": (0, 5000),
}
SWITCHES = ("delete-unused-keys", "adopt-inactive-keys")


def parse(**changed: str) -> Settings:
    """Parse the defaults with some values changed, and a max-age that allows any notice."""
    return settings(**{"max_age_days": "1095"} | changed)


def error_message(**changed: str) -> str:
    """Return the error message for rejected values."""
    with pytest.raises(InvalidSettingsError) as raised:
        parse(**changed)
    return str(raised.value)


def argument_name(name: str) -> str:
    """Return the name of a parameter as an argument of the builders."""
    return name.replace("-", "_")


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, str(edge)) for name, edges in RANGES.items() for edge in edges if edge != 1095],
)
def test_a_number_is_accepted_at_both_ends_of_its_range(name: str, value: str) -> None:
    """With max-age-days 1, notice-days must be 0."""
    no_notice = {"notice_days": "0"} if name == "max-age-days" else {}
    assert parse(**no_notice, **{argument_name(name): value}).raw[name].value == value


def test_a_max_age_of_three_years_is_accepted() -> None:
    assert parse(max_age_days="1095").max_age == days(1095)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, str(outside))
        for name, (low, high) in RANGES.items()
        for outside in (low - 1, high + 1, 10 * high, 99999)
    ],
)
def test_a_number_outside_its_range_is_rejected(name: str, value: str) -> None:
    low, high = RANGES[name]
    assert error_message(**{argument_name(name): value}) == (
        f"The parameter /key-rotation/{name} has the value {value!r}; "
        f"it accepts a whole number from {low} to {high}, in plain digits. Nothing was changed."
    )


NO_NUMBERS = [
    "",
    " ",
    "ninety",
    "007",
    "+7",
    "-7",
    " 7",
    "7 ",
    "7\n",
    "\n7",
    "7.0",
    "7,0",
    "7e0",
    "0x7",
    "1_0",
    "7 days",
    "\u0667",  # ARABIC-INDIC DIGIT SEVEN
    "\u0967",  # DEVANAGARI DIGIT ONE
    "\uff17",  # FULLWIDTH DIGIT SEVEN
    "\u00b2",  # SUPERSCRIPT TWO
    "7\u200b",  # ZERO WIDTH SPACE
    "None",
    "9" * 5000,
]


@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: ascii(value)[:20])
def test_a_number_not_written_in_plain_digits_is_rejected(value: str) -> None:
    message = error_message(**{argument_name(name): value for name in RANGES})
    assert [f"/key-rotation/{name} has the value {value!r}; " in message for name in RANGES] == [
        True
    ] * len(RANGES)
    assert message.endswith("Nothing was changed.")


@pytest.mark.parametrize(
    "value", ["", "ENFORCE", "Report", " report", "report\n", "off", "dry-run"]
)
def test_the_mode_must_be_enforce_or_report(value: str) -> None:
    assert error_message(mode=value) == (
        f"The parameter /key-rotation/mode has the value {value!r}; "
        "it accepts enforce or report. Nothing was changed."
    )


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize("value", ["", "True", "FALSE", "yes", "1", "0", "true ", "true\n", "on"])
def test_a_switch_must_be_true_or_false(name: str, value: str) -> None:
    assert error_message(**{argument_name(name): value}) == (
        f"The parameter /key-rotation/{name} has the value {value!r}; "
        "it accepts true or false. Nothing was changed."
    )


@pytest.mark.parametrize(
    "value",
    ["", " \n ", "alice bob", "alice until tomorrow", "# only a reason", "none\nalice", "a/b"],
)
def test_an_unreadable_exemption_is_rejected(value: str) -> None:
    message = error_message(exemptions=value)
    assert message.startswith("The parameter /key-rotation/exemptions has the line ")
    assert message.endswith(f"it accepts {ACCEPTED_EXEMPTIONS}. Nothing was changed.")


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_parameter_is_named(name: str) -> None:
    """No default is assumed."""
    raw = parameters()
    del raw[name]
    with pytest.raises(
        InvalidSettingsError, match=f"^The parameter /key-rotation/{name} is missing; it accepts "
    ) as raised:
        Settings.parse(raw, path="/key-rotation")
    assert len(raised.value.problems) == 1
    assert str(raised.value).endswith("Nothing was changed.")


@pytest.mark.parametrize(
    ("notice", "max_age", "accepted"),
    [("6", "7", True), ("7", "7", False), ("8", "7", False), ("0", "1", True), ("1", "1", False)],
)
def test_notice_days_must_be_less_than_max_age_days(
    notice: str, max_age: str, *, accepted: bool
) -> None:
    """Otherwise every key would be noticed from its first day."""
    if accepted:
        assert parse(notice_days=notice, max_age_days=max_age).notice == days(int(notice))
    else:
        assert error_message(notice_days=notice, max_age_days=max_age) == (
            f"The parameter /key-rotation/notice-days has the value '{notice}'; "
            f"it accepts a number less than max-age-days, which is {max_age}. Nothing was changed."
        )


@pytest.mark.parametrize(
    ("sources", "named", "less_than"),
    [
        ({"max-age-days": "ous/ou-1"}, "notice-days", "/key-rotation/ous/ou-1/max-age-days"),
        ({"notice-days": "accounts/1"}, "accounts/1/notice-days", "/key-rotation/max-age-days"),
        (
            {"max-age-days": "ous/ou-1", "notice-days": "ous/ou-1"},
            "ous/ou-1/notice-days",
            "max-age-days",
        ),
    ],
)
def test_a_contradiction_gives_the_whole_names_of_overrides(
    sources: dict[str, str], named: str, less_than: str
) -> None:
    raw = parameters(notice_days="7", max_age_days="5")
    with pytest.raises(InvalidSettingsError) as raised:
        Settings.parse(raw, path="/key-rotation", sources=sources)
    assert raised.value.problems == (
        (
            f"The parameter /key-rotation/{named} has the value '7'; "
            f"it accepts a number less than {less_than}, which is 5."
        ),
    )


def test_all_problems_are_named_at_once() -> None:
    """So that a person corrects them in one edit."""
    with pytest.raises(InvalidSettingsError) as raised:
        Settings.parse({}, path="/key-rotation")
    parameters_named = [problem.split()[2] for problem in raised.value.problems]
    assert sorted(parameters_named) == sorted(f"/key-rotation/{name}" for name in NAMES)
    message = error_message(mode="off", grace_days="0", exemptions="alice\na b\nc d")
    assert [
        message.count(part) for part in ("/mode", "/grace-days", "'a b'", "'c d'", "alice")
    ] == [
        1,
        1,
        1,
        1,
        0,
    ]
    assert message.count("Nothing was changed.") == 1


def test_notice_days_that_are_too_long_are_named_with_the_other_problems() -> None:
    """Each of the two numbers is valid by itself."""
    message = error_message(mode="off", notice_days="7", max_age_days="7")
    assert "/mode has the value 'off'" in message
    assert "/notice-days has the value '7'" in message


def test_an_error_message_contains_the_full_path_of_the_parameter() -> None:
    with pytest.raises(InvalidSettingsError, match=r"^The parameter /elsewhere/mode is missing"):
        Settings.parse({}, path="/elsewhere")


def test_valid_values_become_the_settings() -> None:
    """Each from the parameter of its own name."""
    raw = parameters(
        mode="report",
        max_age_days="180",
        notice_days="14",
        grace_days="45",
        max_changes_per_run="3",
        delete_unused_keys="false",
        adopt_inactive_keys="true",
        exemptions="alice",
    )
    parsed = Settings.parse(raw, path="/key-rotation")
    assert (parsed.mode, parsed.max_changes_per_run) == (Mode.REPORT, 3)
    assert (parsed.max_age, parsed.notice, parsed.grace) == (days(180), days(14), days(45))
    assert (parsed.delete_unused_keys, parsed.adopt_inactive_keys) == (False, True)
    assert [str(entry) for entry in parsed.exemptions] == ["alice"]
    assert parsed.raw == raw


def test_the_defaults_enforce_and_delete_and_do_not_adopt() -> None:
    defaults = settings()
    assert (defaults.mode, defaults.max_age, defaults.notice) == (Mode.ENFORCE, days(90), days(7))
    assert (defaults.delete_unused_keys, defaults.adopt_inactive_keys) == (True, False)
    assert (defaults.grace, defaults.max_changes_per_run) == (days(30), 25)
    assert defaults.exemptions == ()


@pytest.mark.parametrize(
    ("changed", "edited", "stronger"),
    [
        ({}, set(), False),
        ({"notice_days": "0"}, {"notice-days"}, True),
        ({"max_age_days": "60"}, {"max-age-days"}, True),
        ({"mode": "report"}, {"mode"}, True),
        ({"exemptions": "bob"}, {"exemptions"}, True),
        ({"grace_days": "31"}, {"grace-days"}, False),
    ],
)
def test_a_parameter_is_edited_if_its_value_is_not_that_of_the_last_run(
    changed: dict[str, str], edited: set[str], *, stronger: bool
) -> None:
    """Written again with the same value, it has a new version, and is not edited."""
    before = {n: replace(p, version=p.version + 9) for n, p in parameters().items()}
    after = settings(**changed).after(before)
    assert (set(after.edited), after.edited_rules) == (edited, stronger)


def test_in_the_first_run_nothing_is_edited() -> None:
    assert settings().after({}).edited == frozenset()


def test_what_an_earlier_part_found_edited_stays_edited() -> None:
    assert settings().after(parameters(), ["mode"]).edited == {"mode"}


def test_a_parameter_that_was_missing_before_is_edited() -> None:
    before = {name: p for name, p in parameters().items() if name != "mode"}
    assert settings().after(before).edited == {"mode"}
