"""Exemptions one by one: each in a parameter of its own, below one path, beside the old one."""

from typing import Any

import pytest

from key_rotation.errors import InvalidSettingsError, SettingsUnreadableError
from tests.aws.aws_account import AwsAccount
from tests.aws.faults import altered_response, refused


def exempt(account: AwsAccount, **lines: str) -> None:
    """Write exemption parameters; underscores stand for dashes."""
    account.put_parameters(**{f"exemption/{name}": line for name, line in lines.items()})


def delete(account: AwsAccount, name: str) -> None:
    """Delete one exemption parameter."""
    account.clients.ssm.delete_parameter(Name=f"/key-rotation/exemption/{name}")


def exempt_users(account: AwsAccount) -> list[str]:
    """Run, and return the users whose keys are exempt."""
    return [entry["user"] for entry in account.run()["exempt"]]


def test_the_old_parameter_and_all_exemption_parameters_are_in_force(account: AwsAccount) -> None:
    for user in ("alice", "bob", "carol"):
        account.create_key(user, age=400)
    account.put_parameters(exemptions="alice # in the old one")
    exempt(account, bob_ci="bob until 2027-01-31 # a parameter of its own\n")
    response = account.run()
    assert {e["user"] for e in response["exempt"]} == {"alice", "bob"}
    assert [e["user"] for e in response["noticed"]] == ["carol"]


def test_an_exemption_parameter_at_a_deeper_level_is_in_force(account: AwsAccount) -> None:
    account.create_key("alice", age=400)
    account.put_parameters(**{"exemption/team-a/alice": "alice"})
    assert exempt_users(account) == ["alice"]


def test_250_exemption_parameters_over_25_pages_are_in_force(account: AwsAccount) -> None:
    exempt(account, **{f"n{n:03}": f"user-{n:03} # reason {n}" for n in range(250)})
    for number in (0, 9, 10, 249):
        account.create_key(f"user-{number:03}", age=400)
    sizes: list[int] = []

    def count(parsed: dict[str, Any]) -> None:
        sizes.append(len(parsed["Parameters"]))

    with altered_response(account, "ssm.GetParametersByPath", count):
        assert sorted(exempt_users(account)) == ["user-000", "user-009", "user-010", "user-249"]
    assert sizes[:25] == [10] * 25


def test_an_empty_page_is_not_the_last_one(account: AwsAccount) -> None:
    account.create_key("zoe", age=400)
    exempt(account, **{f"n{n:02}": f"user-{n}" for n in range(10)}, zoe="zoe")

    def empty_the_first(parsed: dict[str, Any]) -> None:
        parsed["Parameters"] = [] if "NextToken" in parsed else parsed["Parameters"]

    with altered_response(account, "ssm.GetParametersByPath", empty_the_first):
        assert exempt_users(account) == ["zoe"]


@pytest.mark.parametrize(
    ("old", "own"), [("alice until 2026-11-23", "alice"), ("alice", "alice until 2026-11-23")]
)
def test_of_two_entries_with_one_pattern_the_longer_one_counts(
    account: AwsAccount, old: str, own: str
) -> None:
    account.create_key("alice", age=400)
    account.put_parameters(exemptions=old)
    exempt(account, alice=own)
    assert exempt_users(account) == ["alice"]


@pytest.mark.parametrize("page", [0, 1])
def test_an_unreadable_page_stops_the_run_before_any_change(account: AwsAccount, page: int) -> None:
    exempt(account, **{f"n{n:02}": f"user-{n}" for n in range(11)})
    account.create_key("alice", age=400)
    account.put_parameters(notice_days="0")
    with (
        refused(account, "ssm.GetParametersByPath", nth=page),
        pytest.raises(SettingsUnreadableError, match=r"under /key-rotation/exemption could not"),
    ):
        account.run()
    assert {status for _, status, _ in account.iam_keys().values()} == {"Active"}


@pytest.mark.parametrize(
    "value",
    ["none", "alice\nbob", "alice\nuntil 2026-12-31", "alice until 2026-02-30", "# all", "a b"],
)
def test_a_bad_exemption_parameter_stops_the_run_and_is_named(
    account: AwsAccount, value: str
) -> None:
    account.create_key("carol", age=400)
    exempt(account, good="dave", bad=value)
    with pytest.raises(InvalidSettingsError) as raised:
        account.run()
    [problem] = raised.value.problems
    assert problem.startswith(f"The parameter /key-rotation/exemption/bad has the value {value!r};")
    assert "it accepts one line: a user name" in problem
    assert "Nothing was changed." in str(raised.value)


def test_an_exemption_parameter_that_is_no_plain_text_stops_the_run(account: AwsAccount) -> None:
    account.clients.ssm.put_parameter(
        Name="/key-rotation/exemption/hidden", Value="alice", Type="SecureString"
    )
    with pytest.raises(InvalidSettingsError, match=r"/hidden has the type SecureString; it accept"):
        account.run()


def test_an_error_about_many_bad_parameters_is_not_longer_than_a_message(
    account: AwsAccount,
) -> None:
    exempt(account, **{f"n{n:03}": "no entry " * 400 for n in range(250)})
    with pytest.raises(InvalidSettingsError) as raised:
        account.run()
    assert len(str(raised.value)) < 20_000
    assert "230 more under /key-rotation/exemption are not accepted." in str(raised.value)


def test_the_digest_tells_what_was_added_edited_and_removed_and_by_whom(
    account: AwsAccount,
) -> None:
    account.clients.iam.create_user(UserName="alice")
    exempt(account, edited="alice", removed="alice # gone soon")
    account.run()
    exempt(account, edited="alice until 2027-06-30", added="ALICE # new")
    delete(account, "removed")

    def name_the_editor(parsed: dict[str, Any]) -> None:
        for version in parsed["Parameters"]:
            version["LastModifiedUser"] = "arn:aws:sts::123456789012:assumed-role/Admin/bob"

    with altered_response(account, "ssm.GetParameterHistory", name_the_editor):
        account.run()
    [message] = account.messages
    assert message["subject"].endswith(": exemptions changed")
    assert (
        "EXEMPTION PARAMETERS: changed since the last run\n"
        "  added added\n      now: ALICE # new\n      by assumed-role/Admin/bob\n"
        "  edited edited\n      now: alice until 2027-06-30\n      was: alice\n"
        "      by assumed-role/Admin/bob\n"
        "  removed removed\n      was: alice # gone soon\n"
    ) in message["text"]
    assert "CloudTrail" in message["text"]
    changes = {change["name"]: change for change in message["data"]["exemption_changes"]}
    arn = "arn:aws:sts::123456789012:assumed-role/Admin/bob"
    assert changes["edited"] == {
        "change": "edited",
        "name": "edited",
        "now": "alice until 2027-06-30",
        "was": "alice",
        "version": 2,
        "by": arn,
    }
    assert [changes[name]["by"] for name in ("added", "removed")] == [arn, None]
    account.run()
    assert len(account.messages) == 1


def test_a_changed_setting_tells_by_whom(account: AwsAccount) -> None:
    account.run()
    account.put_parameters(grace_days="45")

    def name_the_editors(parsed: dict[str, Any]) -> None:
        for version in parsed["Parameters"]:
            version["LastModifiedUser"] = f"arn:aws:iam::123456789012:user/e{version['Version']}"

    with altered_response(account, "ssm.GetParameterHistory", name_the_editors):
        account.run()
    [message] = account.messages
    assert "* grace-days: 45 (version 2, was 30)\n      by user/e2\n" in message["text"]
    edited_by = {"grace-days": "arn:aws:iam::123456789012:user/e2"}
    assert message["data"]["settings_edited_by"] == edited_by


def test_an_editor_who_cannot_be_read_is_not_made_up(account: AwsAccount) -> None:
    account.run()
    account.clients.iam.create_user(UserName="alice")
    account.put_parameters(grace_days="45")
    exempt(account, alice="alice")
    with refused(account, "ssm.GetParameterHistory"):
        account.run()
    [message] = account.messages
    assert message["text"].count("      its editor could not be read\n") == 2
    assert message["data"]["exemption_changes"][0]["by"] is None


def test_an_exemption_parameter_is_told_once_the_digest_was_delivered(account: AwsAccount) -> None:
    account.run()
    account.clients.iam.create_user(UserName="alice")
    exempt(account, alice="alice")
    with refused(account, "sns.Publish"), pytest.raises(Exception, match="Publish"):
        account.run()
    account.run()
    assert len(account.messages) == 1


def test_an_edited_exemption_parameter_is_an_edit_of_the_exemptions(account: AwsAccount) -> None:
    """With no days of notice, the run that first sees it announces and deactivates nothing."""
    account.create_key("alice", age=400)
    exempt(account, alice="alice")
    account.put_parameters(notice_days="0")
    account.run()
    delete(account, "alice")
    response = account.run_after(1)
    assert (len(response["noticed"]), response["deactivated"]) == (1, [])


def test_an_exemption_parameter_is_named_14_days_and_1_day_before_its_end(
    account: AwsAccount,
) -> None:
    account.clients.iam.create_user(UserName="alice")
    exempt(account, alice="alice until 2026-12-09 # moves")
    named = {}
    for day in range(17):
        before = len(account.messages)
        account.run_after(1 if day else 0)
        named[day] = [message["subject"] for message in account.messages[before:]]
    told = {day: subjects[0].partition(": ")[2] for day, subjects in named.items() if subjects}
    assert told == {1: "exemption ends soon", 14: "exemption ends soon", 16: "exemption ended"}
    message = account.messages[0]
    assert "alice until 2026-12-09 # moves\n    last day: Wed 9 Dec 2026\n" in message["text"]
    ending = {"entry": "alice until 2026-12-09 # moves", "until": "2026-12-09"}
    assert message["data"]["ending_exemptions"] == [ending]


def test_an_exemption_parameter_that_matches_nothing_is_named(account: AwsAccount) -> None:
    account.create_key("carol", age=1)
    exempt(account, carol="caroll")
    assert account.run()["unmatched_exemptions"] == ["caroll"]
    assert "EXEMPTIONS THAT MATCH NOTHING" in account.messages[0]["text"]


def test_a_digest_about_very_many_exemptions_is_one_that_sns_accepts(account: AwsAccount) -> None:
    account.run()
    exempt(account, **{f"n{n:03}": f"user-{n} # {'é' * 1000}" for n in range(250)})
    account.run()
    assert "only the first by name are compared" in account.messages[0]["text"]
    assert len(str(account.messages[0]["variants"])) < 256 * 1024
    assert account.messages[0]["data"]["left_out_exemptions"]["exemption_changes"] > 100
