"""The README's policies for who may exempt: they allow the commands, and nothing else."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.emulator.account import LocalAccount
from tests.local.command_server import command_through_server
from tests.local.conftest import AccountFactory

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
START = datetime(2026, 6, 1, 10, tzinfo=UTC)
PUT: dict[str, Any] = {"Type": "String", "Overwrite": True}
DENIED = ("/key-rotation/mode", "/key-rotation/exemptions", "/other")


def policy(names: str) -> str:
    """Return the README's policy, for exemption parameters of some names, in this account."""
    section = README.partition("**Who may exempt.**")[2]
    [text, *_] = re.findall(r"```json\n(.*?)```", section, flags=re.DOTALL)
    document = json.loads(text)
    document["Statement"][0]["Resource"] = document["Statement"][0]["Resource"].replace(
        "exemption/*", f"exemption/{names}"
    )
    assert f"`exemption/{names}`" in section or names == "*"
    return json.dumps(document)


@pytest.fixture(scope="module")
def account(deployed_account: AccountFactory) -> Iterator[LocalAccount]:
    """Deploy the stack into a new account."""
    with deployed_account(START) as account:
        account.create_user("carol")
        account.create_key("carol")
        yield account


def credentials(account: LocalAccount, user: str, names: str) -> dict[str, str]:
    """Create a user with the policy; returns the environment of a terminal of that user."""
    account_id = account.client("sts").get_caller_identity()["Account"]
    iam = account.client("iam")
    iam.create_user(UserName=user)
    document = policy(names).replace("123456789012", account_id)
    iam.put_user_policy(UserName=user, PolicyName="Exempt", PolicyDocument=document)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        "AWS_DEFAULT_REGION": account.region,
        "AWS_ENDPOINT_URL": account.endpoint,
    }


def run(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Run `key-rotation exempt`; returns the exit code and all output."""
    done = subprocess.run(  # noqa: S603 - the product's own command
        [*shlex.split(command_through_server("key-rotation")), "exempt", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout + done.stderr


def session(environment: dict[str, str], service: Any) -> Any:
    """Return a client of the user."""
    return boto3.client(
        service,
        region_name=environment["AWS_DEFAULT_REGION"],
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


@pytest.fixture(scope="module")
def exempter(account: LocalAccount) -> dict[str, str]:
    """Somebody who may exempt."""
    return credentials(account, "exempter", "*")


@pytest.fixture(scope="module")
def member(account: LocalAccount) -> dict[str, str]:
    """A member of team a."""
    return credentials(account, "member", "team-a-*")


def test_who_may_exempt_adds_lists_and_removes(exempter: dict[str, str]) -> None:
    added = run(exempter, "add", "carol", "--forever", "--reason", "r", "--yes")
    assert added[0] == 0, added[1]
    assert "It covers 1 user and 1 key today." in added[1]
    listed = run(exempter, "list")
    assert listed[0] == 0, listed[1]
    assert "carol" in listed[1]
    removed = run(exempter, "remove", "carol", "--yes")
    assert removed[0] == 0, removed[1]


def test_a_member_of_a_team_writes_only_parameters_of_the_team(member: dict[str, str]) -> None:
    add = ("add", "carol", "--forever", "--reason", "r", "--yes")
    code, text = run(member, *add)
    assert code == 1
    assert "Access denied: ssm:PutParameter." in text
    assert "Nothing was changed." in text
    added = run(member, *add, "--name", "team-a-carol")
    assert added[0] == 0, added[1]
    removed = run(member, "remove", "carol", "--yes")
    assert removed[0] == 0, removed[1]


@pytest.mark.parametrize("who", ["exempter", "member"])
@pytest.mark.parametrize("name", DENIED)
def test_neither_writes_another_parameter(
    who: str, name: str, request: pytest.FixtureRequest
) -> None:
    ssm = session(request.getfixturevalue(who), "ssm")
    with pytest.raises(ClientError, match="AccessDenied"):
        ssm.put_parameter(Name=name, Value="none", **PUT)
    with pytest.raises(ClientError, match="AccessDenied"):
        ssm.delete_parameter(Name=name)


@pytest.mark.parametrize("who", ["exempter", "member"])
def test_neither_changes_a_key(who: str, request: pytest.FixtureRequest) -> None:
    iam = session(request.getfixturevalue(who), "iam")
    [key] = iam.list_access_keys(UserName="carol")["AccessKeyMetadata"]
    names = {"UserName": "carol", "AccessKeyId": key["AccessKeyId"]}
    with pytest.raises(ClientError, match="AccessDenied"):
        iam.update_access_key(**names, Status="Inactive")
    with pytest.raises(ClientError, match="AccessDenied"):
        iam.delete_access_key(**names)
