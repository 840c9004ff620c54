"""Promise 9: no secret is created, read or sent, and only access keys of users are changed."""

import gzip
import json
from datetime import timedelta
from typing import Any

from boto3.dynamodb.types import Binary
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends

from tests.aws.aws_account import AwsAccount
from tests.aws.faults import on_event

OTHER_CREDENTIAL = "Not-Ours-1"
ALLOWED_CALLS = {
    "DeleteAccessKey",
    "DeleteItem",
    "GenerateCredentialReport",
    "GetAccessKeyLastUsed",
    "GetCredentialReport",
    "DescribeTable",
    "GetItem",
    "GetParameterHistory",
    "GetParameters",
    "GetParametersByPath",
    "GetSubscriptionAttributes",
    "ListAccessKeys",
    "ListAccountAliases",
    "ListSubscriptionsByTopic",
    "ListUserTags",
    "ListUsers",
    "Publish",
    "PutItem",
    "Query",
    "TransactWriteItems",
    "UpdateAccessKey",
}


def run_every_action(account: AwsAccount) -> list[str]:
    """Run until every action has happened; returns the names of the calls that the runs made."""
    calls: list[str] = []

    def record(model: Any, **_: Any) -> None:
        calls.append(model.name)

    account.create_key("alice", age=83)
    used = account.create_key("bob", age=83)
    held = account.create_key("carol", age=83)
    account.create_key("dave", age=400, status="Inactive")
    account.put_parameters(
        adopt_inactive_keys="true", exemptions=account.create_key("eve", age=400)
    )
    for days in (0, 7, 3, 7, 23, 40):
        account.now += timedelta(days=days)
        if days == 3:
            account.use_key(used)
            account.set_status("carol", held, "Active")
        with on_event(account, "before-call", record):
            account.run()
    return calls


def _text(value: Any) -> str:
    packed: Any = value if isinstance(value, Binary) else None
    return gzip.decompress(packed.value).decode() if packed else str(value)


def test_runs_make_only_these_calls(account: AwsAccount) -> None:
    """None of them creates or reads a secret; two of them change IAM."""
    assert set(run_every_action(account)) <= ALLOWED_CALLS


def test_no_message_and_no_item_of_the_ledger_contains_a_secret(account: AwsAccount) -> None:
    keys = iam_backends[DEFAULT_ACCOUNT_ID]["aws"].access_keys
    secrets: set[str] = set()
    for user in ("frank", "grace"):
        account.create_key(user, age=400)
    secrets |= {key.secret_access_key for key in keys.values()}
    run_every_action(account)
    secrets |= {key.secret_access_key for key in keys.values()}
    stored_and_published = json.dumps(
        [account.messages, account.clients.table.scan()["Items"]],
        default=_text,
    )
    assert secrets
    assert not [secret for secret in secrets if secret in stored_and_published]


def test_temporary_keys_and_other_credentials_are_not_changed(account: AwsAccount) -> None:
    """Such as the key of a session and a password."""
    backend = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    session = backend.create_temp_access_key()
    account.create_key("alice", age=400)
    account.clients.iam.create_login_profile(UserName="alice", Password=OTHER_CREDENTIAL)
    profile = account.clients.iam.get_login_profile(UserName="alice")["LoginProfile"]
    account.run()
    account.run_after(7)
    account.run_after(30)
    assert session.access_key_id in backend.access_keys
    assert account.clients.iam.get_login_profile(UserName="alice")["LoginProfile"] == profile
    assert {user["UserName"] for user in account.clients.iam.list_users()["Users"]} == {"alice"}
