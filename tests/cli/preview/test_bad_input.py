"""What a person is told who asks for what is not accepted, or may not read."""

from pathlib import Path

import pytest

from tests.aws.aws_account import AwsAccount
from tests.cli.deployment import deploy
from tests.cli.preview.refusals import VIEW_ONLY, refusing
from tests.cli.terminal import key_rotation


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--nonsense",), "--nonsense"),
        (("--days", "0"), "--days"),
        (("--days", "367"), "--days"),
        (("--days", "x"), "--days"),
        (("--max-age", "0"), "--max-age"),
        (("--max-age", "1096"), "--max-age"),
        (("--notice", "91"), "--notice"),
        (("--notice", "-1"), "--notice"),
        (("--grace", "0"), "--grace"),
        (("--max-changes", "5001"), "--max-changes"),
        (("--max-age", "5", "--notice", "5"), "--notice is 5, and --max-age is 5"),
        (("--max-age", "7"), "the notice is 7 by default, and --max-age is 7"),
        (("--notice", "90"), "--notice is 90, and the age is 90 by default"),
        (("--timezone", "Mars/Base"), "--timezone 'Mars/Base' is not known"),
        (("--timezone", "../../etc/passwd"), "is not known"),
        (("--timezone", ""), "--timezone '' is not known"),
        (("--exemptions", "nothing-here"), "nothing-here: the file cannot be read"),
        (("--owner-domains", "com"), "'com' is not the domain of one organization"),
        (("--owner-fallback", "a@example.com"), "without --owner-domains"),
        (("--html", "-"), "only --json accepts - for stdout"),
        (("--html", "same", "--csv", "same"), "a file of their own"),
    ],
)
def test_bad_usage_is_named_and_exits_with_2(
    account: AwsAccount,  # noqa: ARG001  # opens the account
    arguments: tuple[str, ...],
    text: str,
) -> None:
    finished = key_rotation("preview", *arguments)
    assert (finished.exit_code, finished.stdout) == (2, "")
    assert text in " ".join(finished.stderr.split())
    assert "Traceback" not in finished.stderr


def test_a_flag_that_contradicts_the_deployed_parameters_is_bad_usage(account: AwsAccount) -> None:
    deploy(account)
    account.put_parameters(notice_days="20")
    finished = key_rotation("preview", "--max-age", "15")
    assert finished.exit_code == 2
    assert "the notice is 20 of the deployment, and --max-age is 15" in finished.stderr


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"alice\nbob untl 2027-01-01\n", "line 2: 'bob untl 2027-01-01'"),
        (b"alice until 2027-02-30\n", "line 1: 'alice until 2027-02-30'"),
        (b"", "line 1: ''"),
        (b"\xff\xfe", "it is not UTF-8 text"),
        (b"\x1b[31malice\n", "line 1: '[31malice'"),
    ],
)
def test_a_line_of_the_exemptions_that_is_not_accepted_is_named(
    account: AwsAccount,  # noqa: ARG001  # opens the account
    tmp_path: Path,
    content: bytes,
    text: str,
) -> None:
    file = tmp_path / "exemptions"
    file.write_bytes(content)
    finished = key_rotation("preview", "--exemptions", str(file))
    assert finished.exit_code == 2
    assert text in " ".join(finished.stderr.split())


def test_one_file_by_two_names_is_bad_usage(
    account: AwsAccount,  # noqa: ARG001  # opens the account
    tmp_path: Path,
) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "page")
    for name in ("link", "../" + tmp_path.name + "/page"):
        files = ("--html", str(tmp_path / "page"), "--csv", str(tmp_path / name))
        finished = key_rotation("preview", *files)
        assert finished.exit_code == 2
        assert "a file of their own" in finished.stderr


@pytest.mark.parametrize("name", ["no/such/folder/page.html", ".", "a" * 300])
def test_a_file_that_cannot_be_written_is_named_before_anything_is_read(
    account: AwsAccount,  # noqa: ARG001  # opens the account
    tmp_path: Path,
    name: str,
) -> None:
    with refusing() as calls:
        finished = key_rotation("preview", "--html", str(tmp_path / name))
    assert finished.exit_code == 1
    assert not calls
    assert "written" in finished.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_caller_who_may_read_nothing_is_told_the_action_and_the_policy(
    account: AwsAccount,  # noqa: ARG001  # opens the account
    tmp_path: Path,
) -> None:
    with refusing("ListUsers", *VIEW_ONLY):
        finished = key_rotation("preview", "--json", str(tmp_path / "a.json"))
    assert (finished.exit_code, finished.stdout) == (1, "")
    text = "Access denied: iam:ListUsers. The AWS managed policy IAMReadOnlyAccess has it."
    assert text in finished.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId"])
def test_expired_credentials_are_named(
    account: AwsAccount,  # noqa: ARG001  # opens the account
    code: str,
) -> None:
    with refusing("GetCallerIdentity", code=code):
        finished = key_rotation("preview")
    assert (finished.exit_code, finished.stdout) == (1, "")
    assert f"AWS does not accept the credentials ({code})" in finished.stderr


def test_a_profile_that_does_not_exist_is_named(
    account: AwsAccount,  # noqa: ARG001  # opens the account
) -> None:
    finished = key_rotation("preview", "--profile", "nobody")
    assert finished.exit_code == 1
    assert "nobody" in finished.stderr
