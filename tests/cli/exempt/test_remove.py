"""`exempt remove`: a pattern is no longer exempt, wherever it stood."""

import pytest

from tests.aws.aws_account import AwsAccount
from tests.cli.exempt.interruptions import before_each_write
from tests.cli.exempt.parameters import exempt_users, old, one_by_one
from tests.cli.terminal import key_rotation

REMOVE_BOB = ("exempt", "remove", "BOB", "--yes")


def test_the_parameter_of_a_pattern_is_deleted(staffed: AwsAccount) -> None:
    staffed.put_parameters(**{"exemption/x": "bob until 2026-12-31 # r", "exemption/y": "alice"})
    finished = key_rotation(*REMOVE_BOB)
    assert finished.exit_code == 0
    assert "/key-rotation/exemption/x: bob until 2026-12-31 # r" in finished.stdout
    assert "aws ssm delete-parameter --name /key-rotation/exemption/x\n" in finished.stdout
    assert one_by_one(staffed) == {"y": "alice"}
    assert exempt_users(staffed) == {"alice"}


@pytest.mark.parametrize(
    ("before", "after"),
    [("bob # r", "none"), ("alice # a\nbob\nlegacy-*", "alice # a\nlegacy-*")],
)
def test_a_pattern_that_stands_in_the_old_parameter_too_is_removed_there_too(
    staffed: AwsAccount, before: str, after: str
) -> None:
    staffed.put_parameters(**{"exemptions": before, "exemption/bob": "bob"})
    assert key_rotation(*REMOVE_BOB).exit_code == 0
    assert (one_by_one(staffed), old(staffed)) == ({}, after)


def test_a_pattern_that_is_not_there_is_no_success(staffed: AwsAccount) -> None:
    staffed.put_parameters(**{"exemptions": "bob*", "exemption/b": "bob-2"})
    finished = key_rotation(*REMOVE_BOB)
    assert (finished.exit_code, finished.stdout) == (1, "")
    assert "No exemption has the pattern 'BOB'." in finished.stderr
    assert (old(staffed), one_by_one(staffed)) == ("bob*", {"b": "bob-2"})


def test_without_an_answer_nothing_is_removed(staffed: AwsAccount) -> None:
    staffed.put_parameters(**{"exemption/bob": "bob"})
    finished = key_rotation("exempt", "remove", "bob")
    assert finished.exit_code == 1
    assert one_by_one(staffed) == {"bob": "bob"}


def test_a_bad_entry_that_stops_each_run_can_be_removed_by_its_text(staffed: AwsAccount) -> None:
    staffed.put_parameters(**{"exemption/bad": "not an entry"})
    assert key_rotation("exempt", "remove", "not an entry", "--yes").exit_code == 0
    assert one_by_one(staffed) == {}


def test_json_has_what_was_removed(staffed: AwsAccount) -> None:
    staffed.put_parameters(**{"exemption/bob": "bob # r"})
    document = key_rotation(*REMOVE_BOB, "--json").document
    assert (document["action"], document["removed"]) == ("remove", ["bob # r"])
    assert document["parameters"] == ["/key-rotation/exemption/bob"]


def test_an_edit_of_the_old_parameter_at_the_same_time_is_told(
    staffed: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parameter Store has no conditional write: what was overwritten is in the history."""
    staffed.put_parameters(exemptions="alice\nbob")

    def edit() -> None:
        staffed.put_parameters(exemptions="alice\nbob\nlegacy-*")

    with before_each_write(monkeypatch, edit):
        finished = key_rotation(*REMOVE_BOB)
    assert finished.exit_code == 1
    assert "was edited by somebody else at the same time: look at its versions" in finished.stderr
    assert "get-parameter-history --name /key-rotation/exemptions" in finished.stderr


def test_another_entry_that_still_covers_the_keys_is_named(staffed: AwsAccount) -> None:
    staffed.put_parameters(**{"exemption/bob": "bob", "exemption/all": "b*"}, exemptions="alice")
    finished = key_rotation(*REMOVE_BOB)
    assert "Warning: /key-rotation/exemption/all (b*) still exempts 1 key of these." in (
        finished.stdout
    )
    assert "alice" not in finished.stdout


def test_a_bad_entry_is_not_said_to_have_keys(staffed: AwsAccount) -> None:
    staffed.put_parameters(**{"exemption/bad": "not an entry"})
    finished = key_rotation("exempt", "remove", "not an entry", "--yes")
    assert "notice" not in finished.stdout
