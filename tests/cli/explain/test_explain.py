"""`explain`: what happened to a key, what comes next, and what changes it."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine

from key_rotation.domain.model import Action, LastUse, Now, Reason
from key_rotation_cli import console
from key_rotation_cli.explain.events import PastEvent
from key_rotation_cli.explain.sentences import event_sentence
from tests.aws.aws_account import START, AwsAccount
from tests.aws.due_keys import a_key_to_deactivate
from tests.cli.denied import deny
from tests.cli.interrupted_run import begin_deactivation
from tests.cli.terminal import Finished, key_rotation

EXAMPLE = Path(__file__).parents[3] / "docs/examples/explain.txt"


def explain(account: AwsAccount, key_id: str, *flags: str) -> Finished:
    """Explain a key at the account's own time."""
    with time_machine.travel(account.now, tick=False):
        return key_rotation("explain", key_id, *flags)


def next_of(account: AwsAccount, key_id: str) -> str:
    """Return what comes next."""
    return str(explain(account, key_id, "--json").document["next"]["text"])


def a_key_in_its_window(account: AwsAccount) -> str:
    """Return a key of alice that was deactivated today."""
    key_id = a_key_to_deactivate(account)
    account.run()
    return key_id


def test_the_history_is_told_oldest_first_with_run_reason_age_and_limit(
    deployed: AwsAccount,
) -> None:
    key_id = a_key_in_its_window(deployed)
    document = explain(deployed, key_id, "--json").document
    assert document["schema"] == "key-rotation/explain/1"
    assert [(e["action"], e["run_id"], e["age_days"]) for e in document["history"]] == [
        ("notice", "run-1", 83),
        ("deactivate", "run-2", 90),
    ]
    first, second = (event["text"] for event in document["history"])
    assert first == (
        "Notice was given: at least max-age-days old by the due day; it was to be deactivated on "
        "Tue 1 Dec 2026. It was 83 days old (limit 90), never used."
    )
    assert second.startswith("It was deactivated: its notice period has ended; it was to be del")


def test_the_example_of_the_documents_is_what_a_person_sees(
    deployed: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a terminal of 80 columns."""
    monkeypatch.setattr(console.out, "_width", 80)
    key_id = a_key_in_its_window(deployed)
    finished = explain(deployed, key_id)
    assert finished.exit_code == 0
    shown = finished.stdout.replace(key_id, "AKIAIOSFODNN7EXAMPLE")
    assert "\n".join(line.rstrip() for line in shown.splitlines()) + "\n" == EXAMPLE.read_text()
    assert f"```text\n{EXAMPLE.read_text()}```" in (EXAMPLE.parents[1] / "cli.md").read_text()


def test_a_key_without_a_watch_is_explained_with_the_day_of_its_notice(
    deployed: AwsAccount,
) -> None:
    key_id = deployed.create_key("alice", age=13)
    finished = explain(deployed, key_id)
    assert finished.exit_code == 0
    assert "alice: Active, 13 days old, never used" in finished.stdout
    words = " ".join(finished.stdout.split())
    assert "Its notice comes on Tue 2 Feb 2027; from Tue 9 Feb 2027 on it may be" in words
    assert f"key-rotation exempt add {key_id} --until 2026-12-24" in words


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (1, "It is deleted on Thu 31 Dec 2026, if it stays unused and inactive."),
        (29, "It is deleted on Thu 31 Dec 2026, if it stays unused and inactive."),
        (30, "The next run with room for it deletes it: unused for its whole grace window."),
    ],
)
def test_a_key_in_its_window_says_when_it_is_deleted_and_how_it_is_restored(
    deployed: AwsAccount, days: int, text: str
) -> None:
    key_id = a_key_in_its_window(deployed)
    deployed.now += timedelta(days=days)
    assert next_of(deployed, key_id) == text
    commands = explain(deployed, key_id, "--json").document["next"]["commands"]
    assert commands[0] == f"key-rotation restore {key_id}"


def test_a_key_with_a_notice_says_when_it_stops_working(deployed: AwsAccount) -> None:
    key_id = deployed.create_key("alice", age=83)
    assert next_of(deployed, key_id).startswith("The next run gives notice; the key stops work")
    deployed.run()
    assert next_of(deployed, key_id).startswith("It stops working on Tue 1 Dec 2026")


def test_an_exempt_key_says_why_and_until_when_as_plain_text(deployed: AwsAccount) -> None:
    key_id = deployed.create_key("alice", age=83)
    deployed.run()
    deployed.put_parameters(exemptions=f"{key_id} until 2026-12-24 # [bold]move[/bold]")
    deployed.run()
    document = explain(deployed, key_id, "--json").document
    assert "Somebody exempted it, because of '[bold]move[/bold]'" in document["history"][-1]["text"]
    assert "It is exempt until Thu 24 Dec 2026" in document["next"]["text"]
    assert "[bold]move[/bold]" in explain(deployed, key_id).stdout


def test_a_deleted_key_is_explained_from_its_history(deployed: AwsAccount) -> None:
    key_id = a_key_in_its_window(deployed)
    deployed.run_after(30)
    finished = explain(deployed, key_id)
    assert finished.exit_code == 0
    assert f"{key_id} of alice: gone" in finished.stdout
    assert "It was deleted: unused for its whole grace window" in finished.stdout


@pytest.mark.parametrize("the_user_too", [False, True])
def test_a_deleted_key_is_explained_where_iam_denies_the_question_of_whose_it_is(
    deployed: AwsAccount, monkeypatch: pytest.MonkeyPatch, *, the_user_too: bool
) -> None:
    """For a key that does not exist there is no user whose policy IAM could apply."""
    key_id = a_key_in_its_window(deployed)
    deployed.delete_key("alice", key_id)
    if the_user_too:
        deployed.clients.iam.delete_user(UserName="alice")
    deny(monkeypatch, "GetAccessKeyLastUsed")
    document = explain(deployed, key_id, "--json").document
    assert document["status"] is None
    assert [event["action"] for event in document["history"]] == ["notice", "deactivate"]


@pytest.mark.parametrize("renamed", [False, True])
def test_a_key_that_is_there_is_not_taken_for_deleted_where_iam_denies_its_last_use(
    deployed: AwsAccount, monkeypatch: pytest.MonkeyPatch, *, renamed: bool
) -> None:
    key_id = a_key_in_its_window(deployed)
    if renamed:
        deployed.clients.iam.update_user(UserName="alice", NewUserName="eve")
        deployed.rename_owner("alice", "eve")
    deny(monkeypatch, "GetAccessKeyLastUsed")
    finished = explain(deployed, key_id)
    assert finished.exit_code == 1
    assert "Access denied: iam:GetAccessKeyLastUsed." in finished.stderr


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [("max_changes_per_run", "0", "Changes are paused"), ("mode", "report", "The mode is report")],
)
def test_a_state_in_which_nothing_is_enforced_is_named(
    deployed: AwsAccount, name: str, value: str, text: str
) -> None:
    key_id = deployed.create_key("alice", age=83)
    deployed.put_parameters(**{name: value})
    assert text in next_of(deployed, key_id)


def test_a_held_key_says_how_it_is_released(deployed: AwsAccount) -> None:
    key_id = a_key_to_deactivate(deployed)
    for _ in range(3):
        deployed.run()
        deployed.set_status("alice", key_id, "Active")
        deployed.run_after(1)
        deployed.now += timedelta(days=7)
    document = explain(deployed, key_id, "--json").document
    assert document["next"]["text"].startswith("It is held")
    assert document["next"]["commands"][0] == f"key-rotation release {key_id}"


@pytest.mark.parametrize("key_id", ["AKIA0000000000000000", "nobody", "../..", "\x1b[31mAKIA"])
def test_an_unknown_key_is_one_clear_line(deployed: AwsAccount, key_id: str) -> None:
    finished = explain(deployed, key_id)
    assert (finished.exit_code, finished.stdout) == (1, "")
    assert len(finished.stderr.splitlines()) == 1
    assert "access key" in finished.stderr
    assert "\x1b" not in finished.stderr


def test_without_a_deployment_that_is_said(account: AwsAccount) -> None:
    finished = explain(account, account.create_key("alice", age=13))
    assert finished.exit_code == 1
    assert "not deployed" in finished.stderr


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("DescribeStacks", "cloudformation:DescribeStacks"),
        ("GetAccessKeyLastUsed", "iam:GetAccessKeyLastUsed"),
        ("GetItem", "dynamodb:GetItem"),
        ("GetUser", "iam:GetUser"),
        ("ListAccessKeys", "iam:ListAccessKeys"),
        ("Query", "dynamodb:Query"),
    ],
)
def test_a_missing_permission_is_named(
    deployed: AwsAccount, monkeypatch: pytest.MonkeyPatch, operation: str, action: str
) -> None:
    key_id = deployed.create_key("alice", age=13)
    deny(monkeypatch, operation)
    finished = explain(deployed, key_id)
    assert (finished.exit_code, finished.stdout) == (1, "")
    assert f"Access denied: {action}." in finished.stderr


def test_a_key_in_lower_case_is_the_same_key(deployed: AwsAccount) -> None:
    key_id = a_key_in_its_window(deployed)
    assert explain(deployed, key_id.lower()).stdout == explain(deployed, key_id).stdout


def test_the_command_for_an_adopted_key_is_one_that_turns_it_on(deployed: AwsAccount) -> None:
    key_id = deployed.create_key("bob", age=10, status="Inactive")
    deployed.put_parameters(adopt_inactive_keys="true")
    deployed.run()
    [command, *_] = explain(deployed, key_id, "--json").document["next"]["commands"]
    assert command == f"key-rotation restore {key_id} --anyway"
    assert key_rotation(*command.split()[1:], "--yes").exit_code == 0
    assert deployed.status(key_id) == "Active"


def test_a_deactivation_that_was_not_recorded_is_told_as_done(deployed: AwsAccount) -> None:
    key_id = a_key_to_deactivate(deployed)
    begin_deactivation(deployed, key_id)
    document = explain(deployed, key_id, "--json").document
    assert document["next"]["text"].startswith("A run that was interrupted turned it off;")
    assert document["next"]["commands"][0] == f"key-rotation restore {key_id}"


def test_a_last_use_keeps_its_capitals_where_the_age_is_not_known() -> None:
    event = PastEvent(
        access_key_id="AKIAIOSFODNN7EXAMPLE",
        user="alice",
        action=Action.DEACTIVATE,
        reason=Reason.NOTICE_OVER,
        at=START,
        run_id="run-1",
        last_use=LastUse(at=START, service="s3", region="eu-west-1"),
    )
    text = event_sentence(event, Now(instant=START, zone=ZoneInfo("UTC")))
    assert text.endswith(". Last used Tue 24 Nov 2026 by s3 in eu-west-1.")
