"""Parameter Store rejects what it rejects on AWS."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.emulator.account import LocalAccount

NAME = "/patterned"


@pytest.fixture(autouse=True)
def parameter(account: LocalAccount) -> Iterator[None]:
    """Create a parameter with a pattern for one test."""
    ssm = account.client("ssm")
    ssm.put_parameter(Name=NAME, Value="7", Type="String", AllowedPattern="^[a-z0-9]*$")
    yield
    ssm.delete_parameter(Name=NAME)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"Name": NAME, "Value": "8"}, "ParameterAlreadyExists"),
        ({"Name": "/new", "Value": "8"}, "ValidationException"),
        ({"Name": NAME, "Value": "", "Overwrite": True}, "ValidationException"),
        ({"Name": NAME, "Value": "7" * 4097, "Overwrite": True}, "ValidationException"),
        (
            {"Name": NAME, "Value": "Seven", "Overwrite": True},
            "ParameterPatternMismatchException",
        ),
        ({"Name": NAME, "Value": "7\n", "Overwrite": True}, "ParameterPatternMismatchException"),
    ],
    ids=["no overwrite", "no type", "empty", "too long", "pattern", "pattern with a line break"],
)
def test_an_edit_that_aws_rejects_changes_nothing(
    account: LocalAccount, request_: dict[str, Any], code: str
) -> None:
    ssm = account.client("ssm")
    with pytest.raises(ClientError, match=rf"\({code}\)"):
        ssm.put_parameter(**request_)
    assert ssm.get_parameter(Name=NAME)["Parameter"]["Value"] == "7"
    assert ssm.get_parameters(Names=["/new"])["InvalidParameters"] == ["/new"]


def test_a_pattern_outlasts_an_edit_without_one(account: LocalAccount) -> None:
    ssm = account.client("ssm")
    ssm.put_parameter(Name=NAME, Value="8", Overwrite=True)
    with pytest.raises(ClientError, match="PatternMismatch"):
        ssm.put_parameter(Name=NAME, Value="Nine", Overwrite=True)


def test_the_longest_value_of_a_standard_parameter_is_accepted(account: LocalAccount) -> None:
    ssm = account.client("ssm")
    ssm.put_parameter(Name=NAME, Value="7" * 4096, Overwrite=True)
    assert len(ssm.get_parameter(Name=NAME)["Parameter"]["Value"]) == 4096


def test_an_advanced_parameter_may_be_longer(account: LocalAccount) -> None:
    ssm = account.client("ssm")
    ssm.put_parameter(Name=NAME, Value="7" * 4097, Tier="Advanced", Overwrite=True)
    assert ssm.get_parameter(Name=NAME)["Parameter"]["Version"] == 2
