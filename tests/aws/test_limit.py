"""Promise 4: at most max-changes-per-run keys are changed in one run, oldest first."""

import contextlib
from datetime import timedelta

import pytest

from key_rotation.domain.execution import TimeBudget
from key_rotation.errors import PublishError
from key_rotation.service_layer import inventory
from tests.aws.aws_account import AwsAccount
from tests.aws.faults import on_event, refused


def stale_keys(account: AwsAccount, count: int) -> list[str]:
    """Return keys whose notice is over, oldest first; each is one day older than the next."""
    keys = [account.create_key(f"user{n}", age=400 - n) for n in range(count)]
    account.run()
    return keys


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_the_oldest_keys_are_changed_and_the_others_are_deferred_by_name(
    account: AwsAccount, limit: int
) -> None:
    keys = stale_keys(account, 4)
    account.put_parameters(max_changes_per_run=str(limit))
    response = account.run_after(7)
    assert [entry["access_key_id"] for entry in response["deactivated"]] == keys[:limit]
    assert [entry["access_key_id"] for entry in response["deferred"]] == keys[limit:]
    assert [account.status(key_id) for key_id in keys] == ["Inactive"] * limit + ["Active"] * (
        4 - limit
    )
    assert f"{4 - limit} deferred" in account.messages[-1]["subject"]


def test_deferred_keys_are_changed_in_the_next_run(account: AwsAccount) -> None:
    keys = stale_keys(account, 5)
    account.put_parameters(max_changes_per_run="2")
    days = [[e["access_key_id"] for e in account.run_after(d)["deactivated"]] for d in (7, 1, 1, 1)]
    assert days == [keys[:2], keys[2:4], keys[4:], []]


def test_deactivations_and_deletions_count_together(account: AwsAccount) -> None:
    old, young = account.create_key("alice", age=400), account.create_key("bob", age=60)
    account.run()
    account.run_after(7)
    account.run_after(23)
    account.put_parameters(max_changes_per_run="1")
    response = account.run_after(7)
    assert [entry["access_key_id"] for entry in response["deleted"]] == [old]
    assert [entry["access_key_id"] for entry in response["deferred"]] == [young]
    assert (account.status(old), account.status(young)) == (None, "Active")


def test_a_failed_change_counts_towards_the_limit(account: AwsAccount) -> None:
    """It may have taken effect; the limit counts what a run tries."""
    keys = stale_keys(account, 3)
    account.put_parameters(max_changes_per_run="1")
    with refused(account, "iam.UpdateAccessKey", only_for=keys[0]):
        response = account.run_after(7)
    assert (response["deactivated"], len(response["failed"]), len(response["deferred"])) == (
        [],
        1,
        2,
    )
    assert [account.status(key_id) for key_id in keys] == ["Active"] * 3


def test_finishing_a_change_of_an_earlier_run_does_not_count_towards_the_limit(
    account: AwsAccount,
) -> None:
    keys = stale_keys(account, 2)

    def kill_run(**_: object) -> None:
        raise KeyboardInterrupt

    account.put_parameters(max_changes_per_run="1")
    events = account.clients.iam.meta.events
    events.register_first("after-call.iam.UpdateAccessKey", kill_run)
    with pytest.raises(KeyboardInterrupt):
        account.run_after(7)
    events.unregister("after-call.iam.UpdateAccessKey", kill_run)
    assert [account.status(key_id) for key_id in keys] == ["Inactive", "Active"]
    response = account.run()
    assert [entry["access_key_id"] for entry in response["deactivated"]] == keys
    assert response["deferred"] == []


def test_notices_are_not_limited(account: AwsAccount) -> None:
    account.put_parameters(max_changes_per_run="0")
    for n in range(4):
        account.create_key(f"user{n}", age=400)
    response = account.run()
    assert (len(response["noticed"]), response["deferred"]) == (4, [])


def test_an_unrecorded_change_counts_towards_the_limit_of_the_later_parts(
    account: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took effect, and could not be recorded: the next part may change fewer keys."""
    stale_keys(account, 4)
    account.put_parameters(max_changes_per_run="3")
    account.now += timedelta(days=7)
    monkeypatch.setattr(inventory, "BATCH_SIZE", 2)
    short_of_time = TimeBudget(lambda: timedelta(minutes=6), timedelta(minutes=15))
    with refused(account, "dynamodb.TransactWriteItems", "InternalServerError", since=1):
        part = account.run_within(short_of_time).part
    assert [status for _, status, _ in account.iam_keys().values()].count("Inactive") == 2
    assert part.continuation is not None


def test_the_retries_of_an_event_share_one_limit(account: AwsAccount) -> None:
    """SNS refuses every message, so Lambda tries the event three times."""
    keys = stale_keys(account, 6)
    account.put_parameters(max_changes_per_run="2")
    account.now += timedelta(days=7)
    event = {"scheduled_time": "2026-12-01T09:00:00Z"}
    for _ in range(3):
        with refused(account, "sns.Publish"), pytest.raises(PublishError):
            account.run(event)
        account.now += timedelta(minutes=2)
    assert [account.status(key_id) for key_id in keys] == ["Inactive"] * 2 + ["Active"] * 4
    again = account.run(event)
    assert [len(again[section]) for section in ("deactivated", "deferred")] == [2, 4]
    assert len(account.run({"scheduled_time": "2026-12-02T09:00:00Z"})["deactivated"]) == 2


def test_a_run_that_died_after_its_changes_leaves_its_retry_the_rest_of_the_limit(
    account: AwsAccount,
) -> None:
    keys = stale_keys(account, 6)
    account.put_parameters(max_changes_per_run="2")
    account.now += timedelta(days=7)

    def kill_run(**_: object) -> None:
        raise KeyboardInterrupt

    event = {"scheduled_time": "2026-12-01T09:00:00Z"}
    with on_event(account, "before-call.sns.Publish", kill_run), pytest.raises(KeyboardInterrupt):
        account.run(event)
    account.run(event)
    assert [account.status(key_id) for key_id in keys] == ["Inactive"] * 2 + ["Active"] * 4


def test_a_run_by_hand_between_two_tries_of_an_event_does_not_renew_its_limit(
    account: AwsAccount,
) -> None:
    keys = stale_keys(account, 6)
    account.put_parameters(max_changes_per_run="2")
    event = {"scheduled_time": "2026-12-01T09:00:00Z"}
    account.now += timedelta(days=7)
    account.run(event)
    account.run({"mode": "report"})
    account.run()
    account.run(event)
    assert [account.status(key_id) for key_id in keys] == ["Inactive"] * 4 + ["Active"] * 2


@pytest.mark.parametrize("call", ["iam.UpdateAccessKey", "iam.DeleteAccessKey"])
def test_keys_whose_change_is_always_refused_keep_no_other_key_from_being_changed(
    account: AwsAccount, call: str
) -> None:
    """A policy of the organisation denies it. The refused keys come after all others."""
    refused_keys = [account.create_key(f"refused{n}", age=400 - n) for n in range(3)]
    account.put_parameters(max_changes_per_run="2", notice_days="1", grace_days="1")
    account.run()
    others: list[str] = []
    with contextlib.ExitStack() as stack:
        for key_id in refused_keys:
            stack.enter_context(refused(account, call, only_for=key_id))
        for day in range(10):
            others += [account.create_key(f"other{day}", age=200)] if day < 4 else []
            account.run_after(1)
    assert [account.status(key_id) for key_id in others] == [None] * 4
    assert None not in [account.status(key_id) for key_id in refused_keys]
    account.run_after(1)
    account.run_after(1)
    account.run_after(1)
    account.run_after(1)
    assert [account.status(key_id) for key_id in refused_keys] == [None] * 3
