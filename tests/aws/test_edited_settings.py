"""Edited parameters: told once, with their versions; a run obeys them from the next day on."""

import pytest

from key_rotation.errors import NotDeliveredError
from tests.aws.faults import refused
from tests.aws.world import World


def test_a_change_of_a_setting_is_told_once_with_its_version(world: World) -> None:
    world.run()
    world.put(grace_days="45")
    world.run()
    world.run()
    [mail] = world.mails
    assert mail["subject"].partition(": ")[2] == "settings changed"
    assert "* grace-days: 45 (version 2, was 30)" in mail["text"]
    assert mail["data"]["settings"]["max-age-days"] == {"value": "90", "version": 1}


def test_the_first_run_tells_no_settings(world: World) -> None:
    world.run()
    assert world.mails == []


def test_a_setting_edited_back_is_told_too(world: World) -> None:
    """Two edits between two runs are an edit."""
    world.run()
    world.put(grace_days="45")
    world.put(grace_days="30")
    world.run()
    assert "* grace-days: 30 (version 3, was 30)" in world.mails[0]["text"]


def test_a_change_that_could_not_be_told_is_told_by_the_next_run(world: World) -> None:
    """What people were told counts, and not what a run saw."""
    world.run()
    world.put(grace_days="45")
    with refused(world, "sns.Publish"), pytest.raises(NotDeliveredError):
        world.run()
    world.run()
    assert len(world.mails) == 1


def test_report_mode_set_by_a_person_is_told_as_a_change(world: World) -> None:
    world.run()
    world.put(mode="report")
    world.run()
    assert "* mode: report (version 2, was enforce)" in world.mails[0]["text"]


def test_the_thresholds_of_today_count_and_a_day_once_told_only_moves_later(world: World) -> None:
    key_id = world.key("alice", age=83)
    world.run()
    world.put(max_age_days="10", notice_days="0", grace_days="1")
    assert world.after(6)["upcoming"][0]["due"] == "2026-12-01"
    assert len(world.after(1)["deactivated"]) == 1
    world.put(grace_days="60")
    assert world.after(1)["upcoming"][0]["due"] == "2027-01-30"
    world.put(grace_days="1")
    assert world.after(1)["upcoming"][0]["due"] == "2027-01-30"
    assert world.status(key_id) == "Inactive"
