"""An item that each run needs and cannot read stops it, with the command that fixes it."""

import json
import shlex
from decimal import Decimal
from typing import Any

import pytest

from key_rotation.domain.model import Now
from key_rotation.errors import UnreadableItemError
from key_rotation.service_layer.run_context import Execution
from key_rotation.service_layer.stopped_run import notify_run_stopped
from tests.aws.aws_account import AwsAccount

LEASE: dict[str, Any] = {"run_id": "x", "beats": 1, "report_only": False}
STATE: dict[str, Any] = {"schema": 2}


@pytest.mark.parametrize(
    ("sort_key", "item"),
    [
        ("LEASE", {}),
        ("LEASE", {"run_id": "x"}),
        ("LEASE", {"beats": 1}),
        ("LEASE", LEASE | {"run_id": 5}),
        ("LEASE", LEASE | {"beats": "many"}),
        ("LEASE", LEASE | {"beats": Decimal("1.5")}),
        ("LEASE", LEASE | {"beats": None}),
        ("LEASE", LEASE | {"report_only": "yes"}),
        ("STATE", STATE | {"schema": 99}),
        ("STATE", STATE | {"parameters": "none"}),
        ("STATE", STATE | {"parameters": {"mode": {"value": "enforce"}}}),
        ("STATE", STATE | {"last_full_scan": "yesterday"}),
        ("STATE", STATE | {"from_the_future": 1}),
    ],
)
def test_an_item_that_cannot_be_read_is_named_with_the_command_that_deletes_it(
    account: AwsAccount, sort_key: str, item: dict[str, Any]
) -> None:
    """No key is changed, the message has the command, and after it the next run works."""
    key_id = account.create_key("alice", age=400)
    account.put_parameters(notice_days="0")
    account.clients.table.put_item(Item={"pk": "RUN", "sk": sort_key, **item})
    with pytest.raises(UnreadableItemError) as raised:
        account.run()
    assert account.status(key_id) == "Active"
    execution = Execution(
        run_id="run-1", now=Now(instant=account.now, zone=account.zone), clock=account.clock
    )
    notify_run_stopped(raised.value, account.clients.deployment, account.environment, execution)
    message = account.messages[-1]
    command = message["data"]["fix"]
    assert command in str(raised.value)
    in_text = message["text"].partition("To fix it:\n")[2].partition("\n\n")[0]
    assert " ".join(in_text.replace("\\\n", " ").split()) == command
    *words, name, table, option, key = shlex.split(command)
    assert words == ["aws", "dynamodb", "delete-item"]
    assert (name, table, option) == ("--table-name", account.clients.table.name, "--key")
    assert json.loads(key) == {"pk": {"S": "RUN"}, "sk": {"S": sort_key}}
    account.clients.table.delete_item(Key={"pk": "RUN", "sk": sort_key})
    assert len(account.run()["deactivated"]) == 1


def test_a_lease_of_version_0_1_0_is_read(account: AwsAccount) -> None:
    """It has no field `report_only`; its heartbeat has stopped."""
    lease: dict[str, Any] = {"pk": "RUN", "sk": "LEASE", "run_id": "x", "beats": 1}
    account.clients.table.put_item(Item=lease)
    assert account.run()["users"] == 0
