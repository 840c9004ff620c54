"""Exemptions from end to end: reported, never acted on, and what comes when they begin or end."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.aws.aws_account import AwsAccount


@pytest.mark.parametrize("line", ["ALICE", "/ci/*", "al*", "*"])
def test_an_exempt_key_is_reported_in_every_digest_and_never_acted_on(
    account: AwsAccount, line: str
) -> None:
    key_id = account.key("alice", age=400, path="/ci/")
    account.put(exemptions=f"{line} # cannot rotate")
    for days in (0, 7, 100):
        [exempt] = account.after(days)["exempt"]
        assert exempt["access_key_id"] == key_id
        assert exempt["reason"] == "exempt: cannot rotate"
    assert account.status(key_id) == "Active"
    assert account.mails == []


def test_a_key_exempt_by_its_id_leaves_the_users_other_key_to_the_rules(
    account: AwsAccount,
) -> None:
    exempt, other = account.key("alice", age=400), account.key("alice", age=400)
    account.put(exemptions=exempt.lower())
    answer = account.run()
    assert [entry["access_key_id"] for entry in answer["exempt"]] == [exempt]
    assert [entry["access_key_id"] for entry in answer["noticed"]] == [other]
    account.after(7)
    assert (account.status(exempt), account.status(other)) == ("Active", "Inactive")


def test_an_exemption_that_begins_voids_a_notice_and_its_end_gives_a_new_one(
    account: AwsAccount,
) -> None:
    key_id = account.key("alice", age=83)
    account.run()
    account.put(exemptions="alice")
    assert account.after(7)["deactivated"] == []
    account.put(exemptions="none")
    [noticed] = account.after(1)["noticed"]
    assert noticed["due"] == f"{account.now + timedelta(days=7):%Y-%m-%d}"
    assert account.after(6)["deactivated"] == []
    assert [entry["access_key_id"] for entry in account.after(1)["deactivated"]] == [key_id]


def test_an_exemption_that_begins_in_the_window_stops_it_and_its_end_begins_a_new_one(
    account: AwsAccount,
) -> None:
    key_id = account.key("alice", age=83)
    account.run()
    account.after(7)
    account.put(exemptions="alice")
    assert account.after(40)["deleted"] == []
    account.put(exemptions="none")
    [extended] = account.after(1)["extended"]
    assert extended["due"] == f"{account.now + timedelta(days=30):%Y-%m-%d}"
    assert account.after(29)["deleted"] == []
    assert [entry["access_key_id"] for entry in account.after(1)["deleted"]] == [key_id]


def test_an_exemption_past_its_day_no_longer_exempts_and_its_end_is_told_once(
    account: AwsAccount,
) -> None:
    account.key("alice", age=400)
    account.put(exemptions="alice until 2026-11-26 # moving\nbob")
    assert [len(account.after(1)["exempt"]) for _ in range(2)] == [1, 1]
    answer = account.after(1)
    assert (answer["exempt"], len(answer["noticed"])) == ([], 1)
    [mail] = account.mails
    assert mail["subject"].endswith("1 notice, exemption ended")
    assert "alice until 2026-11-26 # moving" in mail["text"]
    account.after(1)
    assert len(account.mails) == 1


def test_the_end_of_an_exemption_is_told_even_if_it_was_of_nobody(account: AwsAccount) -> None:
    """A list with dead entries is worth a look."""
    account.put(exemptions="nobody until 2026-11-24")
    account.run()
    assert account.mails == []
    account.after(1)
    assert [mail["subject"].partition(": ")[2] for mail in account.mails] == ["exemption ended"]


def test_a_key_begun_before_its_exemption_is_finished_and_told(account: AwsAccount) -> None:
    """It was deactivated by a run that died before it could say so: that is not hidden."""
    key_id = account.key("alice", age=83)
    account.run()

    def dies(**_: object) -> None:
        raise KeyboardInterrupt

    events = account.clients.iam.meta.events
    events.register_first("after-call.iam.UpdateAccessKey", dies)
    with pytest.raises(KeyboardInterrupt):
        account.after(7)
    events.unregister("after-call.iam.UpdateAccessKey", dies)
    account.put(exemptions="alice")
    answer = account.run()
    assert [entry["access_key_id"] for entry in answer["deactivated"]] == [key_id]
    assert account.after(60)["deleted"] == []
    assert account.status(key_id) == "Inactive"


UNTIL = "alice until 2026-12-10"
"""Sixteen days after the start."""


def daily_reports(account: AwsAccount) -> None:
    """Report mode, each day until the exemption is over."""
    account.put(mode="report", exemptions=UNTIL)
    for _ in range(17):
        account.after(1)
    account.put(mode="enforce")


def a_gone_line(account: AwsAccount) -> None:
    """As `daily_reports`, and the line is removed."""
    daily_reports(account)
    account.put(exemptions="none")


def no_run_at_all(account: AwsAccount) -> None:
    """The schedule was off; the line that ended still stands there."""
    account.put(exemptions=UNTIL)
    account.now += timedelta(days=17)


MEANWHILE = pytest.mark.parametrize("meanwhile", [daily_reports, a_gone_line, no_run_at_all])


@MEANWHILE
def test_an_exemption_that_no_run_enforced_voids_a_notice_all_the_same(
    account: AwsAccount, meanwhile: Callable[[AwsAccount], None]
) -> None:
    key_id = account.key("alice", age=83)
    account.run()
    meanwhile(account)
    answer = account.after(1)
    assert [entry["access_key_id"] for entry in answer["noticed"]] == [key_id]
    assert account.after(6)["deactivated"] == []
    assert [entry["access_key_id"] for entry in account.after(1)["deactivated"]] == [key_id]


@MEANWHILE
def test_an_exemption_that_no_run_enforced_breaks_a_window_all_the_same(
    account: AwsAccount, meanwhile: Callable[[AwsAccount], None]
) -> None:
    key_id = account.key("alice", age=83)
    account.run()
    account.after(7)
    meanwhile(account)
    answer = account.after(14)
    assert [entry["access_key_id"] for entry in answer["extended"]] == [key_id]
    assert account.after(29)["deleted"] == []
    assert [entry["access_key_id"] for entry in account.after(1)["deleted"]] == [key_id]
