"""Who owns the keys that come due: how that is known, and who has no address."""

import csv
import json
from pathlib import Path
from typing import Any

import boto3
import pytest
import time_machine
from moto.iam.models import iam_backends

from tests.aws.aws_account import REGION, AwsAccount
from tests.aws.owner_mail.conftest import FALLBACK, MailAccount, environment
from tests.aws.owner_mail.fakes import FakeQueue, FakeSes, bounce
from tests.cli.deployed_hub import FIRST, DeployedHub
from tests.cli.deployment import deploy
from tests.cli.organisation import ROLE, Organisation
from tests.cli.preview.refusals import refusing
from tests.cli.terminal import Finished, key_rotation

DOMAINS = ("--owner-domains", "example.com")
VARIABLES = {
    "OWNER_MAIL_FROM": "key-rotation@example.com",
    "OWNER_DOMAINS": "example.com *.example.org",
    "OWNER_FALLBACK": FALLBACK,
}


def preview(*arguments: str) -> Finished:
    return key_rotation("preview", *arguments)


def document(*arguments: str, exit_code: int = 0) -> Any:
    finished = preview("--json", "-", *arguments)
    assert finished.exit_code == exit_code, finished.stderr
    return finished.document


def tag(account: AwsAccount, user: str, key: str, value: str) -> None:
    account.clients.iam.tag_user(UserName=user, Tags=[{"Key": key, "Value": value}])


@pytest.fixture
def owned(account: AwsAccount) -> AwsAccount:
    """Create a key with an owner of each kind, and a fresh one."""
    for user in ("alice", "bob", "carol@example.com", "dave"):
        account.create_key(user, age=400)
    account.create_key("erin", age=10)
    tag(account, "alice", "owner", "alice@example.com")
    tag(account, "bob", "email", "bob@elsewhere.org")
    tag(account, "erin", "owner", "erin@example.com")
    return account


def counts(found: Any) -> dict[str, int]:
    return {name: value for name, value in found["owners"].items() if name != "waiting"}


@pytest.mark.parametrize(
    ("arguments", "fallback", "nobody"),
    [((), 0, 2), (("--owner-fallback", "keys@example.com"), 2, 0)],
)
def test_the_keys_that_come_due_are_counted_by_how_their_owner_is_known(
    owned: AwsAccount, arguments: tuple[str, ...], fallback: int, nobody: int
) -> None:
    del owned
    assert counts(document(*DOMAINS, *arguments)) == {
        "tag": 1,
        "user_name": 1,
        "fallback": fallback,
        "none": nobody,
        "tags_unreadable": 0,
    }


def test_each_listed_key_has_its_owner_as_status_shows_it(owned: AwsAccount) -> None:
    del owned
    found = document(*DOMAINS)
    owners = {each["user"]: each["owner"] for day in found["days"] for each in day["noticed"]}
    assert owners["alice"] == {
        "addresses": ["alice@example.com"],
        "source": "tag",
        "tag": "owner",
        "problem": None,
    }
    assert owners["carol@example.com"]["source"] == "user name"
    assert owners["bob"]["problem"] == (
        "tag email: 'bob@elsewhere.org' is outside the allowed domains"
    )
    assert owners["dave"]["addresses"] == []
    assert "erin" not in owners


def test_the_tags_that_name_an_owner_can_be_chosen(owned: AwsAccount) -> None:
    tag(owned, "dave", "team", "team@example.com")
    assert counts(document(*DOMAINS, "--owner-tags", "team"))["tag"] == 1


def test_the_csv_has_the_owner_at_the_end(owned: AwsAccount, tmp_path: Path) -> None:
    del owned
    file = tmp_path / "keys.csv"
    assert preview(*DOMAINS, "--csv", str(file)).exit_code == 0
    rows = {row["user"]: row for row in csv.DictReader(file.read_text().splitlines())}
    assert list(rows["alice"])[-3:] == ["owner", "owner_source", "owner_problem"]
    assert [rows["alice"][name] for name in ("owner", "owner_source", "owner_problem")] == [
        "alice@example.com",
        "tag",
        "",
    ]
    assert (rows["dave"]["owner"], rows["dave"]["owner_source"]) == ("", "none")


def test_the_screen_lists_the_keys_whose_owner_nobody_named(owned: AwsAccount) -> None:
    del owned
    shown = preview(*DOMAINS).stdout
    words = " ".join(shown.split())
    assert "4 keys come due: 1 with an owner by tag, 1 by user name, 0 with the fallback" in words
    table = shown.partition("\nOwners")[2].partition("\nCalendar")[0]
    assert "bob@elsewhere.org" in table
    assert "dave" in table
    assert "alice" not in table
    assert "carol" not in table


def test_only_the_users_of_keys_that_come_due_are_asked_for_their_tags(owned: AwsAccount) -> None:
    owned.create_key("alice", age=300)
    with refusing() as calls:
        preview(*DOMAINS)
    assert calls["ListUserTags"] == 4


def test_a_key_with_a_notice_after_whose_days_it_comes_due_is_asked_too(
    account: AwsAccount,
) -> None:
    account.create_key("alice", age=400)
    assert counts(document(*DOMAINS, "--days", "3"))["none"] == 1


def test_without_mail_to_owners_no_call_is_made_and_nothing_is_said(owned: AwsAccount) -> None:
    deploy(owned)
    with refusing() as calls:
        finished = preview("--json", "-")
    assert calls["ListUserTags"] == 0
    assert calls["Query"] == 1
    assert calls["GetFunctionConfiguration"] == 1
    assert "owner" not in finished.stdout
    assert "Owners" not in preview().stdout


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling"])
def test_tags_that_cannot_be_read_are_not_taken_for_no_owner(owned: AwsAccount, code: str) -> None:
    del owned
    with refusing("ListUserTags", code=code, only_for="alice"):
        found = document(*DOMAINS, exit_code=1)
    assert counts(found)["tags_unreadable"] == 1
    assert counts(found)["none"] == 2
    assert not found["complete"]
    [missing] = found["missing"]
    assert missing.startswith("The tags of 1 user could not be read. ")
    assert "ListUserTags" in missing
    [owner] = [e["owner"] for d in found["days"] for e in d["noticed"] if e["user"] == "alice"]
    assert owner["problem"] == "the tags of the user cannot be read"


def mailing(account: AwsAccount, **parameters: str) -> MailAccount:
    """Deploy a stack that mails owners."""
    ses, queue = FakeSes(), FakeQueue()
    account.owner_mail = environment(ses, queue)
    account.put_parameters(**{"owner_tags": "owner-email", "owner_notice": "try"} | parameters)
    deploy(account, variables=VARIABLES)
    return MailAccount(aws=account, ses=ses, queue=queue)


def test_a_deployment_that_mails_owners_turns_it_on_with_its_own_values(
    account: AwsAccount,
) -> None:
    deployed = mailing(account)
    deployed.create_key("alice")
    deployed.create_key("bob", owner="bob@a.example.org")
    deployed.create_key("carol", owner=None)
    found = counts(document())
    assert (found["tag"], found["fallback"], found["none"]) == (2, 1, 0)
    stronger = counts(document(*DOMAINS, "--owner-tags", "owner-email,email"))
    assert (stronger["tag"], stronger["fallback"]) == (1, 2)
    assert counts(document("--owner-tags", "email"))["fallback"] == 3


def test_an_address_that_did_not_accept_mail_is_known(account: AwsAccount) -> None:
    deployed = mailing(account)
    deployed.create_key("alice")
    [mail] = deployed.run()
    deployed.queue.put(bounce(mail))
    deployed.run(1)
    with time_machine.travel(account.now, tick=False):
        found = document()
    assert counts(found)["fallback"] == 1


def test_where_the_ledger_cannot_be_read_owners_are_shown_and_that_is_noted(
    account: AwsAccount,
) -> None:
    mailing(account).create_key("alice")
    with refusing("Query"):
        finished = preview("--json", "-")
    assert finished.exit_code == 0
    assert counts(finished.document)["tag"] == 1
    assert finished.stderr.count("Note: ") == 1


def without_fallback(account: AwsAccount) -> MailAccount:
    """Deploy a stack in which a key is deactivated only if its owner got mail, and no fallback."""
    ses, queue = FakeSes(), FakeQueue()
    account.put_parameters(owner_tags="owner-email", owner_notice="require")
    deploy(account, variables={**VARIABLES, "OWNER_FALLBACK": ""})
    return MailAccount(aws=account, ses=ses, queue=queue)


def test_where_a_mail_is_required_a_key_without_an_address_waits(
    account: AwsAccount, tmp_path: Path
) -> None:
    deployed = without_fallback(account)
    owned, lost = deployed.create_key("alice", age=400), deployed.create_key("bob", owner=None)
    account.use_key(lost)
    found = document("--csv", str(tmp_path / "keys.csv"))
    noticed, stopped = found["days"][:2]
    assert {each["access_key_id"] for each in noticed["noticed"]} == {owned, lost}
    assert [each["access_key_id"] for each in stopped["deactivated"]] == [owned]
    assert [each["access_key_id"] for each in found["owners"]["waiting"]] == [lost]
    assert found["in_use"] == []
    assert found["backlog"] == {"keys": 1, "last_date": "2026-12-01", "limit_for_30_days": 1}
    rows = csv.DictReader((tmp_path / "keys.csv").read_text().splitlines())
    assert {row["access_key_id"]: row["due"] for row in rows} == {owned: "2026-12-01", lost: ""}


def test_a_forecast_that_waits_for_owners_says_what_it_assumes(account: AwsAccount) -> None:
    without_fallback(account).create_key("bob", owner=None)
    words = " ".join(preview().stdout.split())
    assert "the mail about each notice is accepted on its day if an address is known" in words
    assert "1 key keeps working until an owner got mail about it." in words
    assert "waits" in words


def test_where_tags_cannot_be_read_a_key_is_not_said_to_wait(account: AwsAccount) -> None:
    key = without_fallback(account).create_key("bob")
    with refusing("ListUserTags"):
        found = document(exit_code=1)
    assert [e["access_key_id"] for d in found["days"] for e in d["deactivated"]] == [key]
    assert found["owners"]["waiting"] == []


def test_the_accounts_of_an_organization_are_counted_together(
    account: AwsAccount, tmp_path: Path
) -> None:
    organisation = Organisation.create(account, "prod")
    account.create_key("alice@example.com", age=400)
    organisation.create_key("prod", "bob", age=400)
    file = tmp_path / "keys.csv"
    with refusing():
        finished = preview("--all", "--role", ROLE, *DOMAINS, "--json", "-", "--csv", str(file))
        shown = " ".join(preview("--all", "--role", ROLE, *DOMAINS).stdout.split())
    found = json.loads(finished.stdout)
    assert (counts(found)["user_name"], counts(found)["none"]) == (1, 1)
    assert "2 keys come due: 0 with an owner by tag, 1 by user name" in shown
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert {row["user"]: row["owner"] for row in rows} == {
        "alice@example.com": "alice@example.com",
        "bob": "",
    }


def test_an_account_of_a_hub_has_its_own_tags_and_the_domains_of_the_hub(hub: DeployedHub) -> None:
    functions = boto3.client("lambda", region_name=REGION)
    name = "KeyRotation-function"
    variables = {"TIMEZONE": "UTC", "LONGEST_GAP_HOURS": "24", **VARIABLES}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    hub.put(owner_tags="owner", owner_notice="try")
    hub.put(**{f"accounts/{FIRST}/owner_tags": "team", f"accounts/{FIRST}/owner_notice": "require"})
    hub.create_key(FIRST, "bob", age=400)
    iam_backends[FIRST]["aws"].tag_user("bob", [{"Key": "team", "Value": "team@a.example.org"}])
    with refusing() as calls:
        finished = preview("--account", FIRST, "--role", "Audit", "--json", "-")
        shown = preview("--account", FIRST, "--role", "Audit").stdout
    assert counts(finished.document)["tag"] == 1
    assert "the mail about each notice is accepted" in " ".join(shown.split())
    assert calls["GetFunctionConfiguration"] == 2  # one for each of the two commands
