"""Each patch has its effect: the emulator behaves as AWS does, where ministack does not."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.demo.synthesis import STACK
from local.emulator.account import LocalAccount
from local.emulator.control_client import ControlError
from local.emulator.process import EMULATOR_PYTHON, ROOT
from local.emulator.records import Cause, Invocation, PublishedMessage
from tests.local import sample_stack
from tests.local.conftest import AccountFactory
from tests.local.proxy import proxy_to

START = datetime(2027, 1, 1, 12, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
SUBSCRIBER = "you@example.com"


@pytest.fixture(scope="module")
def account(
    account_factory: AccountFactory, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalAccount]:
    """Deploy the sample stack into a new account."""
    account = account_factory(START)
    account.deploy(sample_stack.write(tmp_path_factory.mktemp("sample")), sample_stack.STACK)
    yield account
    account.close()


@pytest.fixture
def outputs(account: LocalAccount) -> dict[str, str]:
    """Return the outputs of the sample stack."""
    return account.use(sample_stack.STACK)


@pytest.fixture
def user(account: LocalAccount, request: pytest.FixtureRequest) -> str:
    """Create a user for one test, with the path that the function may read."""
    name = request.node.name.replace("[", "-").replace("]", "")[:60]
    account.create_user(name, path="/ops/")
    return str(name)


def _code(refused: pytest.ExceptionInfo[ClientError]) -> str:
    return refused.value.response["Error"]["Code"]


# --- clock and schedule


def test_a_schedule_runs_at_each_due_time_in_its_time_zone(account: LocalAccount) -> None:
    first = account.now.date() + timedelta(days=1)
    before = len(account.invocations())
    account.move_clock(to=account.now + timedelta(days=3))
    runs = account.invocations()[before:]
    due = [f"{first + timedelta(days=day)}T08:00:00Z" for day in range(3)]  # 09:00 in Madrid
    assert [each.payload["due"] for each in runs] == due
    assert {each.cause for each in runs} == {Cause.SCHEDULE}


def test_the_function_and_the_account_have_the_same_clock(account: LocalAccount, user: str) -> None:
    account.move_clock(to=account.now + timedelta(hours=1))
    reported = datetime.fromisoformat(account.invoke({}).answer["now"])
    keys = account.client("iam").create_access_key(UserName=user)
    for instant in (reported, keys["AccessKey"]["CreateDate"]):
        assert abs(instant - account.now) < timedelta(seconds=10)


def test_a_cron_expression_may_name_a_day_of_the_week(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    with _schedule(account, outputs, "weekly", "cron(30 10 ? * MON *)"):
        account.move_clock(to=account.now + timedelta(days=14))
    payloads = [each.payload for each in account.invocations()]
    due = [datetime.fromisoformat(each["weekly"]) for each in payloads if "weekly" in each]
    assert [f"{each:%a %H:%M}" for each in due] == ["Mon 10:30", "Mon 10:30"]


def test_a_schedule_runs_while_the_clock_ticks(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    due = (account.now + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")
    deadline = time.monotonic() + 15
    with _schedule(account, outputs, "soon", f"at({due})"):
        while not (runs := _with_payload(account, {"soon": f"{due}Z"})):
            assert time.monotonic() < deadline, "the schedule did not run"
            time.sleep(0.1)
    assert [each.cause for each in runs] == [Cause.SCHEDULE]


def test_the_clock_does_not_move_back(account: LocalAccount) -> None:
    with pytest.raises(ControlError, match="cannot move back"):
        account.move_clock(to=START - timedelta(days=1))


def test_a_schedule_whose_role_is_denied_invokes_nothing(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    before = len(account.invocations())
    with _denied(account, outputs["ScheduleRoleName"], "lambda:InvokeFunction"):
        account.move_clock(to=account.now + timedelta(days=2))
    assert len(account.invocations()) == before


# --- function


def test_an_error_in_the_handler_is_returned_as_by_lambda(account: LocalAccount) -> None:
    client = account.client("lambda")
    answer = client.invoke(FunctionName=account.function_name, Payload='{"fail": true}')
    assert answer["FunctionError"] == "Unhandled"
    reported = json.load(answer["Payload"])
    assert (reported["errorType"], reported["errorMessage"]) == ("ValueError", "requested failure")


def test_an_invocation_contains_the_output_of_the_function(account: LocalAccount) -> None:
    assert "event {'colour': 'red'}" in account.invoke({"colour": "red"}).log


def test_a_function_is_killed_at_its_timeout(account: LocalAccount) -> None:
    late = account.invoke({"sleep": 10})
    assert late.error is not None
    assert late.error["errorType"] == "Sandbox.Timedout"
    assert account.invoke({}).error is None


@pytest.mark.parametrize("package", ["ministack", "local", "aws_lambda_powertools", "pytest"])
def test_the_function_cannot_import_a_package_that_its_bundle_lacks(
    account: LocalAccount, package: str
) -> None:
    failed = account.invoke({"import": package})
    assert failed.error is not None
    assert failed.error["errorType"] == "ModuleNotFoundError"


def test_the_function_has_the_permissions_of_its_role_only(account: LocalAccount) -> None:
    calls: list[Any] = [["iam", "list_users", {}], ["iam", "create_user", {"UserName": "x"}]]
    answer = account.invoke({"calls": calls}).answer
    assert answer["list_users"] == "allowed"
    assert answer["create_user"] == "AccessDenied"


def test_a_failed_asynchronous_invocation_is_retried_and_then_sent_to_the_queue(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    before = len(account.invocations())
    name = outputs["FunctionName"]
    payload = '{"fail": "twice"}'
    account.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=payload)
    account.wait()
    assert len(account.invocations()) - before == 2
    assert json.loads(_received(account, outputs)[-1])["requestPayload"] == {"fail": "twice"}


def test_a_new_deployment_runs_the_new_version(account: LocalAccount, tmp_path: Path) -> None:
    ran = []
    for version in (2, 1):
        account.deploy(sample_stack.write(tmp_path, version=version), sample_stack.STACK)
        ran.append(account.invoke({}).answer["version"])
    assert ran == [2, 1]


def test_the_function_can_call_through_a_proxy_that_rewrites_the_host(
    account: LocalAccount,
) -> None:
    with proxy_to(account.endpoint) as url:
        account.send_function_through(url)
        answer = account.invoke({"calls": [["iam", "list_users", {}]]}).answer
        account.send_function_through(None)
    assert answer["list_users"] == "allowed"


# --- IAM


def test_last_use_is_returned_as_set(account: LocalAccount, user: str) -> None:
    key, iam = account.create_key(user, created=LONG_AGO), account.client("iam")
    never = iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]
    assert never == {"ServiceName": "N/A", "Region": "N/A"}
    account.set_last_used(key, LONG_AGO + timedelta(days=1), service="sts", region="us-east-1")
    used = iam.get_access_key_last_used(AccessKeyId=key)
    assert used["UserName"] == user
    assert used["AccessKeyLastUsed"] == {
        "LastUsedDate": LONG_AGO + timedelta(days=1),
        "ServiceName": "sts",
        "Region": "us-east-1",
    }
    account.set_last_used(key, None)
    assert iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"] == never


def test_last_use_of_an_unknown_key_is_an_error(account: LocalAccount) -> None:
    with pytest.raises(ClientError) as refused:
        account.client("iam").get_access_key_last_used(AccessKeyId="AKIA" + "X" * 16)
    assert _code(refused) == "NoSuchEntity"


def test_the_credential_report_has_the_same_last_use(account: LocalAccount, user: str) -> None:
    key, iam = account.create_key(user, created=LONG_AGO), account.client("iam")
    account.set_last_used(key, LONG_AGO + timedelta(days=1))
    iam.generate_credential_report()
    lines = iam.get_credential_report()["Content"].decode().splitlines()
    (line,) = [each for each in lines if each.startswith(f"{user},")]
    assert "true,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,eu-west-1,s3" in line


def test_a_key_can_be_backdated(account: LocalAccount, user: str) -> None:
    account.create_key(user, created=LONG_AGO)
    (key,) = account.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
    assert key["CreateDate"] == LONG_AGO


def test_list_users_is_paginated(account: LocalAccount, user: str) -> None:
    for number in range(101):
        account.create_user(f"{user}-{number}", path="/many/")
    iam = account.client("iam")
    first = iam.list_users(PathPrefix="/many/")
    assert (len(first["Users"]), first["IsTruncated"]) == (100, True)
    rest = iam.list_users(PathPrefix="/many/", Marker=first["Marker"])
    assert (len(rest["Users"]), rest["IsTruncated"]) == (1, False)
    assert len(iam.list_users(PathPrefix="/many/", MaxItems=7)["Users"]) == 7


def test_list_access_keys_is_paginated(account: LocalAccount, user: str) -> None:
    made = {account.create_key(user) for _ in range(3)}
    iam = account.client("iam")
    first = iam.list_access_keys(UserName=user, MaxItems=2)
    rest = iam.list_access_keys(UserName=user, Marker=first["Marker"])
    found = [*first["AccessKeyMetadata"], *rest["AccessKeyMetadata"]]
    assert {each["AccessKeyId"] for each in found} == made


def test_listing_the_keys_of_an_unknown_user_is_an_error(account: LocalAccount) -> None:
    with pytest.raises(ClientError) as refused:
        account.client("iam").list_access_keys(UserName="nobody")
    assert _code(refused) == "NoSuchEntity"


def test_deleting_a_key_in_the_name_of_another_user_is_an_error(
    account: LocalAccount, user: str
) -> None:
    key, iam = account.create_key(user), account.client("iam")
    with pytest.raises(ClientError) as refused:
        iam.delete_access_key(UserName="somebody-else", AccessKeyId=key)
    assert _code(refused) == "NoSuchEntity"
    iam.delete_access_key(UserName=user, AccessKeyId=key)


# --- permissions


def test_get_parameters_needs_permission_for_each_parameter(account: LocalAccount) -> None:
    ssm = account.role_session().client("ssm")
    found = ssm.get_parameters(Names=["/sample/first", "/sample/second"])["Parameters"]
    assert [each.get("Value") for each in found] == ["1", "2"]
    with pytest.raises(ClientError) as refused:
        ssm.get_parameters(Names=["/sample/first", "/other"])
    assert _code(refused) == "AccessDeniedException"


def test_permission_to_read_last_use_depends_on_the_path_of_the_user(
    account: LocalAccount, user: str
) -> None:
    account.create_user(f"{user}-2", path="/other/")
    iam = account.role_session().client("iam")
    iam.get_access_key_last_used(AccessKeyId=account.create_key(user))
    with pytest.raises(ClientError) as refused:
        iam.get_access_key_last_used(AccessKeyId=account.create_key(f"{user}-2"))
    assert _code(refused) == "AccessDenied"


def test_publishing_needs_permission_for_the_kms_key_of_the_topic(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    sns, topic = account.role_session().client("sns"), outputs["TopicArn"]
    sns.publish(TopicArn=topic, Message="with the key")
    with (
        _denied(account, outputs["RoleName"], "kms:Decrypt"),
        pytest.raises(ClientError) as refused,
    ):
        sns.publish(TopicArn=topic, Message="without")
    assert _code(refused) == "AuthorizationError"


def test_the_function_writes_to_an_encrypted_table(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    item = {"TableName": outputs["TableName"], "Item": {"pk": {"S": "a"}}}
    answer = account.invoke({"calls": [["dynamodb", "put_item", item]]}).answer
    assert answer["put_item"] == "allowed"


# --- SNS


def test_a_message_is_recorded_with_the_body_for_each_protocol(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    _publish(account, outputs, {"default": "short", "email": "long", "sqs": '{"n": 1}'})
    message = account.outbox()[-1]
    assert (message.subject, message.text, dict(message.attributes)) == (
        "news",
        "long",
        {"mode": "report"},
    )
    assert message.bodies["sqs"] == '{"n": 1}'
    assert {each.protocol for each in message.recipients} == {"email", "sqs"}
    assert json.loads(_received(account, outputs)[-1])["Message"] == '{"n": 1}'


def test_a_pending_subscription_has_no_arn_and_receives_nothing(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    account.set_confirmed(SUBSCRIBER, confirmed=False)
    assert _subscription_arn(account, outputs) == "PendingConfirmation"
    assert SUBSCRIBER not in _recipients(_publish(account, outputs, {"default": "unread"}))
    account.set_confirmed(SUBSCRIBER, confirmed=True)
    assert _subscription_arn(account, outputs).startswith(outputs["TopicArn"])
    assert SUBSCRIBER in _recipients(_publish(account, outputs, {"default": "read"}))


@pytest.mark.parametrize(
    "publication",
    [
        {"Message": "m", "Subject": "x" * 100},
        {"Message": "m", "Subject": "two\nlines"},
        {"Message": "m", "Subject": "na\u00efve"},
        {"Message": '{"email": "m"}', "MessageStructure": "json"},
        {
            "Message": "m",
            "MessageAttributes": {"mode": {"DataType": "String", "StringValue": ""}},
        },
    ],
)
def test_sns_rejects_what_it_rejects_on_aws(
    account: LocalAccount, outputs: dict[str, str], publication: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as refused:
        account.client("sns").publish(TopicArn=outputs["TopicArn"], **publication)
    assert _code(refused) == "InvalidParameter"


# --- ministack


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        (
            "m.private_name('services.iam', '_list_people')",
            "ministack.services.iam has no _list_people",
        ),
        ("m.SUPPORTED_VERSION = '0.0.0'; m.check_version()", "local/emulator requires 0.0.0"),
    ],
    ids=["a missing private name", "another version"],
)
def test_a_change_of_ministack_is_an_error(statement: str, error: str) -> None:
    """Run in the emulator's environment, which has ministack."""
    code = f"from local.emulator import ministack_internals as m; {statement}"
    ran = subprocess.run(  # noqa: S603 - fixed
        [EMULATOR_PYTHON, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert re.search(rf"MinistackChangedError: .*{re.escape(error)}$", ran.stderr, re.MULTILINE)


def test_the_stack_of_the_product_deploys(
    account_factory: AccountFactory, synthesised: Path
) -> None:
    with account_factory(START) as other:
        outputs = other.deploy(synthesised, STACK)
        assert {"FunctionName", "TopicArn", "TableName", "ParameterPath"} <= set(outputs)


def _with_payload(account: LocalAccount, payload: object) -> list[Invocation]:
    return [each for each in account.invocations() if each.payload == payload]


@contextmanager
def _schedule(
    account: LocalAccount, outputs: dict[str, str], name: str, expression: str
) -> Iterator[None]:
    """Create a schedule during the block. Its event contains the due time under its name."""
    scheduler = account.client("scheduler")
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": outputs["FunctionArn"],
            "RoleArn": outputs["ScheduleRoleArn"],
            "Input": json.dumps({name: "<aws.scheduler.scheduled-time>"}),
        },
    )
    yield
    scheduler.delete_schedule(Name=name)


@contextmanager
def _denied(account: LocalAccount, role: str, action: str) -> Iterator[None]:
    """Deny an action to a role during the block."""
    iam = account.client("iam")
    denial = {"Effect": "Deny", "Action": action, "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denial]})
    iam.put_role_policy(RoleName=role, PolicyName="Denied", PolicyDocument=policy)
    yield
    iam.delete_role_policy(RoleName=role, PolicyName="Denied")


def _publish(
    account: LocalAccount, outputs: dict[str, str], bodies: dict[str, str]
) -> PublishedMessage:
    """Publish a message with a body for each of these protocols, and return its record."""
    account.client("sns").publish(
        TopicArn=outputs["TopicArn"],
        Subject="news",
        Message=json.dumps(bodies),
        MessageStructure="json",
        MessageAttributes={"mode": {"DataType": "String", "StringValue": "report"}},
    )
    return account.outbox()[-1]


def _recipients(message: PublishedMessage) -> set[str]:
    return {each.endpoint for each in message.recipients}


def _subscription_arn(account: LocalAccount, outputs: dict[str, str]) -> str:
    listed = account.client("sns").list_subscriptions_by_topic(TopicArn=outputs["TopicArn"])
    (found,) = [each for each in listed["Subscriptions"] if each.get("Endpoint") == SUBSCRIBER]
    return found.get("SubscriptionArn", "")


def _received(account: LocalAccount, outputs: dict[str, str]) -> list[str]:
    """Receive and delete all messages in the queue of the sample stack, oldest first."""
    sqs, url = account.client("sqs"), outputs["QueueUrl"]
    taken = []
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for each in found:
            taken.append(each.get("Body", ""))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each.get("ReceiptHandle", ""))
    return taken
