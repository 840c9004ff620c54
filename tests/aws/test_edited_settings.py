"""Edited parameters: told once, with their versions; a run obeys them from the next day on."""

import pytest

from key_rotation.errors import PublishError
from tests.aws.aws_account import AwsAccount
from tests.aws.faults import refused


def test_a_change_of_a_setting_is_told_once_with_its_version(account: AwsAccount) -> None:
    account.run()
    account.put_parameters(grace_days="45")
    account.run()
    account.run()
    [message] = account.messages
    assert message["subject"].partition(": ")[2] == "settings changed"
    assert "* grace-days: 45 (version 2, was 30)" in message["text"]
    assert message["data"]["settings"]["max-age-days"] == {"value": "90", "version": 1}


def test_the_first_run_tells_no_settings(account: AwsAccount) -> None:
    account.run()
    assert account.messages == []


def test_a_setting_edited_back_is_told_too(account: AwsAccount) -> None:
    """Two edits between two runs are an edit."""
    account.run()
    account.put_parameters(grace_days="45")
    account.put_parameters(grace_days="30")
    account.run()
    assert "* grace-days: 30 (version 3, was 30)" in account.messages[0]["text"]


def test_a_change_that_could_not_be_told_is_told_by_the_next_run(account: AwsAccount) -> None:
    """What people were told counts, and not what a run saw."""
    account.run()
    account.put_parameters(grace_days="45")
    with refused(account, "sns.Publish"), pytest.raises(PublishError):
        account.run()
    account.run()
    assert len(account.messages) == 1


def test_report_mode_set_by_a_person_is_told_as_a_change(account: AwsAccount) -> None:
    account.run()
    account.put_parameters(mode="report")
    account.run()
    assert "* mode: report (version 2, was enforce)" in account.messages[0]["text"]


def test_the_thresholds_of_today_count_and_a_day_once_told_only_moves_later(
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
