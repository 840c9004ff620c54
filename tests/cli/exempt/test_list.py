"""`exempt list`: every exemption, and what needs a look."""

import shlex
from typing import Any

import boto3
import pytest

from tests.aws.aws_account import AwsAccount
from tests.cli.exempt.parameters import one_by_one
from tests.cli.terminal import key_rotation


@pytest.fixture
def exempted(staffed: AwsAccount) -> AwsAccount:
    """Exempt in both places."""
    staffed.put_parameters(
        **{
            "exemptions": "legacy-* until 2026-11-01 # over\n/*",
            "exemption/bob": "bob until 2026-12-31 # moves",
        }
    )
    return staffed


def test_each_entry_tells_until_when_why_where_and_how_many_keys(exempted: AwsAccount) -> None:
    finished = key_rotation("exempt", "list")
    assert finished.exit_code == 0
    rows = [line.split() for line in finished.stdout.splitlines()]
    assert ["legacy-*", "2026-11-01", "1", "over", "exemptions", "N/A"] in rows
    assert ["bob", "2026-12-31", "1", "moves", "exemption/bob", "N/A"] in rows
    assert ["/*", "forever", "3", "exemptions", "N/A"] in rows
    assert "3 exemptions; 1 of them ended and exempt nothing." in finished.stdout
    assert len(one_by_one(exempted)) == 1


def test_json_has_the_same_facts(exempted: AwsAccount) -> None:
    document = key_rotation("exempt", "list", "--json").document
    assert document["schema"] == "key-rotation/exempt/1"
    by_pattern = {entry["pattern"]: entry for entry in document["exemptions"]}
    assert by_pattern["bob"] == {
        "pattern": "bob",
        "until": "2026-12-31",
        "reason": "moves",
        "text": "bob until 2026-12-31 # moves",
        "accepted": True,
        "ended": False,
        "parameter": "/key-rotation/exemption/bob",
        "changed_by": "N/A",
        "keys": 1,
    }
    assert by_pattern["legacy-*"]["ended"]
    assert exempted.messages == []


def test_who_last_changed_an_entry_is_told(
    exempted: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moto has no editors, so the answer of the last page gets one."""
    del exempted

    def name_the_editors(parsed: dict[str, Any], **_: Any) -> None:
        for version in parsed["Parameters"]:
            version["LastModifiedUser"] = "arn:aws:iam::123456789012:user/carol"

    session = boto3.Session(region_name="eu-west-1")
    session.events.register("after-call.ssm.GetParameterHistory", name_the_editors)
    monkeypatch.setattr(boto3, "Session", lambda **_: session)
    document = key_rotation("exempt", "list", "--json").document
    editors = {entry["changed_by"] for entry in document["exemptions"]}
    assert editors == {"arn:aws:iam::123456789012:user/carol"}
    assert "user/carol" in key_rotation("exempt", "list").stdout


def test_without_exemptions_the_list_says_so(deployed: AwsAccount) -> None:
    del deployed
    assert key_rotation("exempt", "list").stdout.strip() == "No exemptions."
    assert key_rotation("exempt", "list", "--json").document["exemptions"] == []


def test_an_entry_that_stops_each_run_is_listed_first_and_warned_of(exempted: AwsAccount) -> None:
    exempted.put_parameters(**{"exemption/bad": "not an entry"})
    finished = key_rotation("exempt", "list")
    text = " ".join(finished.stdout.split())
    assert "/key-rotation/exemption/bad: 'not an entry' is not accepted, and stops each run" in text
    [first, *_] = key_rotation("exempt", "list", "--json").document["exemptions"]
    assert (first["text"], first["accepted"], first["keys"]) == ("not an entry", False, None)


def test_text_that_others_wrote_stays_text(exempted: AwsAccount) -> None:
    exempted.put_parameters(exemptions="alice # \x1b[31m[bold red]x[/] \x07")
    stdout = key_rotation("exempt", "list").stdout
    assert "[bold red]x[/]" in "".join(stdout.split("\n")).replace(" ", "").replace(
        "[boldred]", "[bold red]"
    )
    assert "\x1b" not in stdout
    assert "\x07" not in stdout


def test_keys_that_cannot_be_read_make_the_list_incomplete(
    exempted: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    del exempted
    session = boto3.Session(region_name="eu-west-1")

    def deny(**_: Any) -> Any:
        error = {"Error": {"Code": "AccessDenied", "Message": "no"}}
        return type("Answer", (), {"status_code": 403})(), error

    session.events.register_first("before-call.iam.ListUsers", deny)
    monkeypatch.setattr(boto3, "Session", lambda **_: session)
    finished = key_rotation("exempt", "list", "--json")
    assert finished.exit_code == 1
    assert "Access denied: iam:ListUsers." in finished.stderr
    assert {entry["keys"] for entry in finished.document["exemptions"]} == {None}


def test_how_a_bad_entry_is_deleted_is_shown_whatever_it_has(exempted: AwsAccount) -> None:
    exempted.put_parameters(
        **{"exemption/long": "x " * 300, "exemption/two": "bob\nalice"}, exemptions="it's\nzoe"
    )
    shown = key_rotation("exempt", "list").stdout
    for name in ("long", "two"):
        assert f"  aws ssm delete-parameter --name /key-rotation/exemption/{name}\n" in shown
    [line] = [line for line in shown.splitlines() if "key-rotation exempt remove" in line]
    assert key_rotation(*shlex.split(line)[1:3], "--yes", *shlex.split(line)[3:]).exit_code == 0
    shown = key_rotation("exempt", "list").stdout
    assert "key-rotation exempt remove" not in shown
