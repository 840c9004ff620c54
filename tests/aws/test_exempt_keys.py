"""Exemptions from end to end: reported, never acted on, and what comes when they begin or end."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.aws.aws_account import AwsAccount


@pytest.mark.parametrize("line", ["ALICE", "/ci/*", "al*", "*"])
def test_an_exempt_key_is_reported_in_every_digest_and_never_acted_on(
    account: AwsAccount, line: str
) -> None:
    key_id = account.create_key("alice", age=400, path="/ci/")
    account.put_parameters(exemptions=f"{line} # cannot rotate")
    for days in (0, 7, 100):
        [exempt] = account.run_after(days)["exempt"]
        assert exempt["access_key_id"] == key_id
        assert exempt["reason"] == "exempt: cannot rotate"
    assert account.status(key_id) == "Active"
    assert account.messages == []


def test_a_key_exempt_by_its_id_leaves_the_users_other_key_to_the_rules(
    account: AwsAccount,
) -> None:
    exempt, other = account.create_key("alice", age=400), account.create_key("alice", age=400)
    account.put_parameters(exemptions=exempt.lower())
    response = account.run()
    assert [entry["access_key_id"] for entry in response["exempt"]] == [exempt]
    assert [entry["access_key_id"] for entry in response["noticed"]] == [other]
    account.run_after(7)
    assert (account.status(exempt), account.status(other)) == ("Active", "Inactive")


def test_an_exemption_that_begins_voids_a_notice_and_its_end_gives_a_new_one(
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


def test_an_exemption_that_begins_in_the_window_stops_it_and_its_end_begins_a_new_one(
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


def test_an_exemption_past_its_day_no_longer_exempts_and_its_end_is_told_once(
    account: AwsAccount,
) -> None:
    account.create_key("alice", age=400)
    account.put_parameters(exemptions="alice until 2026-11-26 # moving\nbob")
    assert [len(account.run_after(1)["exempt"]) for _ in range(2)] == [1, 1]
    response = account.run_after(1)
    assert (response["exempt"], len(response["noticed"])) == ([], 1)
    [message] = account.messages
    assert message["subject"].endswith("1 notice, exemption ended")
    assert "alice until 2026-11-26 # moving" in message["text"]
    account.run_after(1)
    assert len(account.messages) == 1


def test_the_end_of_an_exemption_is_told_even_if_it_was_of_nobody(account: AwsAccount) -> None:
    """A list with dead entries is worth a look."""
    account.put_parameters(exemptions="nobody until 2026-11-24")
    account.run()
    assert account.messages == []
    account.run_after(1)
    assert [message["subject"].partition(": ")[2] for message in account.messages] == [
        "exemption ended"
    ]


def test_a_key_begun_before_its_exemption_is_finished_and_told(account: AwsAccount) -> None:
    """It was deactivated by a run that died before it could say so: that is not hidden."""
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
"""Sixteen days after the start."""


def report_daily(account: AwsAccount) -> None:
    """Report mode, each day until the exemption is over."""
    account.put_parameters(mode="report", exemptions=UNTIL)
    for _ in range(17):
        account.run_after(1)
    account.put_parameters(mode="enforce")


def report_daily_then_remove_the_entry(account: AwsAccount) -> None:
    """As `daily_reports`, and the line is removed."""
    report_daily(account)
    account.put_parameters(exemptions="none")


def skip_all_runs(account: AwsAccount) -> None:
    """The schedule was off; the line that ended still stands there."""
    account.put_parameters(exemptions=UNTIL)
    account.now += timedelta(days=17)


WHILE_EXEMPT = pytest.mark.parametrize(
    "while_exempt", [report_daily, report_daily_then_remove_the_entry, skip_all_runs]
)


@WHILE_EXEMPT
def test_an_exemption_that_no_run_enforced_voids_a_notice_all_the_same(
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
def test_an_exemption_that_no_run_enforced_breaks_a_window_all_the_same(
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
