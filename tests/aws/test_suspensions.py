"""Promise 10: report mode, a pause and an exemption of every key are named once a week."""

from datetime import timedelta

import pytest

from tests.aws.aws_account import AwsAccount


@pytest.mark.parametrize(
    ("parameters", "title"),
    [
        ({"mode": "report"}, "REPORT MODE since Tue 24 Nov 2026"),
        ({"max_changes_per_run": "0"}, "PAUSED since Tue 24 Nov 2026"),
        ({"exemptions": "*"}, "ALL EXEMPT since Tue 24 Nov 2026"),
    ],
)
def test_each_suspension_sends_one_digest_a_week_until_it_ends(
    account: AwsAccount, parameters: dict[str, str], title: str
) -> None:
    account.create_key("alice", age=10)
    account.put_parameters(**parameters)
    days = []
    for day in range(22):
        before = len(account.messages)
        account.run()
        days += [day] if len(account.messages) > before else []
        account.now += timedelta(days=1)
    assert days == [7, 14, 21]
    assert all(title in message["text"] for message in account.messages)
    account.put_parameters(mode="enforce", max_changes_per_run="25", exemptions="none")
    account.run()
    messages = len(account.messages)
    assert "since Tue 24 Nov" not in account.messages[-1]["text"]
    for _ in range(10):
        account.run_after(1)
    assert len(account.messages) == messages


def test_a_pause_of_two_weeks_sends_no_daily_digest(account: AwsAccount) -> None:
    """Keys become due on different days; none of them is near, so none is announced as near."""
    for number in range(6):
        account.create_key(f"user{number}", age=83 - number)
    account.run()
    account.put_parameters(max_changes_per_run="0")
    account.run()
    messages = len(account.messages)
    for _ in range(14):
        account.run_after(1)
    later = account.messages[messages:]
    others = [m["subject"] for m in later if "notice" not in m["subject"]]
    assert len(others) <= 2
    assert all("tomorrow" not in m["subject"] + m["text"] for m in later)
    assert len(account.run()["deferred"]) == 6
    assert "6 keys wait" in " ".join(later[-1]["text"].split())
    account.put_parameters(max_changes_per_run="25")
    assert len(account.run()["deactivated"]) == 6
