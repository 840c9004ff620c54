"""Promise 9: no secret is made, read or sent, and only users' access keys are touched."""

import json
from datetime import timedelta
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends

from tests.aws.faults import on
from tests.aws.world import World

NOT_OURS = "Not-Ours-1"
USED = {
    "DeleteAccessKey",
    "DeleteItem",
    "GenerateCredentialReport",
    "GetAccessKeyLastUsed",
    "GetCredentialReport",
    "GetItem",
    "GetParameters",
    "ListAccessKeys",
    "ListSubscriptionsByTopic",
    "ListUserTags",
    "ListUsers",
    "Publish",
    "PutItem",
    "Query",
    "TransactWriteItems",
    "UpdateAccessKey",
}


def a_long_life(world: World) -> list[str]:
    """Let everything happen to some keys; returns the names of the calls that the runs made."""
    calls: list[str] = []

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    world.key("alice", age=83)
    used = world.key("bob", age=83)
    held = world.key("carol", age=83)
    world.key("dave", age=400, status="Inactive")
    world.put(adopt_inactive_keys="true", exemptions=world.key("eve", age=400))
    for days in (0, 7, 3, 7, 23, 40):
        world.now += timedelta(days=days)
        if days == 3:
            world.use(used)
            world.turn("carol", held, "Active")
        with on(world, "before-call", note):
            world.run()
    return calls


def test_runs_make_these_calls_and_no_others(world: World) -> None:
    """None of them makes or reads a secret; the first two are the only ones that change IAM."""
    assert set(a_long_life(world)) <= USED


def test_no_secret_stands_in_a_message_or_in_the_ledger(world: World) -> None:
    keys = iam_backends[DEFAULT_ACCOUNT_ID]["aws"].access_keys
    secrets: set[str] = set()
    for user in ("frank", "grace"):
        world.key(user, age=400)
    secrets |= {key.secret_access_key for key in keys.values()}
    a_long_life(world)
    secrets |= {key.secret_access_key for key in keys.values()}
    everything = json.dumps([world.mails, world.clients.table.scan()["Items"]], default=str)
    assert secrets
    assert not [secret for secret in secrets if secret in everything]


def test_temporary_keys_and_other_credentials_are_not_touched(world: World) -> None:
    """A session's key, a password and a service's own credential are none of its business."""
    backend = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    session = backend.create_temp_access_key()
    world.key("alice", age=400)
    world.clients.iam.create_login_profile(UserName="alice", Password=NOT_OURS)
    profile = world.clients.iam.get_login_profile(UserName="alice")["LoginProfile"]
    world.run()
    world.after(7)
    world.after(30)
    assert session.access_key_id in backend.access_keys
    assert world.clients.iam.get_login_profile(UserName="alice")["LoginProfile"] == profile
    assert {user["UserName"] for user in world.clients.iam.list_users()["Users"]} == {"alice"}
