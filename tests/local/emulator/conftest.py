"""One account with the sample stack for all modules of this folder."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from local.emulator.account import LocalAccount
from tests.local.emulator import sample_stack

START = datetime(2027, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAccount]:
    """Deploy the sample stack into an account."""
    with LocalAccount.start(now=START) as account:
        account.deploy(sample_stack.write(tmp_path_factory.mktemp("sample")), sample_stack.STACK)
        yield account


@pytest.fixture
def outputs(account: LocalAccount) -> dict[str, str]:
    """The outputs of the sample stack."""
    return account.outputs


@pytest.fixture
def user(account: LocalAccount, request: pytest.FixtureRequest) -> str:
    """Create a user for one test, with the path that the function may read."""
    name = request.node.name.replace("[", "-").replace("]", "")[:60]
    account.create_user(name, path="/ops/")
    return str(name)


@contextmanager
def denied(account: LocalAccount, role: str, action: str) -> Iterator[None]:
    """Deny an action to a role during the block."""
    iam = account.client("iam")
    denial = {"Effect": "Deny", "Action": action, "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denial]})
    iam.put_role_policy(RoleName=role, PolicyName="Denied", PolicyDocument=policy)
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="Denied")


def received(account: LocalAccount, outputs: dict[str, str]) -> list[str]:
    """Receive and delete all messages in the queue of the sample stack, oldest first."""
    sqs, url = account.client("sqs"), outputs["QueueUrl"]
    taken = []
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for each in found:
            taken.append(each.get("Body", ""))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each.get("ReceiptHandle", ""))
    return taken
