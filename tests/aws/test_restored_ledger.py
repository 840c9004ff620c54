"""A ledger that was restored from a backup: every notice and window starts anew, later."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from tests.aws.aws_account import REGION, AwsAccount


@contextmanager
def restored_from_now(account: AwsAccount) -> Iterator[None]:
    """Take a backup now, and restore it into a new table at the end of the block."""
    table: Any = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables["ledger"]
    resource = account.clients.table
    backup = resource.scan()["Items"]
    yield
    for item in resource.scan()["Items"]:
        resource.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})
    for item in backup:
        resource.put_item(Item=item)
    table.created_at += timedelta(days=1)


def test_a_key_noticed_anew_after_the_backup_is_not_deactivated_on_its_old_day(
    account: AwsAccount,
) -> None:
    """After the backup its notice lapsed, and it was announced for a later day."""
    key_id = account.create_key("alice", age=83)
    account.run()
    with restored_from_now(account):
        account.put_parameters(exemptions="alice")
        account.run_after(2)
        account.put_parameters(exemptions="none")
        [noticed] = account.run_after(1)["noticed"]
        assert noticed["due"] == f"{account.now + timedelta(days=7):%Y-%m-%d}"
    response = account.run_after(4)
    assert response["deactivated"] == []
    assert [entry["access_key_id"] for entry in response["noticed"]] == [key_id]
    assert "RESTORED" in account.messages[-1]["text"]
    assert len(account.run_after(7)["deactivated"]) == 1


def test_a_key_in_its_second_window_is_not_deleted_at_the_end_of_the_first(
    account: AwsAccount,
) -> None:
    key_id = account.create_key("alice", age=83)
    account.run()
    account.run_after(7)
    with restored_from_now(account):
        account.set_status("alice", key_id, "Active")
        account.run_after(10)
        account.run_after(7)
        assert account.status(key_id) == "Inactive"
    [extended] = account.run_after(13)["extended"]
    assert extended["due"] == f"{account.now + timedelta(days=30):%Y-%m-%d}"
    assert account.run_after(29)["deleted"] == []
    assert [entry["access_key_id"] for entry in account.run_after(1)["deleted"]] == [key_id]


def test_a_key_deactivated_after_the_backup_is_held_and_named(account: AwsAccount) -> None:
    """Nobody knows any more who turned it off."""
    key_id = account.create_key("alice", age=83)
    account.run()
    with restored_from_now(account):
        assert len(account.run_after(7)["deactivated"]) == 1
    response = account.run_after(1)
    assert [entry["access_key_id"] for entry in response["held"]] == [key_id]
    assert "comes from a backup" in response["held"][0]["reason"]
    assert account.run_after(100)["deleted"] == []


def test_a_restored_ledger_is_reported_once(account: AwsAccount) -> None:
    account.create_key("alice", age=10)
    account.run()
    with restored_from_now(account):
        pass
    account.run_after(1)
    messages = len(account.messages)
    assert "RESTORED" in account.messages[-1]["text"]
    account.run_after(1)
    assert len(account.messages) == messages


def test_a_report_run_by_hand_leaves_the_restart_to_the_scheduled_run(account: AwsAccount) -> None:
    account.create_key("alice", age=83)
    account.run()
    with restored_from_now(account):
        pass
    account.run({"mode": "report"})
    account.run_after(1)
    assert "RESTORED" in account.messages[-1]["text"]


def test_a_report_of_a_restored_ledger_lists_what_the_next_run_does(account: AwsAccount) -> None:
    key_id = account.create_key("alice", age=83)
    account.run()
    with restored_from_now(account):
        pass
    account.now += timedelta(days=7)
    for event in ({"mode": "report"}, None):
        response = account.run(event)
        assert [entry["access_key_id"] for entry in response["noticed"]] == [key_id]
        assert response["deactivated"] == []
