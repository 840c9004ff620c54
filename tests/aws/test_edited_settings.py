"""Edited parameters: each change is reported once with its version; announced days stay."""

import pytest

from key_rotation.errors import PublishError
from tests.aws.aws_account import AwsAccount
from tests.aws.faults import refused


def test_a_changed_setting_is_reported_once_with_its_version(account: AwsAccount) -> None:
    account.run()
    account.put_parameters(grace_days="45")
    account.run()
    account.run()
    [message] = account.messages
    assert message["subject"].partition(": ")[2] == "settings changed"
    assert "* grace-days: 45 (version 2, was 30)" in message["text"]
    assert message["data"]["settings"]["max-age-days"] == {"value": "90", "version": 1}


def test_the_first_run_reports_no_changed_settings(account: AwsAccount) -> None:
    account.run()
    assert account.messages == []


def test_a_setting_that_was_edited_and_restored_is_reported(account: AwsAccount) -> None:
    """Two edits between two runs are a change."""
    account.run()
    account.put_parameters(grace_days="45")
    account.put_parameters(grace_days="30")
    account.run()
    assert "* grace-days: 30 (version 3, was 30)" in account.messages[0]["text"]


def test_a_change_that_was_not_delivered_is_reported_by_the_next_run(account: AwsAccount) -> None:
    """A change counts as reported when the digest was delivered, not when a run read it."""
    account.run()
    account.put_parameters(grace_days="45")
    with refused(account, "sns.Publish"), pytest.raises(PublishError):
        account.run()
    account.run()
    assert len(account.messages) == 1


def test_a_change_to_report_mode_is_reported(account: AwsAccount) -> None:
    account.run()
    account.put_parameters(mode="report")
    account.run()
    assert "* mode: report (version 2, was enforce)" in account.messages[0]["text"]


def test_new_thresholds_apply_at_once_but_announced_days_only_move_later(
    account: AwsAccount,
) -> None:
    key_id = account.create_key("alice", age=83)
    account.run()
    account.put_parameters(max_age_days="10", notice_days="0", grace_days="1")
    assert account.run_after(6)["upcoming"][0]["due"] == "2026-12-01"
    assert len(account.run_after(1)["deactivated"]) == 1
    account.put_parameters(grace_days="60")
    assert account.run_after(1)["upcoming"][0]["due"] == "2027-01-30"
    account.put_parameters(grace_days="1")
    assert account.run_after(1)["upcoming"][0]["due"] == "2027-01-30"
    assert account.status(key_id) == "Inactive"
