"""The e-mail of a stopped run says what was done and what was not, and claims no more."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

from key_rotation.errors import (
    InvalidSettingsError,
    LeaseLostError,
    LedgerError,
    ListUsersError,
    PublishError,
)
from tests.aws.aws_account import AwsAccount
from tests.aws.due_keys import a_key_to_deactivate, a_key_to_delete
from tests.aws.faults import client_error, interleaved, on_event, refused
from tests.aws.stopped_runs import stopped_run


def last_text(account: AwsAccount) -> str:
    """Return the last e-mail in one line."""
    return " ".join(account.messages[-1]["text"].split())


@contextmanager
def state_not_writable(account: AwsAccount) -> Iterator[None]:
    """Refuse the last write of the run state; the first one counts the changes."""
    writes = count()

    def refuse(params: dict[str, Any], **_: Any) -> None:
        if "STATE" in str(params["body"]) and next(writes) == 1:
            raise client_error("PutItem", "InternalServerError")

    with on_event(account, "before-call.dynamodb.PutItem", refuse):
        yield


def test_a_run_whose_digest_is_refused_says_what_it_changed(account: AwsAccount) -> None:
    """SNS refuses the digest, and accepts the next message."""
    a_key_to_deactivate(account)
    with refused(account, "sns.Publish", "KMSThrottling", nth=0):
        stopped_run(account, PublishError)
    assert (
        "This run deactivated 1 key and deleted 0 before it stopped. The next run reports them."
        in last_text(account)
    )
    assert account.messages[-1]["data"]["done"] == {
        "part": 1,
        "deactivated": 1,
        "deleted": 0,
        "begun": 0,
        "reported": False,
    }
    assert len(account.run_for_report().outcomes) >= 1
    assert account.messages[-1]["data"]["deactivated"]


def test_a_run_whose_state_cannot_be_saved_says_what_it_changed(account: AwsAccount) -> None:
    """Its digest was delivered."""
    a_key_to_delete(account)
    with state_not_writable(account):
        stopped_run(account, LedgerError)
    text = last_text(account)
    assert "This run deactivated 0 keys and deleted 1 before it stopped." in text
    assert "Its digest reports them." in text
    assert "Nothing was changed" not in text


def test_a_run_that_changed_nothing_says_so(account: AwsAccount) -> None:
    a_key_to_deactivate(account)
    with refused(account, "iam.ListUsers"):
        stopped_run(account, ListUsersError)
    text = last_text(account)
    assert "Nothing was changed. This run changed no key." in text
    assert "Keys that this run did not reach are not rotated until a run succeeds." in text


def test_a_run_that_lost_its_lease_claims_nothing_of_the_run_that_works(
    account: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lost the lease between its changes: the ledger knows what it did."""
    monkeypatch.setattr("key_rotation.service_layer.apply.BATCH_SIZE", 1)
    for name in ("alice", "bob"):
        account.create_key(name, age=83)
    account.run()
    account.now = account.now.replace(month=12, day=1)
    checks = count()

    def lose_lease(_: Any) -> None:
        if next(checks) >= 5:
            raise LeaseLostError("Another run took over.")

    monkeypatch.setattr("key_rotation.adapters.lease.Lease.check", lose_lease)
    stopped_run(account, LeaseLostError)
    text = last_text(account)
    assert "This run deactivated 1 key and deleted 0 before it stopped." in text
    assert "The run that took over goes on with the other keys." in text
    assert "until a run succeeds" not in text
    [state] = [item for item in account.items("RUN") if item["sk"] == "STATE"]
    assert state["stopped"] == ""  # the other run writes its state


def test_a_run_that_stops_between_intent_and_outcome_says_that_a_change_was_begun(
    account: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_key_to_deactivate(account)
    lost: list[bool] = []

    def check(_: Any) -> None:
        if lost:
            raise LeaseLostError("Another run took over.")

    monkeypatch.setattr("key_rotation.adapters.lease.Lease.check", check)
    with interleaved(account, "iam.UpdateAccessKey", lambda: lost.append(True)):
        stopped_run(account, LeaseLostError)
    assert "1 change was begun; the next run finds out what came of it." in last_text(account)


def test_what_an_unreadable_ledger_leaves_open_is_not_claimed(
    account: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_key_to_deactivate(account)
    lost: list[bool] = []

    def check(_: Any) -> None:
        if lost:
            raise LeaseLostError("Another run took over.")

    monkeypatch.setattr("key_rotation.adapters.lease.Lease.check", check)
    with (
        refused(account, "dynamodb.Query", since=1),
        interleaved(account, "iam.UpdateAccessKey", lambda: lost.append(True)),
    ):
        stopped_run(account, LeaseLostError)
    assert "This run may have changed keys; the next run finds out" in last_text(account)


def test_a_later_part_says_nothing_of_the_whole_run(account: AwsAccount) -> None:
    """Earlier parts may have changed keys."""
    account.put_parameters(grace_days="soon")
    stopped_run(account, InvalidSettingsError, part=1)
    text = last_text(account)
    assert "Nothing was changed" not in text
    assert "Part 2 of the run changed no key. The e-mails of the earlier parts report" in text


def test_the_same_error_with_another_request_id_is_published_once_a_day(
    account: AwsAccount,
) -> None:
    """Lambda tries three times, and each answer of AWS has an id of its own."""
    ids = count()

    def deny(**_: Any) -> None:
        error = client_error("ListUsers", "AccessDenied")
        error.response["Error"]["Message"] = f"denied (request id 1a2b-{next(ids)})"
        raise error

    with on_event(account, "before-call.iam.ListUsers", deny):
        for number in range(3):
            stopped_run(account, ListUsersError, run_id=f"try-{number}")
    assert len(account.messages) == 1


def test_a_second_try_that_changed_more_is_published_too(account: AwsAccount) -> None:
    a_key_to_deactivate(account)
    messages = len(account.messages)
    with refused(account, "sns.Publish", "KMSThrottling", nth=0):
        stopped_run(account, PublishError, run_id="first")
    with refused(account, "sns.Publish", "KMSThrottling", nth=0):
        stopped_run(account, PublishError, run_id="second")
    assert [m["data"]["done"]["deactivated"] for m in account.messages[messages:]] == [1, 0]
