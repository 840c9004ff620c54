"""Promise 2: only a key of ours that stayed inactive and unused is deleted, after a fresh read."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends

from key_rotation.errors import PublishError
from tests.aws.aws_account import AwsAccount
from tests.aws.due_keys import a_key_to_delete
from tests.aws.faults import altered_response, client_error, interleaved, on_event, refused

LIST_KEYS = "iam.ListAccessKeys"
GET_LAST_USED = "iam.GetAccessKeyLastUsed"
DELETE_KEY = "iam.DeleteAccessKey"


@contextmanager
def recording_calls(account: AwsAccount) -> Iterator[list[str]]:
    """Record the calls to IAM, in order."""
    calls: list[str] = []

    def record(model: Any, **_: Any) -> None:
        calls.append(f"iam.{model.name}")

    with on_event(account, "provide-client-params.iam", record):
        yield calls


def calls_before_the_deletion(account: AwsAccount, call: str) -> int:
    """Return how often a run makes a call before it reads the key again."""
    with recording_calls(account) as calls:
        account.run({"mode": "report"})
    return calls.count(call)


def test_an_unchanged_key_is_deleted_at_the_end_of_its_window(
    account: AwsAccount,
) -> None:
    """Each test below changes something between the decision and the deletion."""
    key_id = a_key_to_delete(account)
    assert [entry["access_key_id"] for entry in account.run()["deleted"]] == [key_id]
    assert account.status(key_id) is None


def test_a_key_reactivated_immediately_before_its_deletion_is_not_deleted(
    account: AwsAccount,
) -> None:
    key_id = a_key_to_delete(account)
    earlier_calls = calls_before_the_deletion(account, LIST_KEYS)
    with interleaved(
        account, LIST_KEYS, lambda: account.set_status("alice", key_id, "Active"), nth=earlier_calls
    ):
        response = account.run()
    assert response["deleted"] == []
    assert account.status(key_id) == "Active"
    assert len(account.run_after(1)["noticed"]) + len(response["noticed"]) == 1


def test_a_key_used_immediately_before_its_deletion_is_not_deleted(account: AwsAccount) -> None:
    """Its window starts again."""
    key_id = a_key_to_delete(account)
    earlier_calls = calls_before_the_deletion(account, GET_LAST_USED)
    with interleaved(account, GET_LAST_USED, lambda: account.use_key(key_id), nth=earlier_calls):
        response = account.run()
    assert response["deleted"] == []
    assert account.status(key_id) == "Inactive"
    extended = [*response["extended"], *account.run()["extended"]]
    assert [entry["due"] for entry in extended] == [f"{account.now + timedelta(days=30):%Y-%m-%d}"]


def test_a_key_whose_creation_date_changes_before_its_deletion_is_not_deleted(
    account: AwsAccount,
) -> None:
    """A key id is unique, so a person must look."""
    key_id = a_key_to_delete(account)
    earlier_calls = calls_before_the_deletion(account, LIST_KEYS)
    key = iam_backends[DEFAULT_ACCOUNT_ID]["aws"].access_keys[key_id]

    def recreate() -> None:
        key.create_date = key.create_date + timedelta(seconds=1)

    with interleaved(account, LIST_KEYS, recreate, nth=earlier_calls):
        response = account.run()
    assert response["deleted"] == []
    assert account.status(key_id) == "Inactive"
    assert len(response["held"]) + len(response["failed"]) == 1


def test_a_key_that_iam_returns_with_another_owner_is_not_deleted(account: AwsAccount) -> None:
    key_id = a_key_to_delete(account)

    def name_bob(parsed: dict[str, Any]) -> None:
        parsed["UserName"] = "bob"

    with altered_response(account, GET_LAST_USED, name_bob):
        response = account.run()
    assert response["deleted"] == []
    assert "another owner: 'bob'" in response["failed"][0]["reason"]
    assert account.status(key_id) == "Inactive"


@pytest.mark.parametrize("code", ["Throttling", "AccessDenied", "ServiceFailure"])
@pytest.mark.parametrize("call", [LIST_KEYS, GET_LAST_USED])
def test_a_key_that_cannot_be_read_again_is_not_deleted(
    account: AwsAccount, call: str, code: str
) -> None:
    """Unreadable does not mean unchanged."""
    key_id = a_key_to_delete(account)
    earlier_calls = calls_before_the_deletion(account, call)
    with refused(account, call, code, since=earlier_calls):
        response = account.run()
    assert response["deleted"] == []
    assert [(entry["access_key_id"], code in entry["reason"]) for entry in response["failed"]] == [
        (key_id, True)
    ]
    assert account.status(key_id) == "Inactive"
    assert len(account.run()["deleted"]) == 1


@pytest.mark.parametrize("call", [LIST_KEYS, GET_LAST_USED])
def test_a_key_that_its_owner_deletes_before_the_fresh_read_is_closed(
    account: AwsAccount, call: str
) -> None:
    """It is not reported as deleted by this tool."""
    key_id = a_key_to_delete(account)
    earlier_calls = calls_before_the_deletion(account, call)
    backend = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    with interleaved(
        account, call, lambda: backend.delete_access_key(key_id, "alice"), nth=earlier_calls
    ):
        first = account.run()
    second = account.run()
    assert first["deleted"] == second["deleted"] == []
    closed = [*first["closed"], *second["closed"]]
    assert [entry["access_key_id"] for entry in closed] == [key_id]


def test_a_key_that_its_owner_deletes_before_the_deletion_is_closed(
    account: AwsAccount,
) -> None:
    """IAM responds NoSuchEntity. The key is reported once, and not as deleted by this tool."""
    key_id = a_key_to_delete(account)
    backend = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    with interleaved(account, DELETE_KEY, lambda: backend.delete_access_key(key_id, "alice")):
        assert len(account.run()["closed"]) == 1
    next_response = account.run()
    assert (next_response["deleted"], next_response["closed"], next_response["failed"]) == (
        [],
        [],
        [],
    )


def test_a_key_that_someone_else_deactivated_is_not_deleted_at_any_age(
    account: AwsAccount,
) -> None:
    key_id = account.create_key("alice", age=2000, status="Inactive")
    for _ in range(4):
        assert account.run_after(100)["deleted"] == []
    assert account.status(key_id) == "Inactive"


def test_a_key_whose_watch_is_lost_is_not_deleted(account: AwsAccount) -> None:
    """A deactivation that is not recorded does not count."""
    key_id = a_key_to_delete(account)
    account.clients.table.delete_item(Key={"pk": "WATCH", "sk": key_id})
    assert account.run()["deleted"] == []
    assert account.run_after(400)["deleted"] == []
    assert account.status(key_id) == "Inactive"


def test_a_key_used_between_two_runs_in_its_window_is_not_deleted(
    account: AwsAccount,
) -> None:
    """No run saw it active, but IAM reports its use."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.run_after(7)
    account.use_key(key_id, account.now + timedelta(days=15))
    assert account.run_after(30)["deleted"] == []
    assert account.status(key_id) == "Inactive"


@pytest.mark.parametrize(("hours", "deleted"), [(-24, 1), (0, 1), (1, 1), (1.01, 0), (24, 0)])
def test_a_use_up_to_one_hour_after_the_deactivation_does_not_extend_the_window(
    account: AwsAccount, hours: float, deleted: int
) -> None:
    """IAM may still accept the key for some time after its deactivation."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.run_after(7)
    account.use_key(key_id, account.now + timedelta(hours=hours))
    assert len(account.run_after(30)["deleted"]) == deleted


def test_a_key_with_an_incomplete_last_use_is_not_deleted(account: AwsAccount) -> None:
    """A response without a date means never used only if the service is N/A too."""
    key_id = a_key_to_delete(account)

    def drop_date(parsed: dict[str, Any]) -> None:
        parsed["AccessKeyLastUsed"] = {"ServiceName": "s3", "Region": "N/A"}

    with altered_response(account, GET_LAST_USED, drop_date):
        response = account.run()
    assert "unclear" in response["failed"][0]["reason"]
    assert account.status(key_id) == "Inactive"


def test_a_key_exempted_on_the_day_of_its_deletion_is_not_deleted(account: AwsAccount) -> None:
    """When the exemption ends, a full window starts."""
    key_id = a_key_to_delete(account)
    account.put_parameters(exemptions="alice")
    assert account.run()["deleted"] == []
    account.put_parameters(exemptions="none")
    [extended] = account.run_after(1)["extended"]
    assert extended["due"] == f"{account.now + timedelta(days=30):%Y-%m-%d}"
    assert account.run_after(29)["deleted"] == []
    assert len(account.run_after(1)["deleted"]) == 1
    assert account.status(key_id) is None


def test_lowering_grace_days_shortens_no_window(account: AwsAccount) -> None:
    key_id = account.create_key("alice", age=83)
    account.run()
    account.run_after(7)
    account.put_parameters(grace_days="1")
    assert account.run_after(29)["deleted"] == []
    assert account.status(key_id) == "Inactive"
    assert len(account.run_after(1)["deleted"]) == 1


def test_a_key_seen_active_gets_a_new_window_even_if_its_notice_was_not_delivered(
    account: AwsAccount,
) -> None:
    """It was not inactive for the whole window."""
    key_id = a_key_to_delete(account)
    account.now -= timedelta(days=29)
    account.set_status("alice", key_id, "Active")
    with refused(account, "sns.Publish"), pytest.raises(PublishError):
        account.run()
    account.set_status("alice", key_id, "Inactive")
    account.now += timedelta(days=29)
    assert [entry["access_key_id"] for entry in account.run()["extended"]] == [key_id]
    assert account.run_after(29)["deleted"] == []
    assert len(account.run_after(1)["deleted"]) == 1


def test_a_key_that_a_report_run_saw_active_gets_a_new_window(account: AwsAccount) -> None:
    key_id = a_key_to_delete(account)
    account.now -= timedelta(days=29)
    account.set_status("alice", key_id, "Active")
    account.run({"mode": "report"})
    account.set_status("alice", key_id, "Inactive")
    account.now += timedelta(days=29)
    response = account.run()
    assert (len(response["extended"]), response["deleted"]) == (1, [])


def test_no_key_is_deleted_before_its_window_was_reported(account: AwsAccount) -> None:
    """SNS refused every digest since the deactivation."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.now += timedelta(days=6)
    with refused(account, "sns.Publish"):
        for _ in range(35):
            account.now += timedelta(days=1)
            with pytest.raises(PublishError):
                account.run()
    assert account.status(key_id) == "Inactive"
    response = account.run_after(1)
    assert (len(response["deactivated"]), response["deleted"]) == (1, [])
    assert response["upcoming"][0]["due"] == f"{account.now + timedelta(days=1):%Y-%m-%d}"
    assert [entry["access_key_id"] for entry in account.run_after(1)["deleted"]] == [key_id]


def test_no_key_is_deleted_before_its_extension_was_reported(account: AwsAccount) -> None:
    key_id = a_key_to_delete(account)
    account.use_key(key_id, account.now - timedelta(days=20))
    account.now += timedelta(days=40)
    with refused(account, "sns.Publish"), pytest.raises(PublishError):
        account.run()
    response = account.run_after(1)
    assert (len(response["extended"]), response["deleted"]) == (1, [])
    assert len(account.run_after(1)["deleted"]) == 1


@pytest.mark.parametrize("code", ["Throttling", "ServiceFailure", "LimitExceeded"])
def test_a_key_is_read_again_before_each_further_try_to_delete_it(
    account: AwsAccount, code: str
) -> None:
    """IAM throttles the deletion, and meanwhile the owner turns the key on and uses it."""
    key_id = a_key_to_delete(account)

    def reactivate_and_refuse(**_: Any) -> None:
        account.set_status("alice", key_id, "Active")
        account.use_key(key_id)
        raise client_error("DeleteAccessKey", code)

    with on_event(account, f"before-call.{DELETE_KEY}", reactivate_and_refuse):
        response = account.run()
    assert response["deleted"] == []
    assert account.status(key_id) == "Active"
    assert [entry["access_key_id"] for entry in response["noticed"]] == [key_id]


def test_a_throttled_deletion_is_tried_again_after_a_fresh_read(account: AwsAccount) -> None:
    key_id = a_key_to_delete(account)
    with (
        refused(account, DELETE_KEY, "Throttling", nth=0),
        recording_calls(account) as calls,
    ):
        response = account.run()
    assert [entry["access_key_id"] for entry in response["deleted"]] == [key_id]
    last = [call for call in calls if call in {LIST_KEYS, GET_LAST_USED, DELETE_KEY}][-6:]
    assert last == [LIST_KEYS, GET_LAST_USED, DELETE_KEY] * 2


def test_each_key_is_read_right_before_its_own_deletion(account: AwsAccount) -> None:
    """No call for another key of the same user comes in between."""
    keys = [account.create_key("alice", age=400), account.create_key("alice", age=399)]
    account.run()
    account.run_after(7)
    account.now += timedelta(days=30)
    with recording_calls(account) as calls:
        response = account.run()
    assert len(response["deleted"]) == len(keys)
    assert calls.count(DELETE_KEY) == 2
    assert calls.count(GET_LAST_USED) == 4


def test_a_user_renamed_in_the_middle_of_a_deletion_is_not_taken_for_gone(
    account: AwsAccount,
) -> None:
    key_id = a_key_to_delete(account)

    def rename() -> None:
        account.clients.iam.update_user(UserName="alice", NewUserName="alice.smith")
        account.rename_owner("alice", "alice.smith")

    with interleaved(account, DELETE_KEY, rename):
        response = account.run()
    assert (response["deleted"], response["closed"], len(response["failed"])) == ([], [], 1)
    assert [entry["access_key_id"] for entry in account.run()["deleted"]] == [key_id]


@pytest.mark.parametrize("call", [LIST_KEYS, GET_LAST_USED])
def test_a_throttled_read_before_a_deletion_is_tried_again(account: AwsAccount, call: str) -> None:
    """From the beginning: status and last use are both read again."""
    key_id = a_key_to_delete(account)
    earlier_calls = calls_before_the_deletion(account, call)
    with refused(account, call, "Throttling", nth=earlier_calls), recording_calls(account) as calls:
        response = account.run()
    assert [entry["access_key_id"] for entry in response["deleted"]] == [key_id]
    last = [made for made in calls if made in {LIST_KEYS, GET_LAST_USED, DELETE_KEY}]
    assert last[-3:] == [LIST_KEYS, GET_LAST_USED, DELETE_KEY]
