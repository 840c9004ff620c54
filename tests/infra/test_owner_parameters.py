"""The two parameters of the mail to owners, and promise 12: a deployment keeps edited values."""

import hashlib
import json
import re
from typing import Any

import pytest

from infra.owner_parameters import OWNER_PARAMETERS
from infra.thresholds import Threshold
from tests.infra.template import Template

_KIND = "AWS::SSM::Parameter"


def _pattern(name: str) -> re.Pattern[str]:
    (found,) = [each for each in OWNER_PARAMETERS if each.name == name]
    return re.compile(found.pattern)


def _added(mailing: Template, template: Template) -> dict[str, dict[str, Any]]:
    before = template.resources(_KIND)
    return {name: each for name, each in mailing.resources(_KIND).items() if name not in before}


def test_mail_to_owners_has_two_parameters_more_with_these_initial_values(
    mailing: Template, template: Template
) -> None:
    properties = [each["Properties"] for each in _added(mailing, template).values()]
    assert {each["Name"]: each["Value"] for each in properties} == {
        "/key-rotation/owner-tags": "owner-email email owner contact",
        "/key-rotation/owner-notice": "try",
    }


def test_they_never_change_in_the_template_because_that_would_reset_edited_values(
    mailing: Template, template: Template
) -> None:
    # If this fails, the next deployment resets both parameters to their initial values.
    # Undo the change, or list in the changelog which values people must set again.
    parameters = json.dumps(_added(mailing, template), sort_keys=True)
    assert hashlib.sha256(parameters.encode()).hexdigest() == (
        "b6e701026f5d18601cf8a50e9a9e50243a2d1abbf761c2b55299d21d080d4c6a"
    )


def test_the_thresholds_are_those_of_a_deployment_without_mail_to_owners(
    mailing: Template, template: Template
) -> None:
    before = template.resources(_KIND)
    assert {name: mailing.resources(_KIND)[name] for name in before} == before


@pytest.mark.parametrize(
    "parameter", OWNER_PARAMETERS, ids=[each.name for each in OWNER_PARAMETERS]
)
def test_each_pattern_is_anchored_and_within_the_limits_of_ssm(parameter: Threshold) -> None:
    assert re.fullmatch(parameter.pattern, parameter.default)
    assert 0 < len(parameter.description) <= 1024
    assert 0 < len(parameter.pattern) <= 1024
    assert parameter.pattern.startswith("^")
    assert parameter.pattern.endswith("$")


@pytest.mark.parametrize(
    "value",
    [
        "owner",
        "Owner email",
        "owner   email",
        "team:owner aws.contact/e-mail_1 a+b=c@d",
        "t" * 128,
        " ".join(["t" * 128] * 10),
    ],
)
def test_one_to_ten_tag_keys_are_separated_by_spaces(value: str) -> None:
    assert _pattern("owner-tags").fullmatch(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        " owner",
        "owner ",
        "owner,email",
        "owner;email",
        "owner\nemail",
        "owner\temail",
        "owner*",
        "<owner>",
        "Besitzer\u00e4",
        "t" * 129,
        " ".join(["owner"] * 11),
    ],
)
def test_anything_else_is_refused_by_ssm(value: str) -> None:
    assert not _pattern("owner-tags").fullmatch(value)


def test_owner_notice_is_try_or_require() -> None:
    tried = ["try", "require", "", "Try", "required", "try ", "tryrequire", "off", "true"]
    assert [each for each in tried if _pattern("owner-notice").fullmatch(each)] == [
        "try",
        "require",
    ]
