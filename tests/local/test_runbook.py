"""Every `aws` command of the documents is run as it stands there, against the emulated account.

A block of a document runs in bash with AWS's own CLI, after the block that names the stack's
outputs; placeholders are filled in. A block, or a command within text, that no test here names
fails the last test. The CLI is version 1, which PyPI has; `--cli-binary-format`, which only version
2 knows and needs, is dropped. What the emulator cannot do (FORM_ONLY) is checked for its form only:
the CLI holds it against the service's model, and would send it.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from local.demo.people import People
from local.emulator.account import LocalAccount
from tests.local.conftest import AccountFactory
from tests.local.days import turn_off_the_schedule

ROOT = Path(__file__).parents[2]
START = datetime(2026, 6, 1, 10, tzinfo=UTC)
STALE = timedelta(days=400)
RUNBOOK, README = "docs/runbook.md", "README.md"
FORM_ONLY = {
    "dynamodb restore-table-to-point-in-time": "ministack restores no tables",
}
_EXAMPLE_KEY = "AKIAIOSFODNN7EXAMPLE"
_NOBODY = "http://127.0.0.1:9"
_WRAPPER = """\
#!/bin/bash
said="$1 $2"
printf '%s\\n' "$said" >> {log}
given=()
while (($#)); do
  if [[ $1 == --cli-binary-format ]]; then shift 2; else given+=("$1"); shift; fi
done
case "$said" in
  {form_only})
    AWS_MAX_ATTEMPTS=1 {aws} "${{given[@]}}" --endpoint-url {nobody} 2>&1 |
      grep -F 'Could not connect to the endpoint URL' && exit ;;
  *) exec {aws} "${{given[@]}}" ;;
esac
"""
_CDK = """\
#!/bin/bash
[[ $* == destroy ]] || exit 2
aws cloudformation delete-stack --stack-name KeyRotation
aws cloudformation wait stack-delete-complete --stack-name KeyRotation
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where commands stand: a document, the heading above them, and which block there."""

    document: str
    heading: str
    number: int = 0


def _commands() -> dict[Place, str]:
    """Extract the console blocks, and the commands within text, that call AWS."""
    found: dict[Place, str] = {}
    for document in (RUNBOOK, README):
        text = (ROOT / document).read_text()
        for section in re.split(r"^(?=#+ )", _outside_fences(text), flags=re.MULTILINE):
            heading = section.partition("\n")[0].lstrip("# ")
            blocks = re.findall(r"```console\n(.*?)```", section, flags=re.DOTALL)
            spans = re.findall(r"`(aws [^`]+)`", re.sub(r"```.*?```", "", section, flags=re.DOTALL))
            for number, each in enumerate(b for b in (*blocks, *spans) if "aws " in b):
                found[Place(document, heading, number)] = _restored(each)
    return found


def _outside_fences(text: str) -> str:
    """Hide what looks like a heading within a block, such as a shell's comment."""
    return re.sub(r"```.*?```", lambda b: b[0].replace("\n#", "\n\0#"), text, flags=re.DOTALL)


def _restored(block: str) -> str:
    return block.replace("\0", "")


COMMANDS = _commands()
RUN: set[Place] = set()
"""The places that some test runs."""
NAMES = Place(RUNBOOK, "Runbook")
Test = TypeVar("Test", bound=Callable[..., None])


def runs(*places: Place) -> Callable[[Test], Test]:
    """Say which commands a test runs."""

    def note(test: Test) -> Test:
        RUN.update(places)
        return test

    return note


@dataclass(slots=True)
class Terminal:
    """A person's terminal: bash, with the CLI's commands noted down."""

    folder: Path
    environment: dict[str, str]
    called: list[str] = field(default_factory=list)

    def run(self, script: str, **placeholders: str) -> str:
        """Run a script where the stack's outputs have their names, and tell what it prints."""
        for name, value in placeholders.items():
            script = re.sub(rf"\b{name}\b", value, script)
        log = self.folder / "called"
        log.write_text("")
        done = subprocess.run(  # noqa: S603 - the documents' own commands
            ["/bin/bash", "-eu", "-o", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        self.called = log.read_text().splitlines()
        assert self.called, script
        return done.stdout

    def at(self, place: Place, **placeholders: str) -> str:
        """Run the commands of a place."""
        return self.run(COMMANDS[place], **placeholders)


@pytest.fixture(scope="module")
def people(account_factory: AccountFactory, synthesised: Path) -> Iterator[People]:
    """Deploy the stack into an account of its own; notices are not waited for."""
    with account_factory(START) as account:
        account.deploy(synthesised)
        turn_off_the_schedule(account)
        people = People(account)
        people.edit("notice-days", "0")
        yield people


@pytest.fixture
def account(people: People) -> LocalAccount:
    """The account alone."""
    return people.account


@pytest.fixture(scope="module")
def terminal(people: People, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Open a terminal for this account."""
    folder = tmp_path_factory.mktemp("terminal")
    own = Path(sys.executable).with_name("aws")
    aws = str(own) if own.exists() else shutil.which("aws")
    assert aws, "awscli is not installed"
    programs = folder / "bin"
    programs.mkdir()
    wrapper = _WRAPPER.format(
        aws=shlex.quote(aws),
        form_only="|".join(f'"{each}"' for each in FORM_ONLY),
        log=shlex.quote(str(folder / "called")),
        nobody=_NOBODY,
    )
    for name, text in {"aws": wrapper, "cdk": _CDK}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    outputs = people.account.use()
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_DEFAULT_REGION": people.account.region,
        "AWS_ENDPOINT_URL": people.account.endpoint,
        "AWS_PAGER": "",
        "AWS_SECRET_ACCESS_KEY": "test",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "PATH": f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "FUNCTION": outputs["FunctionName"],
        "TABLE": outputs["TableName"],
        "TOPIC": outputs["TopicArn"],
    }
    return Terminal(folder=folder, environment=environment)


@pytest.fixture
def key(people: People, request: pytest.FixtureRequest) -> Iterator[str]:
    """Make a stale key for one test; its label is its user."""
    name = request.node.name[5:65]
    people.account.create_user(name)
    people.make_key(name, created=people.account.now - STALE)
    yield name
    if people.ids[name] in people.statuses():
        people.delete(name)
    del people.ids[name]


def _parameter(account: LocalAccount, name: str) -> str:
    found = account.client("ssm").get_parameter(Name=f"/key-rotation/{name}")
    return found["Parameter"]["Value"]


def _listed(people: People, label: str, answer: dict[str, Any]) -> list[str]:
    """Tell under which headings of an answer a key is listed."""
    return [
        section
        for section, entries in answer.items()
        if isinstance(entries, list)
        and any(isinstance(e, dict) and e["access_key_id"] == people.ids[label] for e in entries)
    ]


def _run(people: People, label: str) -> list[str]:
    return _listed(people, label, people.account.invoke({}).answer)


PAUSE = Place(RUNBOOK, "Pause everything now")
STOP = Place(RUNBOOK, "Pause everything now", 1)
CUT = Place(RUNBOOK, "A key was cut that production needs")
EXEMPT = Place(RUNBOOK, "A key was cut that production needs", 1)
LOOK = Place(RUNBOOK, "A key is held")
DELETE = Place(RUNBOOK, "A key is held", 1)
LOG = Place(RUNBOOK, "An alarm rang")
BY_HAND = Place(RUNBOOK, "An alarm rang", 1)
SUBSCRIBE = Place(RUNBOOK, "An alarm rang", 2)
ROLL_BACK = Place(RUNBOOK, "A bad threshold was set")
RESTORE = Place(RUNBOOK, "The table was lost, or restored from a backup")
FORGET = Place(RUNBOOK, "The table was lost, or restored from a backup", 1)
DESTROY = Place(RUNBOOK, "Removing it")
REMOVE = Place(RUNBOOK, "Removing it", 1)
REPORT = Place(README, "Before you arm it")
THRESHOLDS = Place(README, "Thresholds")
EXEMPTIONS = Place(README, "Exempting a key")
TURN_ON = Place(README, "Restoring a key")
EVIDENCE = Place(README, "Compliance")


@runs(NAMES)
def test_the_names_are_those_of_the_stack(terminal: Terminal, account: LocalAccount) -> None:
    printed = terminal.run(COMMANDS[NAMES] + '\necho "$FUNCTION $TOPIC $TABLE"')
    outputs = account.use()
    wanted = [outputs[name] for name in ("FunctionName", "TopicArn", "TableName")]
    assert printed.split() == wanted


@runs(PAUSE)
def test_paused_no_key_is_changed(terminal: Terminal, people: People, key: str) -> None:
    terminal.at(PAUSE)
    assert _run(people, key) == ["deferred"]
    assert people.statuses()[people.ids[key]] == "Active"
    people.edit("max-changes-per-run", "25")


@runs(STOP)
def test_without_concurrency_nothing_runs_until_it_is_given_back(
    terminal: Terminal, account: LocalAccount
) -> None:
    take, give_back = COMMANDS[STOP].strip().splitlines()
    functions, name = account.client("lambda"), account.function_name
    terminal.run(take)
    assert (
        functions.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 0
    )
    terminal.run(give_back)
    assert "ReservedConcurrentExecutions" not in functions.get_function_concurrency(
        FunctionName=name
    )


@runs(CUT, TURN_ON)
@pytest.mark.parametrize("place", [CUT, TURN_ON], ids=["runbook", "README"])
def test_a_key_is_restored_in_one_command(
    terminal: Terminal, people: People, place: Place, request: pytest.FixtureRequest
) -> None:
    user = f"restored-{request.node.callspec.id}"
    people.account.create_user(user)
    people.make_key(user, created=people.account.now - STALE)
    key_id = people.ids[user]
    assert _run(people, user) == ["deactivated"]
    names = {"USER": user, "bob": user, "KEY": key_id, _EXAMPLE_KEY: key_id}
    terminal.at(place, **names)
    assert terminal.called == ["iam update-access-key"]
    assert people.statuses()[key_id] == "Active"
    people.delete(user)
    del people.ids[user]


def test_the_command_in_the_mail_restores_the_key(
    terminal: Terminal, people: People, key: str
) -> None:
    assert _run(people, key) == ["deactivated"]
    mail = people.account.outbox()[-1].text
    command = re.search(r"aws iam update-access-key --status Active.*?AKIA\w+", mail, re.DOTALL)
    assert command
    terminal.run(command[0])
    assert people.statuses()[people.ids[key]] == "Active"


@runs(EXEMPT)
def test_a_key_is_exempt_for_a_month(terminal: Terminal, people: People, key: str) -> None:
    """Written after what was there, and read by the next run."""
    for before in ("none", "someone-else # stays"):
        people.edit("exemptions", before)
        terminal.at(EXEMPT, KEY=people.ids[key])
        assert _run(people, key) == ["exempt"]
        lines = _parameter(people.account, "exemptions").strip().splitlines()
        assert lines[:-1] == ([] if before == "none" else [before])
        assert lines[-1].startswith(f"{people.ids[key]} until ")
    people.edit("exemptions", "none")


@runs(LOOK, EVIDENCE)
@pytest.mark.parametrize("place", [LOOK, EVIDENCE], ids=["runbook", "README"])
def test_what_happened_to_a_key_can_be_read(
    terminal: Terminal, people: People, place: Place, request: pytest.FixtureRequest
) -> None:
    user = f"read-{request.node.callspec.id}"
    people.account.create_user(user)
    people.make_key(user, created=people.account.now - STALE)
    key_id = people.ids[user]
    assert _run(people, user) == ["deactivated"]
    printed = terminal.at(place, KEY=key_id, **{_EXAMPLE_KEY: key_id})
    history = json.loads(printed[printed.rindex('{\n    "Items"') :])
    assert [each["action"] for each in history["Items"]] == [{"S": "deactivate"}]
    assert terminal.called[-1] == "dynamodb query"
    people.delete(user)
    del people.ids[user]


@runs(DELETE)
def test_a_key_that_nobody_needs_is_deleted(terminal: Terminal, people: People, key: str) -> None:
    terminal.at(DELETE, USER=key, KEY=people.ids[key])
    assert people.ids[key] not in people.statuses()


@runs(LOG)
def test_the_log_of_the_last_day_is_read(terminal: Terminal, account: LocalAccount) -> None:
    """The emulated function logs into a file; the lines are put where AWS puts them."""
    found = account.client("lambda").get_function_configuration(FunctionName=account.function_name)
    group, stream = found["LoggingConfig"]["LogGroup"], "by-hand"
    logs, now = account.client("logs"), int(datetime.now(UTC).timestamp() * 1000)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    for text, at in {"two days ago": now - 2 * 86_400_000, "just now": now - 1000}.items():
        logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": at, "message": text}],
        )
    printed = terminal.at(LOG)
    assert "just now" in printed
    assert "two days ago" not in printed


@runs(BY_HAND)
def test_a_run_by_hand(terminal: Terminal, account: LocalAccount) -> None:
    terminal.at(BY_HAND)
    answer = json.loads((terminal.folder / "answer.json").read_text())
    assert answer["run_id"] == account.invocations()[-1].answer["run_id"]


@runs(SUBSCRIBE)
def test_somebody_else_listens(terminal: Terminal, account: LocalAccount) -> None:
    terminal.at(SUBSCRIBE, **{r"security@example\.com": "night@example.com"})
    topic = account.use()["TopicArn"]
    listed = account.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert ("email", "night@example.com") in {(s["Protocol"], s["Endpoint"]) for s in listed}


@runs(ROLL_BACK)
def test_a_threshold_is_rolled_back_to_what_its_history_tells(
    terminal: Terminal, people: People
) -> None:
    people.edit("max-age-days", "1")
    history, _ = COMMANDS[ROLL_BACK].strip().splitlines()
    versions = [line.split("\t") for line in terminal.run(history).splitlines()]
    assert [value for _, value, *_ in versions[-2:]] == ["90", "1"]
    terminal.at(ROLL_BACK)
    assert _parameter(people.account, "max-age-days") == "90"


@runs(RESTORE)
def test_restoring_the_table_has_the_form_that_aws_takes(terminal: Terminal) -> None:
    assert "Could not connect" in terminal.at(RESTORE)
    assert terminal.called == [*FORM_ONLY]


@runs(FORGET)
def test_a_watch_is_forgotten_and_the_key_begins_anew(
    terminal: Terminal, people: People, key: str
) -> None:
    people.edit("notice-days", "7")
    assert _run(people, key) == ["noticed"]
    assert _run(people, key) == ["upcoming"]
    terminal.at(FORGET, KEY=people.ids[key])
    assert _run(people, key) == ["noticed"]
    people.edit("notice-days", "0")


@runs(REPORT)
def test_a_report_says_what_would_be(terminal: Terminal, people: People, key: str) -> None:
    printed = terminal.at(REPORT)
    answer = json.loads((terminal.folder / "answer.json").read_text())
    assert answer["mode"] == "report"
    assert json.dumps(answer["run_id"]) in printed
    assert _listed(people, key, answer) == ["deactivated"]
    assert people.statuses()[people.ids[key]] == "Active"
    terminal.run(COMMANDS[REPORT].splitlines()[0].replace("report", "enforce"))
    assert _parameter(people.account, "mode") == "enforce"


@runs(THRESHOLDS)
def test_every_threshold_is_edited(terminal: Terminal, people: People) -> None:
    before = {
        name: _parameter(people.account, name)
        for name in re.findall(r"--name /key-rotation/(\S+)", COMMANDS[THRESHOLDS])
    }
    assert len(before) == 8
    (terminal.folder / "exemptions.txt").write_text("legacy-* until 2027-03-31\n")
    terminal.at(THRESHOLDS)
    for name, value in re.findall(r"/key-rotation/(\S+) --value (\S+)", COMMANDS[THRESHOLDS]):
        wanted = "legacy-* until 2027-03-31" if value.startswith("file:") else value
        assert _parameter(people.account, name).strip() == wanted
    assert people.account.invoke({}).error is None
    for name, value in before.items():
        people.edit(name, value)


@runs(EXEMPTIONS)
def test_the_exemptions_are_read_into_a_file(terminal: Terminal, people: People) -> None:
    people.edit("exemptions", "a # one\nb # two")
    terminal.at(EXEMPTIONS)
    assert (terminal.folder / "exemptions.txt").read_text() == "a # one\nb # two\n"
    people.edit("exemptions", "none")


@runs(DESTROY, REMOVE)
def test_the_rest_is_removed_after_the_stack(terminal: Terminal, account: LocalAccount) -> None:
    """Last: it removes what the other tests need. `cdk destroy` stands for its own API call."""
    table, key_id, log_group = _what_stays(account)
    terminal.run(COMMANDS[DESTROY] + COMMANDS[REMOVE])
    stacks = account.client("cloudformation").list_stacks()["StackSummaries"]
    assert {each["StackStatus"] for each in stacks} == {"DELETE_COMPLETE"}
    assert table not in account.client("dynamodb").list_tables()["TableNames"]
    state = account.client("kms").describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"]
    assert state == "PendingDeletion"
    groups = account.client("logs").describe_log_groups(logGroupNamePrefix=log_group)["logGroups"]
    assert groups == []


def _what_stays(account: LocalAccount) -> tuple[str, str, str]:
    listed = account.client("cloudformation").list_stack_resources(StackName="KeyRotation")
    ids = {
        each["ResourceType"]: each["PhysicalResourceId"]
        for each in listed["StackResourceSummaries"]
    }
    return ids["AWS::DynamoDB::Table"], ids["AWS::KMS::Key"], ids["AWS::Logs::LogGroup"]


def test_every_command_of_the_documents_is_run() -> None:
    assert set(COMMANDS) == RUN
