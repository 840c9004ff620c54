"""The policy for people who look: what the reading commands need, and no more."""

import json
from typing import Any

import pytest

from infra.context import Context
from infra.context_value import ContextError
from key_rotation_cli.reads import READS
from tests.infra.template import Synthesise, Template, as_list, render

NAME = "KeyRotation-Viewer"


@pytest.fixture(scope="session")
def with_viewer(synthesise: Synthesise) -> Template:
    return synthesise(None, viewer_policy="true")


def statements(template: Template) -> list[dict[str, Any]]:
    """Return the statements of the policy for viewers; none if there is no such policy."""
    return [
        statement
        for policy in template.resources("AWS::IAM::ManagedPolicy").values()
        if policy["Properties"].get("ManagedPolicyName") == NAME
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def test_by_default_there_is_no_policy_for_viewers(template: Template) -> None:
    assert statements(template) == []


def test_it_adds_nothing_else_to_the_template(template: Template, with_viewer: Template) -> None:
    added = with_viewer.body["Resources"].keys() - template.body["Resources"].keys()
    assert [with_viewer.body["Resources"][name]["Type"] for name in added] == [
        "AWS::IAM::ManagedPolicy"
    ]
    assert with_viewer.body["Outputs"] == template.body["Outputs"]


def test_it_allows_exactly_what_a_read_only_session_accepts(with_viewer: Template) -> None:
    """And to decrypt the table; `sts:GetCallerIdentity` needs no permission."""
    allowed = {
        str(action) for each in statements(with_viewer) for action in as_list(each["Action"])
    }
    reads = {f"{service}:{operation}" for service, operation in READS}
    assert allowed == reads - {"sts:GetCallerIdentity"} | {"kms:Decrypt"}


def test_it_names_no_partition_and_decrypts_only_through_dynamodb(with_viewer: Template) -> None:
    assert "arn:aws:" not in json.dumps(statements(with_viewer))
    [decrypt] = [each for each in statements(with_viewer) if each["Action"] == "kms:Decrypt"]
    [via] = decrypt["Condition"]["StringLike"]["kms:ViaService"]
    assert render(via) == "dynamodb.${AWS::Region}.*"


@pytest.mark.parametrize(("value", "wanted"), [(True, True), ("true", True), ("false", False)])
def test_true_and_false_are_accepted(value: object, wanted: object) -> None:
    assert Context.read({"email": "none", "viewer-policy": value}).viewer_policy is wanted


@pytest.mark.parametrize("value", ["yes", "", 1, "True", []])
def test_any_other_value_is_refused(value: object) -> None:
    with pytest.raises(ContextError, match=r"context 'viewer-policy' is .*; it accepts true or"):
        Context.read({"email": "none", "viewer-policy": value})
