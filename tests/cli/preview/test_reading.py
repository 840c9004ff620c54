"""What a preview reads, and that what it cannot read is never taken for nothing."""

import errno
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from key_rotation.adapters.credential_report import read_report_text
from key_rotation.domain.execution import Clock
from key_rotation.domain.model import Now
from key_rotation_cli.preview import credential_report, user_reader
from key_rotation_cli.preview.formats import OF_ONE_ACCOUNT
from tests.aws.aws_account import START, AwsAccount
from tests.cli.deployment import deploy
from tests.cli.preview.refusals import VIEW_ONLY, refusing
from tests.cli.terminal import key_rotation

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


def test_with_view_only_access_the_days_are_shown_and_the_rest_is_named(
    account: AwsAccount,
) -> None:
    key = account.create_key("alice", age=400)
    account.use_key(key)
    with refusing(*VIEW_ONLY):
        finished = key_rotation("preview", "--json", "-")
    found = finished.document
    assert finished.exit_code == 1
    assert not found["complete"]
    assert [each["access_key_id"] for each in found["days"][0]["noticed"]] == [key]
    assert [each["access_key_id"] for each in found["unreadable"]] == [key]
    text = " ".join(found["missing"])
    assert "iam:GenerateCredentialReport" in text
    assert "iam:GetAccessKeyLastUsed" in text


def test_without_a_report_all_keys_are_read_and_nothing_is_missing(account: AwsAccount) -> None:
    account.create_key("alice", age=400)
    account.use_key(account.create_key("bob", age=3))
    with refusing("GetCredentialReport") as calls:
        finished = key_rotation("preview", "--json", "-")
    assert finished.exit_code == 0
    assert (finished.document["complete"], finished.document["keys"]) == (True, 2)
    assert calls["GetAccessKeyLastUsed"] == 2


def test_a_user_who_cannot_be_read_is_named_and_the_others_are_shown(account: AwsAccount) -> None:
    account.create_key("alice", age=400)
    key = account.create_key("bob", age=400)
    with refusing("ListAccessKeys", only_for="alice"):
        finished = key_rotation("preview", "--json", "-")
    found = finished.document
    assert finished.exit_code == 1
    assert [(each["user"], each["access_key_id"]) for each in found["unreadable"]] == [
        ("alice", None)
    ]
    assert [each["access_key_id"] for each in found["days"][0]["noticed"]] == [key]
    assert found["keys"] == 2
    assert "iam:ListAccessKeys" in found["missing"][0]


@pytest.mark.parametrize("call", ["ListAccessKeys", "GetAccessKeyLastUsed"])
def test_what_aws_throttles_for_long_is_read_later(
    account: AwsAccount, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setattr(user_reader, "PAUSES", (0.0, 0.0))
    account.create_key("alice", age=400)
    with refusing(call, code="Throttling", times=2):
        finished = key_rotation("preview", "--json", "-")
    assert finished.exit_code == 0
    assert (finished.document["complete"], finished.document["keys"]) == (True, 1)


def test_whether_root_has_keys_comes_from_the_report_where_the_summary_is_refused(
    account: AwsAccount,
) -> None:
    account.create_key("alice", age=1)
    with refusing("GetAccountSummary"):
        finished = key_rotation("preview", "--json", "-")
    assert (finished.document["root_keys"], finished.exit_code) == (False, 0)


def test_where_neither_says_so_it_is_not_known_whether_root_has_keys(account: AwsAccount) -> None:
    account.create_key("alice", age=1)
    with refusing("GetAccountSummary", "GetCredentialReport"):
        finished = key_rotation("preview", "--json", "-")
    assert finished.document["root_keys"] is None
    assert "root user" in finished.document["missing"][0]
    assert finished.exit_code == 1


def test_only_users_with_a_key_that_comes_due_are_read_one_by_one(account: AwsAccount) -> None:
    for number in range(10):
        account.create_key(f"user{number}", age=5)
    account.create_key("alice", age=400)
    with refusing() as calls:
        finished = key_rotation("preview", "--json", "-")
    assert finished.document["keys"] == 11
    assert (calls["ListAccessKeys"], calls["GetAccessKeyLastUsed"]) == (1, 1)


def test_a_key_that_was_used_before_the_report_says_that_it_was_made_is_read(
    account: AwsAccount,
) -> None:
    """The report's date is that of the last change, so the key may be older."""
    key = account.create_key("alice", age=5)
    account.use_key(key, START - timedelta(days=50))
    with refusing() as calls:
        key_rotation("preview")
    assert calls["ListAccessKeys"] == 1


@pytest.mark.parametrize(
    ("shown", "instead"),
    [
        ("+00:00,not_supported", ",not_supported"),
        ("access_key_1_last_used_date", "renamed"),
        ("access_key_1_last_rotated", "renamed"),
        ("\nalice,", "\nsomebody,"),
    ],
)
def test_the_keys_that_the_report_does_not_show_are_read_and_counted(
    account: AwsAccount, monkeypatch: pytest.MonkeyPatch, shown: str, instead: str
) -> None:
    """A user who is too young to have a key that comes due is else not read."""
    account.use_key(account.create_key("alice", age=3))
    account.use_key(account.create_key("alice", age=2))

    def changed(iam: "IAMClient", now: Now, clock: Clock) -> str:
        return read_report_text(iam, now, clock).replace(shown, instead)

    monkeypatch.setattr(credential_report, "read_report_text", changed)
    with refusing():
        finished = key_rotation("preview", "--json", "-")
    assert finished.exit_code == 0
    assert (finished.document["complete"], finished.document["keys"]) == (True, 2)


def test_a_user_with_more_keys_than_the_report_has_columns_is_read(
    account: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    for age in (3, 2, 1):
        account.create_key("alice", age=age)

    def with_hint(iam: "IAMClient", now: Now, clock: Clock) -> str:
        head, *rows = read_report_text(iam, now, clock).split("\n")
        rows = [f"{row},1" for row in rows if row]
        return "\n".join([f"{head},additional_credentials_info", *rows])

    monkeypatch.setattr(credential_report, "read_report_text", with_hint)
    with refusing():
        finished = key_rotation("preview", "--json", "-")
    assert finished.document["keys"] == 3


def test_an_interrupt_says_what_was_written(
    account: AwsAccount, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.create_key("alice", age=400)

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    interrupted = replace(OF_ONE_ACCOUNT, to_csv=interrupt)
    monkeypatch.setattr("key_rotation_cli.preview.making.OF_ONE_ACCOUNT", interrupted)
    files = ("--html", str(tmp_path / "a.html"), "--csv", str(tmp_path / "a.csv"))
    finished = key_rotation("preview", *files)
    assert finished.exit_code == 1
    assert f"Interrupted. Written by then: {tmp_path / 'a.html'}." in finished.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


@pytest.mark.parametrize("arguments", [(), ("--json", "-")])
def test_the_files_are_written_before_stdout(
    account: AwsAccount,  # noqa: ARG001  # opens the account
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
) -> None:
    """A reader of stdout may end early, as `head` does, and a disk may be full."""

    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    broken = replace(OF_ONE_ACCOUNT, show=full, to_json=full)
    monkeypatch.setattr("key_rotation_cli.preview.making.OF_ONE_ACCOUNT", broken)
    file = tmp_path / "a.csv"
    finished = key_rotation("preview", "--csv", str(file), *arguments)
    assert (finished.exit_code, file.exists()) == (1, True)
    assert "The output cannot be written: No space left on device." in finished.stderr


def test_with_json_on_stdout_the_notes_are_on_stderr(account: AwsAccount) -> None:
    deploy(account)
    with refusing("Query"):
        finished = key_rotation("preview", "--json", "-")
    assert (finished.exit_code, finished.document["complete"]) == (0, True)
    assert "Note: The ledger cannot be read" in finished.stderr


def test_a_key_whose_last_use_is_not_known_is_not_said_to_be_unused(account: AwsAccount) -> None:
    account.use_key(account.create_key("alice", age=400))
    with refusing(*VIEW_ONLY):
        shown = " ".join(key_rotation("preview").stdout.split())
    assert "1 more key would stop working; its last use is not known." in shown
