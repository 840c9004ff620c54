"""Promise 2: no key is deleted but one of ours that stayed inactive and unused, read afresh."""

from datetime import timedelta
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends

from key_rotation.errors import PublishError
from tests.aws.aws_account import AwsAccount
from tests.aws.faults import altered_response, interleaved, on_event, refused

LIST_KEYS = "iam.ListAccessKeys"
GET_LAST_USED = "iam.GetAccessKeyLastUsed"
DELETE_KEY = "iam.DeleteAccessKey"


def a_key_due_for_deletion(account: AwsAccount) -> str:
    """A key whose window ends with the run of today."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.run_after(7)
    account.now += timedelta(days=30)
    return key_id


def calls_before_the_deletion(account: AwsAccount, call: str) -> int:
    """How often a run makes a call before it reads the key afresh."""
    calls: list[str] = []

    def record(model: Any, **_: Any) -> None:
        calls.append(f"iam.{model.name}")

    with on_event(account, "before-call.iam", record):
        account.run({"mode": "report"})
    return calls.count(call)


def test_a_key_is_deleted_only_if_it_is_still_what_the_decision_rests_on(
    account: AwsAccount,
) -> None:
    """Undisturbed it is; each test below disturbs it between the decision and the deletion."""
    key_id = a_key_due_for_deletion(account)
    assert [entry["access_key_id"] for entry in account.run()["deleted"]] == [key_id]
    assert account.status(key_id) is None


def test_a_key_turned_on_right_before_its_deletion_is_not_deleted(account: AwsAccount) -> None:
    key_id = a_key_due_for_deletion(account)
    earlier_calls = calls_before_the_deletion(account, LIST_KEYS)
    with interleaved(
        account, LIST_KEYS, lambda: account.set_status("alice", key_id, "Active"), nth=earlier_calls
    ):
        response = account.run()
    assert response["deleted"] == []
    assert account.status(key_id) == "Active"
    assert len(account.run_after(1)["noticed"]) + len(response["noticed"]) == 1


def test_a_key_used_right_before_its_deletion_is_not_deleted(account: AwsAccount) -> None:
    """Its window starts again."""
    key_id = a_key_due_for_deletion(account)
    earlier_calls = calls_before_the_deletion(account, GET_LAST_USED)
    with interleaved(account, GET_LAST_USED, lambda: account.use_key(key_id), nth=earlier_calls):
        response = account.run()
    assert response["deleted"] == []
    assert account.status(key_id) == "Inactive"
    extended = [*response["extended"], *account.run()["extended"]]
    assert [entry["due"] for entry in extended] == [f"{account.now + timedelta(days=30):%Y-%m-%d}"]


def test_a_key_of_another_creation_right_before_its_deletion_is_not_deleted(
    account: AwsAccount,
) -> None:
    """A key id is unique, so somebody must look."""
    key_id = a_key_due_for_deletion(account)
    earlier_calls = calls_before_the_deletion(account, LIST_KEYS)
    key = iam_backends[DEFAULT_ACCOUNT_ID]["aws"].access_keys[key_id]

    def recreate() -> None:
        key.create_date = key.create_date + timedelta(seconds=1)

    with interleaved(account, LIST_KEYS, recreate, nth=earlier_calls):
        response = account.run()
    assert response["deleted"] == []
    assert account.status(key_id) == "Inactive"
    assert len(response["held"]) + len(response["failed"]) == 1


def test_a_key_that_iam_says_is_of_another_user_is_not_deleted(account: AwsAccount) -> None:
    key_id = a_key_due_for_deletion(account)

    def name_bob(parsed: dict[str, Any]) -> None:
        parsed["UserName"] = "bob"

    with altered_response(account, GET_LAST_USED, name_bob):
        response = account.run()
    assert response["deleted"] == []
    assert "'bob' as its owner" in response["failed"][0]["reason"]
    assert account.status(key_id) == "Inactive"


@pytest.mark.parametrize("code", ["Throttling", "AccessDenied", "ServiceFailure"])
@pytest.mark.parametrize("call", [LIST_KEYS, GET_LAST_USED])
def test_a_key_that_cannot_be_read_afresh_is_not_deleted(
    account: AwsAccount, call: str, code: str
) -> None:
    """Unreadable is not unchanged."""
    key_id = a_key_due_for_deletion(account)
    earlier_calls = calls_before_the_deletion(account, call)
    with refused(account, call, code, nth=earlier_calls):
        response = account.run()
    assert response["deleted"] == []
    assert [(entry["access_key_id"], code in entry["reason"]) for entry in response["failed"]] == [
        (key_id, True)
    ]
    assert account.status(key_id) == "Inactive"
    assert len(account.run()["deleted"]) == 1


@pytest.mark.parametrize("call", [LIST_KEYS, GET_LAST_USED])
def test_a_key_that_its_owner_deletes_meanwhile_is_not_claimed(
    account: AwsAccount, call: str
) -> None:
    """Gone before it was read afresh: the owner rotated it."""
    key_id = a_key_due_for_deletion(account)
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


def test_a_key_that_is_gone_when_it_is_deleted_is_closed_and_not_claimed(
    account: AwsAccount,
) -> None:
    """Its owner was quicker, as IAM's NoSuchEntity says; it is told once."""
    key_id = a_key_due_for_deletion(account)
    backend = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    with interleaved(account, DELETE_KEY, lambda: backend.delete_access_key(key_id, "alice")):
        assert len(account.run()["closed"]) == 1
    next_response = account.run()
    assert (next_response["deleted"], next_response["closed"], next_response["failed"]) == (
        [],
        [],
        [],
    )


def test_a_key_that_somebody_else_turned_off_is_not_deleted_however_old(
    account: AwsAccount,
) -> None:
    key_id = account.create_key("alice", age=2000, status="Inactive")
    for _ in range(4):
        assert account.run_after(100)["deleted"] == []
    assert account.status(key_id) == "Inactive"


def test_a_key_whose_watch_is_lost_is_not_deleted(account: AwsAccount) -> None:
    """What is not recorded was not done: the key is not ours any more."""
    key_id = a_key_due_for_deletion(account)
    account.clients.table.delete_item(Key={"pk": "WATCH", "sk": key_id})
    assert account.run()["deleted"] == []
    assert account.run_after(400)["deleted"] == []
    assert account.status(key_id) == "Inactive"


def test_a_key_turned_on_and_off_again_in_its_window_by_its_owner_and_used_is_not_deleted(
    account: AwsAccount,
) -> None:
    """No run saw it active, but its use is seen."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.run_after(7)
    account.use_key(key_id, account.now + timedelta(days=15))
    assert account.run_after(30)["deleted"] == []
    assert account.status(key_id) == "Inactive"


@pytest.mark.parametrize(("hours", "deleted"), [(-24, 1), (0, 1), (1, 1), (1.01, 0), (24, 0)])
def test_a_use_that_came_to_light_late_moves_nothing(
    account: AwsAccount, hours: float, deleted: int
) -> None:
    """Up to an hour after the deactivation, IAM may still have let it through."""
    key_id = account.create_key("alice", age=83)
    account.run()
    account.run_after(7)
    account.use_key(key_id, account.now + timedelta(hours=hours))
    assert len(account.run_after(30)["deleted"]) == deleted


def test_a_last_use_that_is_no_clear_never_is_no_answer(account: AwsAccount) -> None:
    """An answer without a date counts as never used only where it says so in full."""
    key_id = a_key_due_for_deletion(account)

    def drop_date(parsed: dict[str, Any]) -> None:
        parsed["AccessKeyLastUsed"] = {"ServiceName": "s3", "Region": "N/A"}

    with altered_response(account, GET_LAST_USED, drop_date):
        response = account.run()
    assert "unclear" in response["failed"][0]["reason"]
    assert account.status(key_id) == "Inactive"


def test_a_key_exempted_on_the_day_of_its_deletion_is_not_deleted(account: AwsAccount) -> None:
    """When the exemption ends, a whole new window begins."""
    key_id = a_key_due_for_deletion(account)
    account.put_parameters(exemptions="alice")
    assert account.run()["deleted"] == []
    account.put_parameters(exemptions="none")
    [extended] = account.run_after(1)["extended"]
    assert extended["due"] == f"{account.now + timedelta(days=30):%Y-%m-%d}"
    assert account.run_after(29)["deleted"] == []
    assert len(account.run_after(1)["deleted"]) == 1
    assert account.status(key_id) is None


def test_no_window_gets_shorter_when_grace_days_are_lowered(account: AwsAccount) -> None:
    key_id = account.create_key("alice", age=83)
    account.run()
    account.run_after(7)
    account.put_parameters(grace_days="1")
    assert account.run_after(29)["deleted"] == []
    assert account.status(key_id) == "Inactive"
    assert len(account.run_after(1)["deleted"]) == 1


def test_a_key_seen_active_has_a_new_window_though_its_notice_was_not_delivered(
    account: AwsAccount,
) -> None:
    """It was not inactive for the whole window."""
    key_id = a_key_due_for_deletion(account)
    account.now -= timedelta(days=29)
    account.set_status("alice", key_id, "Active")
    with refused(account, "sns.Publish"), pytest.raises(PublishError):
        account.run()
    account.set_status("alice", key_id, "Inactive")
    account.now += timedelta(days=29)
    assert [entry["access_key_id"] for entry in account.run()["extended"]] == [key_id]
    assert account.run_after(29)["deleted"] == []
    assert len(account.run_after(1)["deleted"]) == 1


def test_a_key_that_report_mode_saw_active_has_a_new_window(account: AwsAccount) -> None:
    key_id = a_key_due_for_deletion(account)
    account.now -= timedelta(days=29)
    account.set_status("alice", key_id, "Active")
    account.run({"mode": "report"})
    account.set_status("alice", key_id, "Inactive")
    account.now += timedelta(days=29)
    response = account.run()
    assert (len(response["extended"]), response["deleted"]) == (1, [])


def test_no_key_is_deleted_before_somebody_was_told_of_its_window(account: AwsAccount) -> None:
    """The digest was refused from the deactivation on."""
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


def test_no_key_is_deleted_before_somebody_was_told_of_its_extension(account: AwsAccount) -> None:
    key_id = a_key_due_for_deletion(account)
    account.use_key(key_id, account.now - timedelta(days=20))
    account.now += timedelta(days=40)
    with refused(account, "sns.Publish"), pytest.raises(PublishError):
        account.run()
    response = account.run_after(1)
    assert (len(response["extended"]), response["deleted"]) == (1, [])
    assert len(account.run_after(1)["deleted"]) == 1
