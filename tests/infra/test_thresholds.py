"""The thresholds, and promise 12: a deployment keeps edited values."""

import hashlib
import json
import re

import pytest

from infra.thresholds import THRESHOLDS, Threshold
from key_rotation.domain import exemptions
from key_rotation.domain.settings import NAMES, Parameter, Settings
from tests.infra.template import Template

_KIND = "AWS::SSM::Parameter"


def _pattern(name: str) -> re.Pattern[str]:
    (found,) = [threshold for threshold in THRESHOLDS if threshold.name == name]
    return re.compile(found.pattern)


def test_there_are_eight_parameters_with_these_initial_values(template: Template) -> None:
    parameters = [found["Properties"] for found in template.resources(_KIND).values()]
    assert {each["Name"]: each["Value"] for each in parameters} == {
        "/key-rotation/mode": "enforce",
        "/key-rotation/max-age-days": "90",
        "/key-rotation/notice-days": "7",
        "/key-rotation/grace-days": "30",
        "/key-rotation/max-changes-per-run": "25",
        "/key-rotation/delete-unused-keys": "true",
        "/key-rotation/adopt-inactive-keys": "false",
        "/key-rotation/exemptions": "none",
    }
    assert {each["Type"] for each in parameters} == {"String"}


def test_parameters_never_change_in_the_template_because_that_would_reset_edited_values(
    template: Template,
) -> None:
    # If this fails, the next deployment resets every changed parameter to its initial value.
    # Undo the change, or list in the changelog which values people must set again.
    parameters = json.dumps(template.resources(_KIND), sort_keys=True)
    assert hashlib.sha256(parameters.encode()).hexdigest() == (
        "8ba576e0e69267edc74571c21a91b836178584b9572e60670b6ab2110738b1c8"
    )


def test_no_context_value_changes_a_parameter(template: Template, customised: Template) -> None:
    assert customised.resources(_KIND) == template.resources(_KIND)


@pytest.mark.parametrize("threshold", THRESHOLDS, ids=[each.name for each in THRESHOLDS])
def test_each_pattern_is_anchored_and_within_the_limits_of_ssm(
    threshold: Threshold,
) -> None:
    assert re.fullmatch(threshold.pattern, threshold.default)
    assert 0 < len(threshold.description) <= 1024
    assert 0 < len(threshold.pattern) <= 1024
    assert threshold.pattern.startswith("^")
    assert threshold.pattern.endswith("$")


@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    [
        ("max-age-days", 1, 1095),
        ("notice-days", 0, 90),
        ("grace-days", 1, 365),
        ("max-changes-per-run", 0, 5000),
    ],
)
def test_a_number_is_accepted_only_in_its_range(name: str, lowest: int, highest: int) -> None:
    pattern = _pattern(name)
    accepted = [number for number in range(-10, 12000) if pattern.fullmatch(str(number))]
    assert accepted == list(range(lowest, highest + 1))


@pytest.mark.parametrize(
    "name", ["max-age-days", "notice-days", "grace-days", "max-changes-per-run"]
)
@pytest.mark.parametrize(
    "value", ["", " 7", "7 ", "07", "7.0", "+7", "7d", "\u0667", "7\n", "7\n8"]
)
def test_a_number_consists_of_plain_digits_only(name: str, value: str) -> None:
    assert not _pattern(name).fullmatch(value)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("mode", ["enforce", "report"]),
        ("delete-unused-keys", ["true", "false"]),
        ("adopt-inactive-keys", ["true", "false"]),
    ],
)
def test_a_choice_accepts_only_its_two_values(name: str, values: list[str]) -> None:
    tried = ["enforce", "report", "true", "false", "True", "off", "", "enforce ", "enforcereport"]
    assert [value for value in tried if _pattern(name).fullmatch(value)] == values


_READABLE = (
    "none",
    "deploy-bot",
    "first.last+tag=x,y@example.com",
    "deploy-*",
    "*",
    "AKIAIOSFODNN7EXAMPLE",
    "akiaiosfodnn7example",
    "/ci/deploy-bot",
    "/ci/*",
    "/",
    "deploy-bot until 2027-01-31",
    "deploy-bot # vendor rotates on Mondays",
    "deploy-bot# vendor rotates on Mondays",
    "deploy-bot until 2027-01-31 # ticket 4711, é",
    "deploy-bot\n/ci/*\nAKIAIOSFODNN7EXAMPLE until 2027-01-31",
    "deploy-bot\r\nother-bot",
    "\ndeploy-bot\n\nother-bot\n",
    "  deploy-bot  \n\tother-bot until 2027-01-31  ",
)


@pytest.mark.parametrize("value", _READABLE)
def test_valid_exemptions_are_accepted_by_ssm_and_by_the_function(value: str) -> None:
    assert _pattern("exemptions").fullmatch(value)
    _entries, unreadable = exemptions.parse(value)
    assert unreadable == ()


@pytest.mark.parametrize(
    "value",
    [
        "",
        " \n",
        "# only a reason",
        "deploy bot",
        "deploy-bot until",
        "deploy-bot until tomorrow",
        "deploy-bot until 2027-13-01",
        "deploy-bot until 2027-01-32",
        "deploy-bot until 31.01.2027",
        "deploy-bot until 2027-01-31 and longer",
        "deploy-bot UNTIL 2027-01-31",
        "deploy-bot, other bot",
        "deploy-bot; other-bot",
        "déploy-bot",
        "deploy-[ab]",
        "deploy-bot\nother bot",
    ],
)
def test_invalid_exemptions_are_refused_by_ssm(value: str) -> None:
    assert not _pattern("exemptions").fullmatch(value)


def test_the_function_reads_exactly_these_parameters_and_accepts_their_initial_values() -> None:
    initial = {each.name: Parameter(value=each.default, version=1) for each in THRESHOLDS}
    assert set(NAMES) == initial.keys()
    assert Settings.parse(initial, path="/key-rotation").raw == initial
