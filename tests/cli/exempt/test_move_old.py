"""`exempt move-old`: the same set is in force at every instant, and after any interruption."""

from itertools import count

import pytest

from key_rotation.adapters.parameter_store import read_settings
from key_rotation.domain.exemptions import Exemption
from key_rotation_cli.exempt.entry import other_name, parameter_name
from tests.aws.aws_account import AwsAccount
from tests.cli.exempt.interruptions import before_each_write
from tests.cli.exempt.parameters import old, one_by_one
from tests.cli.terminal import key_rotation

LINES = (
    "alice until 2026-12-31 # one",
    "ALICE until 2027-01-31 # the same pattern",
    "legacy-* # two",
    "/vendors/*",
    "legacy- # not the same as the pattern with a star",
)
MOVE = ("exempt", "move-old", "--yes")


class StoppedByTestError(Exception):
    """Raised by the test in the middle of a command."""


@pytest.fixture
def moving(staffed: AwsAccount) -> AwsAccount:
    """Write the lines into the old parameter."""
    staffed.put_parameters(exemptions="\n".join(LINES))
    return staffed


def in_force(account: AwsAccount) -> set[str]:
    """Return the entries in force, as a run reads them."""
    return {str(entry) for entry in read_settings(account.clients.ssm, "/key-rotation").exemptions}


def test_each_line_gets_a_parameter_and_the_old_one_is_emptied(moving: AwsAccount) -> None:
    finished = key_rotation(*MOVE)
    assert finished.exit_code == 0
    assert old(moving) == "none"
    assert sorted(one_by_one(moving).values()) == sorted(LINES)
    assert in_force(moving) == set(LINES)


def test_the_same_entries_are_in_force_before_each_write(
    moving: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []
    with before_each_write(monkeypatch, lambda: seen.append(in_force(moving))):
        assert key_rotation(*MOVE).exit_code == 0
    assert seen == [set(LINES)] * (len(LINES) + 1)


@pytest.mark.parametrize("at", range(len(LINES) + 1))
@pytest.mark.parametrize("when", ["before", "after"])
def test_it_can_be_interrupted_at_each_write_and_repeated(
    moving: AwsAccount, monkeypatch: pytest.MonkeyPatch, at: int, when: str
) -> None:
    writes = count()

    def interrupt() -> None:
        if next(writes) == at:
            raise StoppedByTestError

    event = f"{when}-call.ssm.PutParameter"
    with (
        before_each_write(monkeypatch, interrupt, event),
        pytest.raises(StoppedByTestError),
    ):
        key_rotation(*MOVE)
    assert in_force(moving) == set(LINES)
    assert key_rotation(*MOVE).exit_code == 0
    assert sorted(one_by_one(moving).values()) == sorted(LINES)
    assert old(moving) == "none"


def test_the_second_time_there_is_nothing_to_move(moving: AwsAccount) -> None:
    key_rotation(*MOVE)
    before = one_by_one(moving)
    finished = key_rotation("exempt", "move-old")
    assert (finished.exit_code, finished.stdout) == (0, "Nothing to move: it is empty.\n")
    assert one_by_one(moving) == before


def test_a_line_that_is_there_already_is_not_written_twice(moving: AwsAccount) -> None:
    moving.put_parameters(**{"exemption/mine": LINES[2]})
    key_rotation(*MOVE)
    assert sorted(one_by_one(moving).values()) == sorted(LINES)


def test_an_edit_of_the_old_parameter_meanwhile_is_kept(
    moving: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = count()

    def edit() -> None:
        if next(writes) == 1:
            moving.put_parameters(exemptions="\n".join([*LINES, "bob # in a hurry"]))

    with before_each_write(monkeypatch, edit):
        finished = key_rotation(*MOVE)
    assert finished.exit_code == 1
    assert "/key-rotation/exemptions was edited by somebody else meanwhile." in finished.stderr
    assert in_force(moving) == {*LINES, "bob # in a hurry"}
    assert key_rotation(*MOVE).exit_code == 0
    assert in_force(moving) == {*LINES, "bob # in a hurry"}


def test_a_line_that_is_not_accepted_stops_it_before_any_change(moving: AwsAccount) -> None:
    moving.put_parameters(exemptions="alice\nnot an entry")
    finished = key_rotation(*MOVE)
    assert finished.exit_code == 1
    assert "has a line that is not accepted: 'not an entry'" in finished.stderr
    assert one_by_one(moving) == {}


def test_without_an_answer_nothing_is_moved(moving: AwsAccount) -> None:
    assert key_rotation("exempt", "move-old").exit_code == 1
    assert one_by_one(moving) == {}


def test_json_has_the_commands_in_order_with_the_old_parameter_last(moving: AwsAccount) -> None:
    document = key_rotation(*MOVE, "--json").document
    assert document["parameters"][-1] == "/key-rotation/exemptions"
    assert document["commands"][-1].endswith("--overwrite --value=none")
    assert len(document["commands"]) == len(LINES) + 1
    assert old(moving) == "none"


@pytest.mark.parametrize("when", ["before", "after"])
def test_after_ctrl_c_it_says_what_was_written(
    moving: AwsAccount, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    writes = count()

    def interrupt() -> None:
        if next(writes) == 2:
            raise KeyboardInterrupt

    with before_each_write(monkeypatch, interrupt, f"{when}-call.ssm.PutParameter"):
        finished = key_rotation(*MOVE)
    assert finished.exit_code == 1
    assert "Interrupted. 2 of 5 changes were made before. Whether this" in finished.stderr
    assert in_force(moving) == set(LINES)
    assert key_rotation(*MOVE).exit_code == 0
    assert in_force(moving) == set(LINES)


def test_a_line_whose_two_names_are_taken_gets_a_third(moving: AwsAccount) -> None:
    line = "alice until 2026-12-31"
    entry = Exemption.parse(line)
    names = (parameter_name(entry), other_name(entry))
    moving.put_parameters(**{f"exemption/{name}": "alice # edited" for name in names})
    moving.put_parameters(exemptions=line)
    assert key_rotation(*MOVE).exit_code == 0
    assert (old(moving), line in one_by_one(moving).values()) == ("none", True)
