"""The unmodified CDK CLI deploys the app, updates it and destroys it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.demo.actors import Actors
from local.demo.synthesis import STACK
from local.emulator.account import LocalAccount
from local.emulator.records import Invocation
from tests.local import cdk

pytestmark = pytest.mark.soak  # npm installs the CLI first
TWO = {"security@example.com", "audit@example.com"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """What was observed between the first deployment and `cdk destroy`.

    code: the hash of the function's code after each of the two deployments
    run: an invocation after the second deployment
    subscribers: the endpoints that received the digest of that run
    edited: the value of an edited parameter after the second deployment
    parameters: the names of the parameters after the second deployment
    table, kms_key, log_group: the resources to retain
    """

    code: tuple[str, str]
    run: Invocation
    subscribers: set[str]
    edited: str
    parameters: set[str]
    table: str
    kms_key: str
    log_group: str


@pytest.fixture(scope="module")
def account() -> Iterator[LocalAccount]:
    """Start an account at the real time, because the CLI's SDK retries if the clocks differ."""
    with LocalAccount.start(now=datetime.now(UTC)) as account:
        yield account


@pytest.fixture(scope="module")
def lifecycle(
    account: LocalAccount, synthesised: Path, tmp_path_factory: pytest.TempPathFactory
) -> Lifecycle:
    """Bootstrap, deploy, edit a parameter, change the code, deploy again, run, and destroy."""
    folder = tmp_path_factory.mktemp("cdk-cli")
    home = folder / "home"
    home.mkdir()
    cli = cdk.CdkCli(
        program=cdk.install(folder),
        account=account,
        home=home,
        app=cdk.copy_app(folder / "app"),
    )
    cli.bootstrap()
    cli.deploy(synthesised)
    account.use(STACK)
    first = _code(account)
    actors = Actors(account)
    actors.set_parameter("grace-days", "14")
    changed = cli.app / "functions" / "key_rotation" / "domain" / "model.py"
    changed.write_text(f"{changed.read_text()}\nCHANGED = True\n")
    cli.synthesise_and_deploy(email="security@example.com,audit@example.com")
    account.create_user("carol")
    account.create_key("carol", created=datetime(2020, 1, 1, tzinfo=UTC))
    run = account.invoke({})
    assert run.error is None, run.log
    seen = Lifecycle(
        code=(first, _code(account)),
        run=run,
        subscribers={each.endpoint for message in account.outbox() for each in message.recipients},
        edited=_value(account, "grace-days"),
        parameters=_parameters(account),
        table=account.outputs["TableName"],
        kms_key=_kms_key(account),
        log_group=_log_group(account),
    )
    cli.destroy()
    return seen


def test_a_second_deployment_updates_the_code(lifecycle: Lifecycle) -> None:
    assert lifecycle.code[0] != lifecycle.code[1]
    assert len(lifecycle.run.answer["noticed"]) == 1


def test_a_second_deployment_updates_the_context(lifecycle: Lifecycle) -> None:
    assert lifecycle.subscribers == TWO


def test_an_edited_threshold_survives_a_second_deployment(lifecycle: Lifecycle) -> None:
    assert lifecycle.edited == "14"
    assert len(lifecycle.parameters) == 8


def test_cdk_destroy_retains_the_ledger_its_kms_key_and_the_log(
    account: LocalAccount, lifecycle: Lifecycle
) -> None:
    described = account.client("dynamodb").describe_table(TableName=lifecycle.table)["Table"]
    assert described["TableStatus"] == "ACTIVE"
    key = account.client("kms").describe_key(KeyId=lifecycle.kms_key)["KeyMetadata"]
    assert key["KeyState"] == "Enabled"
    groups = account.client("logs").describe_log_groups()["logGroups"]
    assert lifecycle.log_group in {each["logGroupName"] for each in groups}


def test_cdk_destroy_deletes_the_parameters_the_function_the_schedule_and_the_topic(
    account: LocalAccount, lifecycle: Lifecycle
) -> None:
    assert lifecycle.parameters
    assert _parameters(account) == set()
    assert account.client("lambda").list_functions()["Functions"] == []
    assert account.client("scheduler").list_schedules()["Schedules"] == []
    assert account.client("sns").list_topics()["Topics"] == []


def _code(account: LocalAccount) -> str:
    found = account.client("lambda").get_function(FunctionName=account.function_name)
    return found["Configuration"]["CodeSha256"]


def _log_group(account: LocalAccount) -> str:
    found = account.client("lambda").get_function(FunctionName=account.function_name)
    return found["Configuration"]["LoggingConfig"]["LogGroup"]


def _kms_key(account: LocalAccount) -> str:
    """Return the KMS key of the topic; ministack does not return that of the table."""
    topic = account.outputs["TopicArn"]
    found = account.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    return found["KmsMasterKeyId"]


def _value(account: LocalAccount, parameter: str) -> str:
    path = account.outputs["ParameterPath"]
    found = account.client("ssm").get_parameter(Name=f"{path}/{parameter}")
    return found["Parameter"]["Value"]


def _parameters(account: LocalAccount) -> set[str]:
    path = account.outputs["ParameterPath"]
    found = account.client("ssm").describe_parameters(MaxResults=50)["Parameters"]
    return {each["Name"] for each in found if each["Name"].startswith(path)}
