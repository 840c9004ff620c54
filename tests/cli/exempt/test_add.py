"""`exempt add`: one more exemption, in a parameter of its own."""

import pytest

from tests.aws.aws_account import AwsAccount
from tests.cli.exempt.parameters import exempt_users, old, one_by_one
from tests.cli.faults import refused
from tests.cli.terminal import key_rotation

BOB = ("exempt", "add", "bob", "--until", "2026-12-31", "--reason", "moves to a role")


def test_an_exemption_is_in_force_in_the_next_run(staffed: AwsAccount) -> None:
    finished = key_rotation(*BOB, "--yes")
    assert (finished.exit_code, finished.stderr.strip()) == (0, "")
    assert one_by_one(staffed) == {"bob": "bob until 2026-12-31 # moves to a role"}
    assert old(staffed) == "none"
    assert "It counts from the next scheduled run on." in finished.stdout
    assert exempt_users(staffed) == {"bob"}


def test_what_it_covers_and_the_equivalent_command_are_shown_before_the_question(
    staffed: AwsAccount,
) -> None:
    finished = key_rotation(*BOB, answer="y\n")
    assert finished.exit_code == 0
    assert "It covers 1 user and 1 key today." in finished.stdout
    assert (
        "  aws ssm put-parameter --name /key-rotation/exemption/bob --type String"
        " --value='bob until 2026-12-31 # moves to a role'\n"
    ) in finished.stdout
    assert "bob" in one_by_one(staffed)


@pytest.mark.parametrize("answer", ["", "n\n", "yes\n", "\n"])
def test_anything_but_y_changes_nothing(staffed: AwsAccount, answer: str) -> None:
    finished = key_rotation(*BOB, answer=answer)
    assert finished.exit_code == 1
    assert "Nothing was changed." in finished.stderr
    assert one_by_one(staffed) == {}


def test_an_exemption_for_ever_has_no_last_day(staffed: AwsAccount) -> None:
    key_rotation("exempt", "add", "legacy-*", "--forever", "--reason", "no owner", "--yes")
    assert list(one_by_one(staffed).values()) == ["legacy-* # no owner"]
    assert exempt_users(staffed) == {"legacy-1"}


def test_a_key_is_exempted_by_its_id(staffed: AwsAccount) -> None:
    key_id = staffed.create_key("bob", age=300)
    finished = key_rotation("exempt", "add", key_id, "--forever", "--reason", "one key", "--yes")
    assert "It covers 1 key today." in finished.stdout
    assert one_by_one(staffed) == {key_id: f"{key_id} # one key"}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("bob", "--reason", "r"), "Give either --until DATE or --forever."),
        (("bob", "--reason", "r", "--forever", "--until", "2027-01-01"), "Give either"),
        (("bob", "--reason", "r", "--until", "2026-11-23"), "--until 2026-11-23 has passed"),
        (("bob", "--reason", "r", "--until", "2026-02-30"), "it accepts YYYY-MM-DD"),
        (("bob", "--reason", "r", "--until", "20270101"), "it accepts YYYY-MM-DD"),
        (("bob", "--reason", " ", "--forever"), "--reason ' ' is not accepted"),
        (("bob", "--reason", "a\nalice", "--forever"), "is not accepted; it takes one line"),
        (("bob", "--forever"), "--reason"),
        (("none", "--reason", "r", "--forever"), "The pattern 'none' is not accepted"),
        (("a b", "--reason", "r", "--forever"), "The pattern 'a b' is not accepted"),
        (("bob # x", "--reason", "r", "--forever"), "The pattern 'bob # x' is not accepted"),
        (("bob\n*", "--reason", "r", "--forever"), "is not accepted"),
        (("bob", "--reason", "r" * 4096, "--forever"), "room for 4096"),
        (("bob", "--reason", "r", "--forever", "--name", "a/b"), "--name 'a/b' is not accepted"),
        (("bob", "--reason", "r", "--forever", "--name", "n" * 65), "1 to 64 characters"),
    ],
)
def test_bad_usage_is_named_and_changes_nothing(
    staffed: AwsAccount, arguments: tuple[str, ...], text: str
) -> None:
    finished = key_rotation("exempt", "add", *arguments, "--yes")
    assert (finished.exit_code, finished.stdout) == (2, "")
    assert text in finished.stderr
    assert one_by_one(staffed) == {}


def test_the_last_day_may_be_today(staffed: AwsAccount) -> None:
    until = ("--until", "2026-11-24")
    assert key_rotation("exempt", "add", "bob", *until, "--reason", "r", "--yes").exit_code == 0
    assert exempt_users(staffed) == {"bob"}


def test_a_pattern_that_matches_nobody_is_warned_of(staffed: AwsAccount) -> None:
    finished = key_rotation("exempt", "add", "carol", "--forever", "--reason", "r", "--yes")
    assert finished.exit_code == 0
    assert "Warning: It matches no user and no key today." in finished.stdout
    assert one_by_one(staffed) == {"carol": "carol # r"}


def test_a_pattern_that_matches_everybody_is_warned_of(staffed: AwsAccount) -> None:
    finished = key_rotation("exempt", "add", "*", "--forever", "--reason", "r")
    assert "Warning: It covers EVERY user of the account" in finished.stdout
    assert one_by_one(staffed) == {}


def test_the_same_pattern_again_changes_its_entry(staffed: AwsAccount) -> None:
    key_rotation(*BOB, "--name", "team-a-bob", "--yes")
    finished = key_rotation(
        "exempt", "add", "BOB", "--until", "2027-01-31", "--reason", "later", "--yes"
    )
    assert "replaces bob until 2026-12-31 # moves to a role" in finished.stdout
    assert one_by_one(staffed) == {"team-a-bob": "BOB until 2027-01-31 # later"}


def test_the_same_entry_again_changes_nothing(staffed: AwsAccount) -> None:
    key_rotation(*BOB, "--yes")
    finished = key_rotation(*BOB)
    assert finished.exit_code == 0
    assert "nothing to change" in finished.stdout
    assert len(one_by_one(staffed)) == 1


def test_a_name_that_is_taken_by_another_pattern_is_refused(staffed: AwsAccount) -> None:
    key_rotation(*BOB, "--name", "ci", "--yes")
    finished = key_rotation(
        "exempt", "add", "alice", "--forever", "--reason", "r", "--name", "ci", "--yes"
    )
    assert finished.exit_code == 1
    assert "/key-rotation/exemption/ci has another pattern already" in finished.stderr
    assert len(one_by_one(staffed)) == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [("bob # for ever", "which counts, since it lasts longer"), ("bob until 2026-12-01", "and la")],
)
def test_an_entry_of_the_old_parameter_with_the_pattern_is_named(
    staffed: AwsAccount, line: str, says: str
) -> None:
    staffed.put_parameters(exemptions=line)
    finished = key_rotation(*BOB, "--yes")
    assert f"/key-rotation/exemptions has the same pattern ({line}), {says}" in " ".join(
        finished.stdout.split()
    )


def test_json_has_the_entry_what_it_covers_and_the_command_and_nothing_else_is_on_stdout(
    staffed: AwsAccount,
) -> None:
    finished = key_rotation(*BOB, "--yes", "--json")
    document = finished.document
    [key] = document.pop("keys")
    assert key["user"] == "bob"
    assert document == {
        "schema": "key-rotation/exempt/1",
        "action": "add",
        "changed": True,
        "pattern": "bob",
        "until": "2026-12-31",
        "reason": "moves to a role",
        "users": ["bob"],
        "covers_everybody": False,
        "problem": None,
        "parameters": ["/key-rotation/exemption/bob"],
        "commands": [
            (
                "aws ssm put-parameter --name /key-rotation/exemption/bob --type String"
                " --value='bob until 2026-12-31 # moves to a role'"
            )
        ],
        "counts_from": "the next scheduled run",
    }
    assert len(one_by_one(staffed)) == 1


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("AccessDeniedException", "Nothing was changed."),
        ("ThrottlingException", "Whether this change was made is not known"),
    ],
)
def test_what_a_failed_write_changed_is_said_only_as_far_as_it_is_known(
    deployed: AwsAccount, code: str, text: str
) -> None:
    deployed.create_key("bob", age=1)
    with refused("ssm.PutParameter", code):
        finished = key_rotation("exempt", "add", "bob", "--forever", "--reason", "why", "--yes")
    assert finished.exit_code == 1
    assert text in finished.stderr
