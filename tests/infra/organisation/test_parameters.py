"""The two parameters of an organization, and promise 12: a deployment keeps edited values."""

import hashlib
import json
import re

import pytest

from infra.organisation.parameters import ORGANISATION_PARAMETERS
from infra.thresholds import Threshold
from key_rotation.domain.organisation import leave_out
from key_rotation.domain.organisation.organisation_settings import CHANGE_LIMIT_RANGE
from tests.infra.template import Template

_KIND = "AWS::SSM::Parameter"
_OU = "ou-ab12-12345678"


def _pattern(name: str) -> re.Pattern[str]:
    (found,) = [each for each in ORGANISATION_PARAMETERS if each.name == name]
    return re.compile(found.pattern)


def _added(hub: Template, template: Template) -> dict[str, dict[str, object]]:
    before = template.resources(_KIND)
    return {name: each for name, each in hub.resources(_KIND).items() if name not in before}


def test_an_organization_has_two_parameters_more_with_these_initial_values(
    hub: Template, template: Template
) -> None:
    properties = [dict(each["Properties"]) for each in _added(hub, template).values()]  # type: ignore[call-overload]
    assert {each["Name"]: each["Value"] for each in properties} == {
        "/key-rotation/organisation/leave-out": "none",
        "/key-rotation/organisation/max-changes-per-run": "250",
    }


def test_they_never_change_in_the_template_because_that_would_reset_edited_values(
    hub: Template, template: Template
) -> None:
    # If this fails, the next deployment resets both parameters to their initial values.
    # Undo the change, or list in the changelog which values people must set again.
    parameters = json.dumps(_added(hub, template), sort_keys=True)
    assert hashlib.sha256(parameters.encode()).hexdigest() == (
        "98d4968158ca36c957493e86d30a7c1bd51c55a9691996b7dc1ce6a0fa3b4719"
    )


@pytest.mark.parametrize(
    "parameter", ORGANISATION_PARAMETERS, ids=[each.name for each in ORGANISATION_PARAMETERS]
)
def test_each_pattern_is_anchored_and_within_the_limits_of_ssm(parameter: Threshold) -> None:
    assert re.fullmatch(parameter.pattern, parameter.default)
    assert 0 < len(parameter.description) <= 1024
    assert 0 < len(parameter.pattern) <= 1024
    assert parameter.pattern.startswith("^")
    assert parameter.pattern.endswith("$")


def test_the_limit_of_changes_is_0_to_50000() -> None:
    pattern = _pattern("max-changes-per-run")
    accepted = [number for number in range(-10, 60_000) if pattern.fullmatch(str(number))]
    low, high = CHANGE_LIMIT_RANGE
    assert accepted == list(range(low, high + 1))
    for value in ("", " 7", "07", "7.0", "+7", "7\n", "\u0667"):
        assert not pattern.fullmatch(value)


@pytest.mark.parametrize(
    "value",
    [
        "none",
        "111122223333",
        _OU,
        "111122223333 until 2027-01-31",
        "111122223333 # sandbox",
        f"{_OU} until 2027-01-31 # merger, ticket 4711, é",
        f"111122223333\n{_OU} until 2027-01-31\r\n\n222233334444 # b",
    ],
)
def test_accounts_and_organizational_units_are_left_out_with_an_end_and_a_reason(
    value: str,
) -> None:
    assert _pattern("leave-out").fullmatch(value)
    assert leave_out.parse(value)[1] == ()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "# only a reason",
        "11112222333",
        "1111222233334",
        "r-ab12",
        "ou-ab12",
        "*",
        "111122223333, 222233334444",
        "111122223333 222233334444",
        "111122223333 until tomorrow",
        "111122223333 until 2027-13-01",
        "111122223333\nsandbox",
    ],
)
def test_anything_else_is_refused_by_ssm(value: str) -> None:
    assert not _pattern("leave-out").fullmatch(value)
