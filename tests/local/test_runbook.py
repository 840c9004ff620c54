"""Runs each `aws` command of the documents, as it is written there, in an emulated account.

A block of a document runs in bash with the AWS CLI, after the block that names the stack's outputs;
placeholders are replaced. A test fails if no other test covers a block, or a command within
text. The CLI is version 1, which PyPI has; version 2 was tried by hand (docs/testing.md). Commands
that the emulator cannot execute (FORM_ONLY) are checked for their form only: the CLI validates them
against the model of the service and tries to send them.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from local.demo.actors import Actors
from local.demo.synthesis import STACK
from local.emulator.account import LocalAccount
from tests.local.conftest import AccountFactory
from tests.local.daily_runs import disable_schedule
from tests.local.documented_commands import (
    COMMANDS,
    EXEMPT,
    EXEMPT_BOB,
    README,
    RUNBOOK,
    CommandBlock,
)
from tests.local.terminal import FORM_ONLY, Terminal, open_terminal

ROOT = Path(__file__).parents[2]
START = datetime(2026, 6, 1, 10, tzinfo=UTC)
STALE = timedelta(days=400)
LAST_DAY = "2027-03-31"
NEXT_YEAR = f"{datetime.now(UTC).year + 1}-12-31"
_EXAMPLE_KEY = "AKIAIOSFODNN7EXAMPLE"


COVERED: set[CommandBlock] = set()
"""The blocks that a test runs."""
NAME_OUTPUTS = CommandBlock(RUNBOOK, "Runbook")
Test = TypeVar("Test", bound=Callable[..., None])


def covers(*blocks: CommandBlock) -> Callable[[Test], Test]:
    """Mark the blocks that a test runs."""

    def record(test: Test) -> Test:
        COVERED.update(blocks)
        return test

    return record


@pytest.fixture(scope="module")
def deployed(deployed_account: AccountFactory) -> Iterator[LocalAccount]:
    """Deploy the stack into a new account, and disable its schedule."""
    with deployed_account(START) as account:
        disable_schedule(account)
        yield account


@pytest.fixture
def actors(deployed: LocalAccount) -> Actors:
    """The people of the account, after a run with notice-days 0, whatever a test has set before."""
    actors = Actors(deployed)
    actors.set_parameter("notice-days", "0")
    assert deployed.invoke({}).error is None
    return actors


@pytest.fixture
def account(actors: Actors) -> LocalAccount:
    """The account."""
    return actors.account


@pytest.fixture(scope="module")
def terminal(deployed: LocalAccount, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Open a terminal for the account."""
    return open_terminal(deployed, tmp_path_factory.mktemp("terminal"))


@pytest.fixture
def key(actors: Actors, request: pytest.FixtureRequest) -> Iterator[str]:
    """Create a stale key for one test. Its label is its user."""
    name = request.node.name[5:65]
    actors.account.create_user(name)
    actors.create_key(name, created=actors.account.now - STALE)
    yield name
    if actors.key_ids[name] in actors.statuses():
        actors.delete(name)
    del actors.key_ids[name]


def _parameter(account: LocalAccount, name: str) -> str:
    found = account.client("ssm").get_parameter(Name=f"/key-rotation/{name}")
    return found["Parameter"]["Value"]


def _listed(actors: Actors, label: str, answer: dict[str, Any]) -> list[str]:
    """Return the sections of a response that list a key."""
    return [
        section
        for section, entries in answer.items()
        if isinstance(entries, list)
        and any(
            isinstance(e, dict) and e["access_key_id"] == actors.key_ids[label] for e in entries
        )
    ]


def _run_and_list(actors: Actors, label: str) -> list[str]:
    return _listed(actors, label, actors.account.invoke({}).answer)


CONFIRM = CommandBlock(RUNBOOK, "Confirming a subscription")
JUDGE_AGAIN = CommandBlock(RUNBOOK, "Confirming a subscription", 1)
PAUSE = CommandBlock(RUNBOOK, "Pause everything now")
STOP_RUNS = CommandBlock(RUNBOOK, "Pause everything now", 1)
ALLOW_RUNS = CommandBlock(RUNBOOK, "Pause everything now", 2)
RESTORE_KEY = CommandBlock(RUNBOOK, "A key that production needs was deactivated")
ADD_EXEMPTION = CommandBlock(RUNBOOK, "A key that production needs was deactivated", 1)
READ_HISTORY = CommandBlock(RUNBOOK, "A key is held")
DELETE_KEY = CommandBlock(RUNBOOK, "A key is held", 1)
READ_LOG = CommandBlock(RUNBOOK, "An alarm went off")
READ_SCHEDULE = CommandBlock(RUNBOOK, "An alarm went off", 1)
READ_DEAD_LETTERS = CommandBlock(RUNBOOK, "An alarm went off", 2)
PURGE_DEAD_LETTERS = CommandBlock(RUNBOOK, "An alarm went off", 3)
INVOKE = CommandBlock(RUNBOOK, "An alarm went off", 4)
SUBSCRIBE = CommandBlock(RUNBOOK, "An alarm went off", 5)
RESET_THRESHOLD = CommandBlock(RUNBOOK, "A bad threshold was set")
RESTORE_TABLE = CommandBlock(RUNBOOK, "The table was lost, or restored from a backup")
NAME_RESTORED = CommandBlock(RUNBOOK, "The table was lost, or restored from a backup", 1)
DELETE_WATCH = CommandBlock(RUNBOOK, "The table was lost, or restored from a backup", 2)
READ_EVIDENCE = CommandBlock(RUNBOOK, "Evidence for an auditor")
SAVE = CommandBlock(RUNBOOK, "Removing it")
DESTROY_STACK = CommandBlock(RUNBOOK, "Removing it", 1)
SET_AGAIN = CommandBlock(RUNBOOK, "Removing it", 2)
COPY_WATCHES = CommandBlock(RUNBOOK, "Removing it", 3)
DELETE_RETAINED = CommandBlock(RUNBOOK, "Removing it", 4)
REPORT_MODE = CommandBlock(README, "Before you enforce")
EDIT_THRESHOLDS = CommandBlock(README, "Thresholds")
WRITE_EXEMPTION = CommandBlock(README, "Exempting a key")
READ_EXEMPTIONS = CommandBlock(README, "Exempting a key", 1)
RESTORE_KEY_README = CommandBlock(README, "Restoring a key")
EVIDENCE = CommandBlock(README, "Compliance")


@covers(NAME_OUTPUTS)
def test_the_variables_have_the_outputs_of_the_stack(
    terminal: Terminal, account: LocalAccount
) -> None:
    printed = terminal.run(COMMANDS[NAME_OUTPUTS] + '\necho "$FUNCTION $TOPIC $TABLE"')
    outputs = account.outputs
    wanted = [outputs[name] for name in ("FunctionName", "TopicArn", "TableName")]
    assert printed.split() == wanted


@covers(PAUSE)
def test_a_paused_run_changes_no_key(terminal: Terminal, actors: Actors, key: str) -> None:
    terminal.run_block(PAUSE)
    assert _run_and_list(actors, key) == ["deferred"]
    assert actors.statuses()[actors.key_ids[key]] == "Active"
    actors.set_parameter("max-changes-per-run", "25")


@covers(STOP_RUNS, ALLOW_RUNS)
def test_reserved_concurrency_is_set_to_zero_and_removed_again(
    terminal: Terminal, account: LocalAccount
) -> None:
    functions, name = account.client("lambda"), account.function_name
    terminal.run(COMMANDS[STOP_RUNS])
    assert (
        functions.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 0
    )
    terminal.run(COMMANDS[ALLOW_RUNS])
    assert "ReservedConcurrentExecutions" not in functions.get_function_concurrency(
        FunctionName=name
    )


@covers(RESTORE_KEY, RESTORE_KEY_README)
@pytest.mark.parametrize("block", [RESTORE_KEY, RESTORE_KEY_README], ids=["runbook", "README"])
def test_one_command_restores_a_key(
    terminal: Terminal, actors: Actors, block: CommandBlock, request: pytest.FixtureRequest
) -> None:
    user = f"-restored-{request.node.callspec.id}"
    actors.account.create_user(user)
    actors.create_key(user, created=actors.account.now - STALE)
    key_id = actors.key_ids[user]
    assert _run_and_list(actors, user) == ["deactivated"]
    names = {"USER": user, "bob": user, "KEY": key_id, _EXAMPLE_KEY: key_id}
    terminal.run_block(block, **names)
    assert terminal.commands_run == ["iam update-access-key"]
    assert actors.statuses()[key_id] == "Active"
    actors.delete(user)
    del actors.key_ids[user]


@covers(EXEMPT, ADD_EXEMPTION)
@pytest.mark.parametrize("block", [EXEMPT, ADD_EXEMPTION], ids=["command", "aws"])
def test_a_key_is_exempted_for_a_month(
    terminal: Terminal, actors: Actors, key: str, block: CommandBlock
) -> None:
    """The old parameter keeps its lines, and the next run reads both."""
    actors.set_parameter("exemptions", "someone-else # stays")
    key_id = actors.key_ids[key]
    terminal.run_block(block, **{"KEY": key_id, LAST_DAY: NEXT_YEAR})
    assert _run_and_list(actors, key) == ["exempt"]
    line = f"{key_id} until {NEXT_YEAR} # needed by production, owner informed"
    assert _parameter(actors.account, f"exemption/{key_id}") == line
    actors.account.client("ssm").delete_parameter(Name=f"/key-rotation/exemption/{key_id}")
    actors.set_parameter("exemptions", "none")


@covers(EXEMPT_BOB, WRITE_EXEMPTION)
@pytest.mark.parametrize("block", [EXEMPT_BOB, WRITE_EXEMPTION], ids=["command", "aws"])
def test_an_exemption_is_written_and_deleted(
    terminal: Terminal, actors: Actors, block: CommandBlock, request: pytest.FixtureRequest
) -> None:
    user = f"exempt-{request.node.callspec.id}"
    actors.account.create_user(user)
    actors.create_key(user, created=actors.account.now - STALE)
    *adding, removing = COMMANDS[block].strip().split("\n")
    terminal.run("\n".join(adding), **{"bob": user, LAST_DAY: NEXT_YEAR})
    assert _run_and_list(actors, user) == ["exempt"]
    terminal.run(removing, bob=user)
    assert _run_and_list(actors, user) == ["noticed"]
    actors.delete(user)
    del actors.key_ids[user]


@covers(READ_HISTORY, EVIDENCE)
@pytest.mark.parametrize("block", [READ_HISTORY, EVIDENCE], ids=["runbook", "README"])
def test_the_history_of_a_key_is_read(
    terminal: Terminal, actors: Actors, block: CommandBlock, request: pytest.FixtureRequest
) -> None:
    user = f"read-{request.node.callspec.id}"
    actors.account.create_user(user)
    actors.create_key(user, created=actors.account.now - STALE)
    key_id = actors.key_ids[user]
    assert _run_and_list(actors, user) == ["deactivated"]
    printed = terminal.run_block(block, KEY=key_id, **{_EXAMPLE_KEY: key_id})
    history = json.loads(printed[printed.rindex('{\n    "Items"') :])
    assert [each["action"] for each in history["Items"]] == [{"S": "deactivate"}]
    assert terminal.commands_run[-1] == "dynamodb query"
    actors.delete(user)
    del actors.key_ids[user]


@covers(READ_EVIDENCE)
def test_the_runs_the_populations_and_the_history_are_read(
    terminal: Terminal, actors: Actors, key: str
) -> None:
    """Without a run state, the run is a full scan, which leaves a population."""
    table, name = actors.account.client("dynamodb"), actors.account.outputs["TableName"]
    table.delete_item(TableName=name, Key={"pk": {"S": "RUN"}, "sk": {"S": "STATE"}})
    assert _run_and_list(actors, key) == ["deactivated"]
    printed = terminal.run_block(READ_EVIDENCE)
    for text in ('"run_id"', '"rows"', f"HISTORY#{actors.key_ids[key]}"):
        assert text in printed


@covers(DELETE_KEY)
def test_a_key_is_deleted(terminal: Terminal, actors: Actors, key: str) -> None:
    terminal.run_block(DELETE_KEY, USER=key, KEY=actors.key_ids[key])
    assert actors.key_ids[key] not in actors.statuses()


@covers(READ_LOG)
def test_the_log_of_the_last_day_is_read(terminal: Terminal, account: LocalAccount) -> None:
    """The emulator has no CloudWatch log of the function, so the test writes its lines there."""
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
    printed = terminal.run_block(READ_LOG)
    assert "just now" in printed
    assert "two days ago" not in printed


@covers(READ_SCHEDULE)
def test_the_state_of_the_schedule_is_read(terminal: Terminal) -> None:
    assert terminal.run_block(READ_SCHEDULE).split("\t")[0] == "DISABLED"  # by the fixture


@covers(READ_DEAD_LETTERS, PURGE_DEAD_LETTERS)
def test_the_dead_letter_queue_is_read_and_emptied(
    terminal: Terminal, account: LocalAccount
) -> None:
    sqs = account.client("sqs")
    [queue] = sqs.list_queues()["QueueUrls"]
    sqs.send_message(QueueUrl=queue, MessageBody="an event")
    read = COMMANDS[READ_DEAD_LETTERS]
    assert "an event" in terminal.run(read)
    terminal.run(f"{read.partition('aws sqs')[0]}\n{COMMANDS[PURGE_DEAD_LETTERS]}")
    found = sqs.get_queue_attributes(
        QueueUrl=queue,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )
    assert set(found["Attributes"].values()) == {"0"}


@covers(INVOKE)
def test_a_person_starts_a_run(terminal: Terminal, account: LocalAccount) -> None:
    terminal.run_block(INVOKE)
    answer = json.loads((terminal.folder / "answer.json").read_text())
    assert answer["run_id"] == account.invocations()[-1].answer["run_id"]


@covers(JUDGE_AGAIN)
def test_the_alarm_of_silence_is_judged_anew(terminal: Terminal, account: LocalAccount) -> None:
    """The emulator judges no alarm by itself, so the test shows only that the state is set."""
    cloudwatch, name = account.client("cloudwatch"), "KeyRotation-Silence"
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
    terminal.run_block(JUDGE_AGAIN)
    [alarm] = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert alarm["StateValue"] == "OK"


@covers(SUBSCRIBE)
def test_an_address_is_subscribed(terminal: Terminal, account: LocalAccount) -> None:
    terminal.run_block(SUBSCRIBE, **{r"security@example\.com": "night@example.com"})
    topic = account.outputs["TopicArn"]
    listed = account.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert ("email", "night@example.com") in {(s["Protocol"], s["Endpoint"]) for s in listed}


@covers(RESET_THRESHOLD)
def test_a_threshold_is_reset_to_a_value_from_its_history(
    terminal: Terminal, actors: Actors
) -> None:
    actors.set_parameter("max-age-days", "1")
    history, _ = COMMANDS[RESET_THRESHOLD].strip().splitlines()
    versions = [line.split("\t") for line in terminal.run(history).splitlines()]
    assert [value for _, value, *_ in versions[-2:]] == ["90", "1"]
    terminal.run_block(RESET_THRESHOLD)
    assert _parameter(actors.account, "max-age-days") == "90"


@covers(RESTORE_TABLE, CONFIRM)
@pytest.mark.parametrize("block", [RESTORE_TABLE, CONFIRM], ids=["restore", "confirm"])
def test_a_command_that_the_emulator_cannot_execute_has_a_valid_form(
    terminal: Terminal, block: CommandBlock
) -> None:
    assert "Could not connect" in terminal.run_block(block)
    (command,) = terminal.commands_run
    assert command in FORM_ONLY


@covers(NAME_RESTORED)
def test_the_next_run_starts_anew_after_items_were_copied_from_a_backup(
    terminal: Terminal, account: LocalAccount
) -> None:
    account.invoke({})
    terminal.run_block(NAME_RESTORED)
    account.invoke({})
    assert "RESTORED" in account.outbox()[-1].text


@covers(DELETE_WATCH)
def test_a_key_whose_watch_is_deleted_gets_a_new_notice(
    terminal: Terminal, actors: Actors, key: str
) -> None:
    actors.set_parameter("notice-days", "7")
    assert _run_and_list(actors, key) == ["noticed"]
    assert _run_and_list(actors, key) == ["upcoming"]
    terminal.run_block(DELETE_WATCH, KEY=actors.key_ids[key])
    assert _run_and_list(actors, key) == ["noticed"]
    actors.set_parameter("notice-days", "0")


@covers(REPORT_MODE)
def test_a_report_lists_what_a_run_would_do(terminal: Terminal, actors: Actors, key: str) -> None:
    printed = terminal.run_block(REPORT_MODE)
    answer = json.loads((terminal.folder / "answer.json").read_text())
    assert answer["mode"] == "report"
    assert json.dumps(answer["run_id"]) in printed
    assert _listed(actors, key, answer) == ["noticed"]  # the edit of the mode is announced first
    assert actors.statuses()[actors.key_ids[key]] == "Active"
    terminal.run(COMMANDS[REPORT_MODE].splitlines()[0].replace("report", "enforce"))
    assert _parameter(actors.account, "mode") == "enforce"


@covers(EDIT_THRESHOLDS)
@pytest.mark.parametrize("deleted", [False, True])
def test_each_threshold_is_edited(terminal: Terminal, actors: Actors, *, deleted: bool) -> None:
    """Also one that somebody deleted."""
    before = {
        name: _parameter(actors.account, name)
        for name in re.findall(r"--name /key-rotation/(\S+)", COMMANDS[EDIT_THRESHOLDS])
    }
    assert len(before) == 8
    if deleted:
        names = [f"/key-rotation/{name}" for name in before]
        actors.account.client("ssm").delete_parameters(Names=names)
    (terminal.folder / "exemptions.txt").write_text("legacy-* until 2027-03-31\n")
    terminal.run_block(EDIT_THRESHOLDS)
    for name, value in re.findall(r"/key-rotation/(\S+) --value (\S+)", COMMANDS[EDIT_THRESHOLDS]):
        wanted = "legacy-* until 2027-03-31" if value.startswith("file:") else value
        assert _parameter(actors.account, name).strip() == wanted
    assert actors.account.invoke({}).error is None
    for name, value in before.items():
        actors.set_parameter(name, value)


@covers(READ_EXEMPTIONS)
def test_the_exemptions_are_saved_in_a_file(terminal: Terminal, actors: Actors) -> None:
    actors.set_parameter("exemptions", "a # one\nb # two")
    terminal.run_block(READ_EXEMPTIONS)
    assert (terminal.folder / "exemptions.txt").read_text() == "a # one\nb # two\n"
    actors.set_parameter("exemptions", "none")


@covers(DESTROY_STACK, DELETE_RETAINED)
def test_the_retained_resources_are_deleted_after_the_stack(
    deployed_account: AccountFactory, tmp_path: Path
) -> None:
    """`cdk destroy` is replaced by the API call that it makes."""
    with deployed_account(START) as account:
        table, key_id, log_group = _retained_resources(account)
        terminal = open_terminal(account, tmp_path)
        terminal.run(COMMANDS[DESTROY_STACK] + COMMANDS[DELETE_RETAINED])
        stacks = account.client("cloudformation").list_stacks()["StackSummaries"]
        assert {each["StackStatus"] for each in stacks} == {"DELETE_COMPLETE"}
        assert table not in account.client("dynamodb").list_tables()["TableNames"]
        key = account.client("kms").describe_key(KeyId=key_id)["KeyMetadata"]
        assert key["KeyState"] == "PendingDeletion"
        logs = account.client("logs").describe_log_groups(logGroupNamePrefix=log_group)
        assert logs["logGroups"] == []


@covers(SAVE, SET_AGAIN, COPY_WATCHES)
def test_what_was_saved_is_set_again_and_the_kept_watches_and_history_are_found(
    deployed_account: AccountFactory, synthesised: Path, tmp_path: Path
) -> None:
    edited = {"mode": "report", "exemptions": "-dash # begins like an option\nlegacy-* # two lines"}
    with deployed_account(START) as account:
        actors, terminal = Actors(account), open_terminal(account, tmp_path)
        actors.set_parameter("notice-days", "0")
        account.create_user("carol")
        actors.create_key("carol", created=START - STALE)
        assert _run_and_list(actors, "carol") == ["deactivated"]
        for name, value in edited.items():
            actors.set_parameter(name, value)
        key_id = actors.key_ids["carol"]
        terminal.run_block(SAVE)
        assert (tmp_path / "saved-keys.txt").read_text() == f"{key_id}\tcarol\t2026-07-01\n"
        terminal.run_block(DESTROY_STACK)
        kept = terminal.run_block(EVIDENCE, **{_EXAMPLE_KEY: key_id})
        assert [each["action"] for each in json.loads(kept)["Items"]] == [{"S": "deactivate"}]
        kept_table = _keep_table(account, terminal.environment["TABLE"])
        account.deploy(synthesised, STACK)
        assert _parameter(account, "mode") == "enforce"
        terminal.run_block(SET_AGAIN)
        assert {name: _parameter(account, name) for name in edited} == edited
        assert _parameter(account, "notice-days") == "0"
        actors.set_parameter("mode", "enforce")
        account.invoke({})
        (tmp_path / "new").mkdir()
        open_terminal(account, tmp_path / "new").run_block(COPY_WATCHES, KEPT_TABLE=kept_table)
        account.move_clock(to=START + timedelta(days=1))
        assert _run_and_list(actors, "carol") == ["upcoming"]
        disable_schedule(account)
        account.move_clock(to=START + timedelta(days=30))
        assert _run_and_list(actors, "carol") == ["upcoming"]
        account.move_clock(to=START + timedelta(days=31))
        assert _run_and_list(actors, "carol") == ["deleted"]
        assert key_id not in actors.statuses()


def _keep_table(account: LocalAccount, table: str) -> str:
    """Keep the items under another name: the emulator names the table of a new stack the same."""
    dynamodb, kept = account.client("dynamodb"), "kept-table"
    described = dynamodb.describe_table(TableName=table)["Table"]
    dynamodb.create_table(
        TableName=kept,
        KeySchema=described["KeySchema"],
        AttributeDefinitions=described["AttributeDefinitions"],
        BillingMode="PAY_PER_REQUEST",
    )
    for item in dynamodb.scan(TableName=table)["Items"]:
        dynamodb.put_item(TableName=kept, Item=item)
    return kept


def _retained_resources(account: LocalAccount) -> tuple[str, str, str]:
    listed = account.client("cloudformation").list_stack_resources(StackName="KeyRotation")
    ids = {
        each["ResourceType"]: each["PhysicalResourceId"]
        for each in listed["StackResourceSummaries"]
    }
    return ids["AWS::DynamoDB::Table"], ids["AWS::KMS::Key"], ids["AWS::Logs::LogGroup"]


def test_each_command_in_the_documents_is_run() -> None:
    """`test_command_line.py` runs the others of `key-rotation`."""
    of_aws = {block for block in COMMANDS if block.program == "aws"}
    assert of_aws | {EXEMPT, EXEMPT_BOB} == COVERED
