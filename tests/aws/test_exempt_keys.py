"""Exemptions in whole runs: exempt keys are listed, never changed; what follows when one ends."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.aws.aws_account import AwsAccount
from tests.aws.faults import on_event, refused


@pytest.mark.parametrize("line", ["ALICE", "/ci/*", "al*", "*"])
def test_an_exempt_key_is_listed_by_every_run_and_never_changed(
    account: AwsAccount, line: str
) -> None:
    key_id = account.create_key("alice", age=400, path="/ci/")
    account.put_parameters(exemptions=f"{line} # cannot rotate")
    for days in (0, 7, 100):
        [exempt] = account.run_after(days)["exempt"]
        assert exempt["access_key_id"] == key_id
        assert exempt["reason"] == "exempt: cannot rotate"
    assert account.status(key_id) == "Active"
    assert all("ALL EXEMPT" in message["subject"] for message in account.messages)


def test_a_key_id_exempts_only_that_key_of_its_user(
    account: AwsAccount,
) -> None:
    exempt, other = account.create_key("alice", age=400), account.create_key("alice", age=400)
    account.put_parameters(exemptions=exempt.lower())
    response = account.run()
    assert [entry["access_key_id"] for entry in response["exempt"]] == [exempt]
    assert [entry["access_key_id"] for entry in response["noticed"]] == [other]
    account.run_after(7)
    assert (account.status(exempt), account.status(other)) == ("Active", "Inactive")


def test_a_new_exemption_cancels_the_notice_and_its_end_gives_a_new_one(
    account: AwsAccount,
) -> None:
    key_id = account.create_key("alice", age=83)
    account.run()
    account.put_parameters(exemptions="alice")
    assert account.run_after(7)["deactivated"] == []
    account.put_parameters(exemptions="none")
    [noticed] = account.run_after(1)["noticed"]
    assert noticed["due"] == f"{account.now + timedelta(days=7):%Y-%m-%d}"
    assert account.run_after(6)["deactivated"] == []
    assert [entry["access_key_id"] for entry in account.run_after(1)["deactivated"]] == [key_id]


def test_a_new_exemption_interrupts_the_window_and_its_end_starts_a_new_one(
    account: AwsAccount,
) -> None:
    key_id = account.create_key("alice", age=83)
    account.run()
    account.run_after(7)
    account.put_parameters(exemptions="alice")
    assert account.run_after(40)["deleted"] == []
    account.put_parameters(exemptions="none")
    [extended] = account.run_after(1)["extended"]
    assert extended["due"] == f"{account.now + timedelta(days=30):%Y-%m-%d}"
    assert account.run_after(29)["deleted"] == []
    assert [entry["access_key_id"] for entry in account.run_after(1)["deleted"]] == [key_id]


def test_an_exemption_ends_after_its_last_day_and_its_end_is_reported_once(
    account: AwsAccount,
) -> None:
    account.create_key("alice", age=400)
    account.put_parameters(exemptions="alice until 2026-11-26 # moving")
    assert [len(account.run_after(1)["exempt"]) for _ in range(2)] == [1, 1]
    response = account.run_after(1)
    assert (response["exempt"], len(response["noticed"])) == ([], 1)
    [_, message] = account.messages
    assert message["subject"].endswith("1 notice, exemption ended")
    assert "alice until 2026-11-26 # moving" in message["text"]
    account.run_after(1)
    assert len(account.messages) == 2


def test_the_end_of_an_exemption_that_covers_no_key_is_reported(account: AwsAccount) -> None:
    """An unused entry in the list should be reviewed."""
    account.clients.iam.create_user(UserName="has-no-key")
    account.put_parameters(exemptions="has-no-key until 2026-11-24")
    account.run()
    account.run_after(1)
    assert [message["subject"].partition(": ")[2] for message in account.messages] == [
        "exemption ends soon",
        "exemption ended",
    ]


def test_a_deactivation_started_before_the_exemption_is_finished_and_reported(
    account: AwsAccount,
) -> None:
    """A run that died deactivated the key and could not report it."""
    key_id = account.create_key("alice", age=83)
    account.run()

    def kill_run(**_: object) -> None:
        raise KeyboardInterrupt

    events = account.clients.iam.meta.events
    events.register_first("after-call.iam.UpdateAccessKey", kill_run)
    with pytest.raises(KeyboardInterrupt):
        account.run_after(7)
    events.unregister("after-call.iam.UpdateAccessKey", kill_run)
    account.put_parameters(exemptions="alice")
    response = account.run()
    assert [entry["access_key_id"] for entry in response["deactivated"]] == [key_id]
    assert account.run_after(60)["deleted"] == []
    assert account.status(key_id) == "Inactive"


UNTIL = "alice until 2026-12-10"
"""Sixteen days after the start of the account."""


def report_daily(account: AwsAccount) -> None:
    """Run in report mode each day until the exemption has ended."""
    account.put_parameters(mode="report", exemptions=UNTIL)
    for _ in range(17):
        account.run_after(1)
    account.put_parameters(mode="enforce")


def report_daily_then_remove_the_entry(account: AwsAccount) -> None:
    """As `report_daily`; then remove the entry."""
    report_daily(account)
    account.put_parameters(exemptions="none")


def skip_all_runs(account: AwsAccount) -> None:
    """Let the exemption begin and end without a run; its entry stays in the setting."""
    account.put_parameters(exemptions=UNTIL)
    account.now += timedelta(days=17)


WHILE_EXEMPT = pytest.mark.parametrize(
    "while_exempt", [report_daily, report_daily_then_remove_the_entry, skip_all_runs]
)


@WHILE_EXEMPT
def test_an_exemption_that_no_enforce_run_saw_cancels_the_notice(
    account: AwsAccount, while_exempt: Callable[[AwsAccount], None]
) -> None:
    key_id = account.create_key("alice", age=83)
    account.run()
    while_exempt(account)
    response = account.run_after(1)
    assert [entry["access_key_id"] for entry in response["noticed"]] == [key_id]
    assert account.run_after(6)["deactivated"] == []
    assert [entry["access_key_id"] for entry in account.run_after(1)["deactivated"]] == [key_id]


@WHILE_EXEMPT
def test_an_exemption_that_no_enforce_run_saw_interrupts_the_window(
    account: AwsAccount, while_exempt: Callable[[AwsAccount], None]
) -> None:
    key_id = account.create_key("alice", age=83)
    account.run()
    account.run_after(7)
    while_exempt(account)
    response = account.run_after(14)
    assert [entry["access_key_id"] for entry in response["extended"]] == [key_id]
    assert account.run_after(29)["deleted"] == []
    assert [entry["access_key_id"] for entry in account.run_after(1)["deleted"]] == [key_id]


@pytest.mark.parametrize(
    ("entry", "listed"),
    [("alice # break glass", "exempt"), ("/ops/alice", "exempt"), ("bob", "failed")],
)
def test_an_exempt_user_need_not_be_readable(account: AwsAccount, entry: str, listed: str) -> None:
    """Promise 10: an exemption ends the daily failure of a user whom a policy hides."""
    account.create_key("alice", age=400, path="/ops/")
    account.put_parameters(exemptions=entry)
    with refused(account, "iam.ListAccessKeys", only_for="alice"):
        response = account.run()
    assert {section for section in ("exempt", "failed") if response[section]} == {listed}
    assert (response[listed][0]["user"], response[listed][0]["access_key_id"]) == ("alice", None)


def test_the_last_use_of_an_exempt_key_need_not_be_readable(account: AwsAccount) -> None:
    key_id = account.create_key("alice", age=400)
    account.run()
    account.put_parameters(exemptions="alice")
    with refused(account, "iam.GetAccessKeyLastUsed"):
        response = account.run_after(1)
    assert response["failed"] == []
    assert [entry["access_key_id"] for entry in response["exempt"]] == [key_id]


def test_a_deactivation_begun_before_an_exemption_waits_until_its_last_use_is_readable(
    account: AwsAccount,
) -> None:
    """Its last use is the baseline of the window: one that was not read is not "never used"."""
    key_id = account.create_key("alice", age=83)
    account.run()

    def kill_run(**_: object) -> None:
        raise KeyboardInterrupt

    account.now += timedelta(days=7)
    killed = on_event(account, "after-call.iam.UpdateAccessKey", kill_run)
    with killed, pytest.raises(KeyboardInterrupt):
        account.run()
    account.put_parameters(exemptions="alice")
    with refused(account, "iam.GetAccessKeyLastUsed"):
        response = account.run_after(1)
    assert (response["deactivated"], len(response["failed"])) == ([], 1)
    assert [entry["access_key_id"] for entry in account.run_after(1)["deactivated"]] == [key_id]
