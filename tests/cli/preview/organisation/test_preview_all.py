"""`preview --all`: every active account of an organization, through a role that can only read."""

import csv
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from key_rotation_cli.reads import READ_ONLY
from tests.aws.aws_account import START, AwsAccount
from tests.cli.organisation import ROLE, Organisation
from tests.cli.preview.refusals import refusing
from tests.cli.terminal import Finished, key_rotation

OWN = "123456789012"


@pytest.fixture
def organisation(account: AwsAccount) -> Organisation:
    return Organisation.create(account, "prod", "test")


def preview_all(*arguments: str) -> Finished:
    return key_rotation("preview", "--all", "--role", ROLE, *arguments)


def document(*arguments: str, exit_code: int = 0) -> Any:
    with refusing():
        finished = preview_all("--json", "-", *arguments)
    assert finished.exit_code == exit_code, finished.stderr
    return finished.document


def test_the_keys_of_every_account_are_forecast_under_its_id_and_name(
    organisation: Organisation,
) -> None:
    own = organisation.own.create_key("alice", age=400)
    member = organisation.create_key("prod", "bob", age=400, used=START - timedelta(days=2))
    found = document()
    prod = organisation.account_ids["prod"]
    assert found["schema"] == "key-rotation/preview-organisation/1"
    assert found["organization_id"] == organisation.organization_id
    assert (found["users"], found["keys"], found["stale"], found["complete"]) == (2, 2, 2, True)
    [noticed, stopped] = found["days"][:2]
    assert {(key["account_id"], key["access_key_id"]) for key in noticed["noticed"]} == {
        (OWN, own),
        (prod, member),
    }
    assert len(stopped["deactivated"]) == 2
    [in_use] = found["in_use"]
    assert (in_use["account_id"], in_use["account_name"], in_use["user"]) == (prod, "prod", "bob")
    assert found["backlog"] == {"keys": 2, "last_date": "2026-12-01", "limit_for_30_days": 1}
    assert found["accounts"][0]["account_name"] == "prod"  # the worst first


def test_an_account_is_forecast_as_by_itself(organisation: Organisation) -> None:
    for age in (10, 60, 83, 400):
        organisation.create_key("prod", f"user-{age}", age=age)
    prod = organisation.account_ids["prod"]
    of_all = document()
    with refusing():
        alone = key_rotation("preview", "--account", prod, "--role", ROLE, "--json", "-").document
    assert (alone["schema"], alone["account_id"]) == ("key-rotation/preview/1", prod)

    def without_account(entry: dict[str, Any]) -> dict[str, Any]:
        return {name: entry[name] for name in entry if not name.startswith("account_")}

    for day, expected in zip(of_all["days"], alone["days"], strict=True):
        for section in ("noticed", "deactivated", "deleted", "deferred"):
            assert [*map(without_account, day[section])] == expected[section]


def test_a_role_is_assumed_with_a_policy_that_cannot_write_and_not_in_the_own_account(
    organisation: Organisation,
) -> None:
    asked: list[dict[str, str]] = []

    def note(model: Any, params: Any, **_: Any) -> None:
        if model.name == "AssumeRole":
            asked.append(params["body"])

    with refusing(), pytest.MonkeyPatch.context() as patch:
        import boto3  # noqa: PLC0415  # the class that `refusing` put in its place

        opened = boto3.Session

        def noting(*arguments: Any, **named: Any) -> boto3.Session:
            session = opened(*arguments, **named)
            session.events.register("before-call.sts", note)
            return session

        patch.setattr(boto3, "Session", noting)
        assert preview_all("--external-id", "abc").exit_code == 0
    members = {f"arn:aws:iam::{each}:role/{ROLE}" for each in organisation.account_ids.values()}
    assert {each["RoleArn"] for each in asked} == members
    assert {(each["Policy"], each["ExternalId"]) for each in asked} == {(READ_ONLY, "abc")}


def test_an_account_that_cannot_be_read_is_named_in_aws_words_and_stops_no_other(
    organisation: Organisation,
) -> None:
    organisation.create_key("prod", "bob", age=400)
    test = organisation.account_ids["test"]
    with refusing("AssumeRole", only_for=test):
        found = preview_all("--json", "-")
        shown = preview_all()
    assert found.exit_code == shown.exit_code == 1
    [unread] = found.document["not_read"]
    assert (unread["account_id"], unread["account_name"]) == (test, "test")
    assert unread["reason"].startswith("AssumeRole: AccessDenied: ")
    assert (found.document["complete"], found.document["keys"]) == (False, 1)
    head, _, rest = shown.stdout.partition("1 account could not be read")
    assert "Backlog" not in head
    assert rest.startswith(f"\n  {test} test: AssumeRole: AccessDenied: ")
    assert "The preview is incomplete: 1 account could not be read." in shown.stderr


@pytest.mark.usefixtures("organisation")
def test_an_account_whose_users_cannot_be_listed_is_not_read() -> None:
    with refusing("ListUsers", times=1):
        found = preview_all("--json", "-", "--accounts-at-once", "1")
    assert found.exit_code == 1
    assert len(found.document["accounts"]) == 2
    [unread] = found.document["not_read"]
    assert "Access denied: iam:ListUsers" in unread["reason"]


@pytest.mark.parametrize("state", ["SUSPENDED", "PENDING_CLOSURE", "CLOSED", "PENDING_ACTIVATION"])
def test_an_account_that_is_not_active_is_counted_and_not_asked(
    organisation: Organisation, state: str
) -> None:
    organisation.set_state("test", state)
    found = document()
    assert (found["not_active"], len(found["accounts"])) == (1, 2)


def test_targets_restrict_the_accounts(organisation: Organisation) -> None:
    unit = organisation.add_unit("workloads", "prod")
    found = document("--targets", unit)
    assert [each["account_name"] for each in found["accounts"]] == ["prod"]
    assert found["outside_targets"] == 2
    assert len(document("--targets", f"{unit},{organisation.root}")["accounts"]) == 3


def test_a_target_without_accounts_is_named_with_a_similar_one(organisation: Organisation) -> None:
    unit = organisation.add_unit("workloads", "prod")
    wrong = f"{unit[:-1]}{'a' if unit[-1] != 'a' else 'b'}"
    finished = preview_all("--targets", wrong)
    assert (finished.exit_code, finished.stdout) == (2, "")
    assert f"--targets has {wrong}, which contains none of 3 accounts" in finished.stderr
    assert f"{unit} is similar" in finished.stderr


def test_a_key_in_use_in_any_account_fails_the_check(organisation: Organisation) -> None:
    organisation.create_key("prod", "bob", age=400, used=START)
    finished = preview_all("--fail-on-in-use")
    assert finished.exit_code == 3
    assert "--fail-on-in-use: 1 key that was used" in finished.stderr


def test_the_csv_has_the_account_before_each_key(
    organisation: Organisation, tmp_path: Path
) -> None:
    key = organisation.create_key("prod", "bob", age=400)
    with refusing():
        assert preview_all("--csv", str(tmp_path / "a.csv")).exit_code == 0
    [row] = csv.DictReader((tmp_path / "a.csv").read_text().splitlines())
    assert (row["account_id"], row["account_name"], row["access_key_id"]) == (
        organisation.account_ids["prod"],
        "prod",
        key,
    )


def test_the_screen_has_the_numbers_and_a_row_for_each_account(organisation: Organisation) -> None:
    organisation.create_key("prod", "bob", age=400, used=START - timedelta(days=1))
    with refusing():
        shown = preview_all().stdout
    sentences = " ".join(shown.split())
    assert f"Preview of organization {organisation.organization_id} for 60 days" in shown
    assert (
        "1 key in 1 account is due; at 25 a run in each account the last one stops working on"
        in sentences
    )
    assert "3 of 3 accounts read." in shown
    rows = [line.split() for line in shown.splitlines() if line.startswith("  ")]
    assert [organisation.account_ids["prod"], "prod", "1", "1", "1", "1", "1", "1"] in rows
    assert [organisation.account_ids["test"], "test", *"------"] in rows


def test_thresholds_of_flags_hold_in_every_account(organisation: Organisation) -> None:
    organisation.create_key("prod", "bob", age=40)
    assert document("--max-age", "30")["stale"] == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--all",), "Name a role that can read each account with --role"),
        (("--all", "--role", "a b"), "--role 'a b' is not accepted"),
        (("--all", "--role", "r", "--account", OWN), "either --all or --account"),
        (("--all", "--role", "r", "--external-id", "?"), "--external-id '?' is not accepted"),
        (("--all", "--role", "r", "--targets", "ou-x"), "--targets has 'ou-x'; it accepts ids"),
        (("--all", "--role", "r", "--accounts-at-once", "0"), "--accounts-at-once"),
        (("--account", "12345"), "--account '12345' is no account id"),
        (("--account", "222222222222"), "another one: name a role in it with --role"),
        (("--role", "r"), "--role and --external-id need --all or --account"),
        (("--targets", "r-abcd"), "--targets and --accounts-at-once need --all"),
    ],
)
def test_bad_usage_is_named(
    account: AwsAccount,  # noqa: ARG001  # opens the account
    arguments: tuple[str, ...],
    text: str,
) -> None:
    finished = key_rotation("preview", *arguments)
    assert (finished.exit_code, finished.stdout) == (2, "")
    assert text in " ".join(finished.stderr.split())


def test_without_an_organization_it_says_who_may_list_the_accounts(account: AwsAccount) -> None:
    del account
    finished = preview_all()
    assert finished.exit_code == 1
    assert "the management account or a delegated administrator may list them" in finished.stderr


def test_a_caller_who_may_not_list_the_accounts_is_told_the_action(
    organisation: Organisation,  # noqa: ARG001  # creates the organization
) -> None:
    with refusing("ListAccounts"):
        finished = preview_all()
    assert "Access denied: organizations:ListAccounts." in finished.stderr
    assert "AWSOrganizationsReadOnlyAccess has it" in finished.stderr


def test_the_own_account_needs_no_role(account: AwsAccount) -> None:
    account.create_key("alice", age=400)
    with refusing() as calls:
        finished = key_rotation("preview", "--account", OWN, "--json", "-")
    assert (finished.document["keys"], calls["AssumeRole"]) == (1, 0)


def test_a_role_that_cannot_be_assumed_is_told_in_aws_words(account: AwsAccount) -> None:
    del account
    with refusing("AssumeRole"):
        finished = key_rotation("preview", "--account", "222222222222", "--role", ROLE)
    assert (finished.exit_code, finished.stdout) == (1, "")
    assert "AssumeRole: AccessDenied: " in finished.stderr


def test_an_interrupt_ends_the_accounts_that_are_being_read(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in organisation.account_ids:
        organisation.create_key(name, "bob", age=400)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("key_rotation_cli.preview.organisation.reader.preview_account", interrupt)
    finished = preview_all("--json", str(tmp_path / "a.json"))
    assert finished.exit_code == 1
    assert "Interrupted. Nothing was written." in finished.stderr


def test_the_json_file_is_the_document(organisation: Organisation, tmp_path: Path) -> None:
    organisation.create_key("prod", "bob", age=400)
    with refusing():
        assert preview_all("--json", str(tmp_path / "a.json")).exit_code == 0
    assert json.loads((tmp_path / "a.json").read_text()) == document()
