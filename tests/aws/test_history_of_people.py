"""What a person did to a watched key is in its history: once, and in no digest."""

from datetime import timedelta
from typing import Any

from tests.aws.aws_account import AwsAccount
from tests.aws.due_keys import a_key_to_deactivate


def last_event(account: AwsAccount, key_id: str) -> dict[str, Any]:
    """Return the last item of the history of a key."""
    return account.items(f"HISTORY#{key_id}")[-1]


def run_twice(account: AwsAccount) -> None:
    """Run today and tomorrow."""
    account.run()
    account.run_after(1)


def test_an_exemption_is_in_the_history_of_a_watched_key_once_with_its_reason_and_end(
    account: AwsAccount,
) -> None:
    key_id = account.create_key("alice", age=83)
    account.run()
    account.now += timedelta(days=1)
    account.put_parameters(exemptions=f"{key_id} until 2026-12-24 # migration")
    run_twice(account)
    assert account.history(key_id) == ["notice", "exempt"]
    event = last_event(account, key_id)
    assert (event["due"], event["note"], event["age_days"]) == ("2026-12-24", "migration", 84)
    assert event["run_id"] == "run-2"


def test_an_exempt_key_without_a_watch_has_no_history(account: AwsAccount) -> None:
    key_id = account.create_key("alice", age=400)
    account.put_parameters(exemptions=key_id)
    run_twice(account)
    assert account.history(key_id) == []


def test_an_owner_who_turns_a_noticed_key_off_and_on_is_in_its_history_each_time(
    account: AwsAccount,
) -> None:
    key_id = account.create_key("alice", age=80)
    account.put_parameters(notice_days="30")
    account.run()
    account.now += timedelta(days=1)
    account.set_status("alice", key_id, "Inactive")
    digests = len(account.messages)
    run_twice(account)
    assert last_event(account, key_id)["reason"] == "NOT_OURS"
    account.set_status("alice", key_id, "Active")
    account.now += timedelta(days=1)
    run_twice(account)
    reasons = [item["reason"] for item in account.items(f"HISTORY#{key_id}")]
    assert reasons == ["STALE", "NOT_OURS", "NOTICE_RUNNING"]
    assert len(account.messages) == digests


def test_an_exemption_of_a_key_in_its_window_is_in_its_history_and_so_is_its_end(
    account: AwsAccount,
) -> None:
    key_id = a_key_to_deactivate(account)
    account.run()
    account.now += timedelta(days=1)
    account.put_parameters(exemptions=key_id)
    run_twice(account)
    account.put_parameters(exemptions="none")
    account.run()
    assert account.history(key_id) == ["notice", "deactivate", "exempt", "extend"]
    assert last_event(account, key_id)["reason"] == "INTERRUPTION_ENDED"


def test_a_hold_that_a_person_ends_by_an_exemption_is_in_the_history(account: AwsAccount) -> None:
    key_id = a_key_to_deactivate(account)
    for _ in range(3):
        account.run()
        account.set_status("alice", key_id, "Active")
        account.run_after(1)
        account.now += timedelta(days=7)
    assert account.history(key_id)[-1] == "hold"
    account.put_parameters(exemptions=f"{key_id} until {account.now:%Y-%m-%d}")
    account.run()
    assert account.history(key_id)[-2:] == ["hold", "exempt"]


def test_a_hold_whose_exemption_no_run_saw_is_released_in_the_history(account: AwsAccount) -> None:
    key_id = a_key_to_deactivate(account)
    for _ in range(3):
        account.run()
        account.set_status("alice", key_id, "Active")
        account.run_after(1)
        account.now += timedelta(days=7)
    account.put_parameters(exemptions=f"{key_id} until {account.now:%Y-%m-%d}")
    run_after = account.now + timedelta(days=1)
    account.now = run_after
    account.run()
    assert "RELEASED" in [item["reason"] for item in account.items(f"HISTORY#{key_id}")]
