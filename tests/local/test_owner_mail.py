"""A deployed stack with mail to owners: what its role may send, and where reports on it arrive."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.demo.synthesis import STACK
from local.emulator.account import ACCOUNT, LocalAccount
from local.emulator.stack_deployer import DeploymentFailedError, StackDeployer
from tests.local.conftest import AccountFactory

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
OTHERS = "aws-ses@example.com"
"""Another sender that is verified in the account."""


@pytest.fixture(scope="module")
def account(account_with_owner_mail: AccountFactory) -> Iterator[LocalAccount]:
    """Deploy the stack into an account in which its sender's domain and others are verified."""
    with account_with_owner_mail(START) as account:
        ses = account.client("sesv2")
        for identity in ("example.com", "example.net", OTHERS):
            ses.create_email_identity(EmailIdentity=identity)
        ses.create_configuration_set(ConfigurationSetName="of-others")
        yield account


@pytest.fixture(scope="module")
def variables(account: LocalAccount) -> dict[str, str]:
    """The environment of the deployed function."""
    config = account.client("lambda").get_function_configuration(FunctionName=account.function_name)
    return dict(config["Environment"]["Variables"])


@pytest.fixture(scope="module")
def role(account: LocalAccount) -> boto3.Session:
    """A session with the credentials of the function's role."""
    return account.role_session()


@pytest.fixture
def mail(variables: dict[str, str]) -> dict[str, Any]:
    """A mail that the role may send."""
    headers = [{"Name": "References", "Value": "<thread@example.com>"}]
    body = {"Text": {"Data": "text"}, "Html": {"Data": "<p>text</p>"}}
    return {
        "FromEmailAddress": variables["OWNER_MAIL_FROM"],
        "ConfigurationSetName": variables["CONFIGURATION_SET"],
        "Destination": {"ToAddresses": ["bob@example.com"]},
        "Content": {"Simple": {"Subject": {"Data": "s"}, "Body": body, "Headers": headers}},
    }


def test_a_run_of_the_deployed_function_succeeds(account: LocalAccount) -> None:
    assert account.invoke({}).error is None


def test_the_parameters_can_be_read_by_the_role_together_with_the_thresholds(
    role: boto3.Session,
) -> None:
    """`GetParameters` takes ten names at most, which are these."""
    names = [
        *("mode", "max-age-days", "notice-days", "grace-days", "max-changes-per-run"),
        *("delete-unused-keys", "adopt-inactive-keys", "exemptions", "owner-tags", "owner-notice"),
    ]
    answer = role.client("ssm").get_parameters(Names=[f"/key-rotation/{name}" for name in names])
    assert len(answer["Parameters"]) == len(names) == 10


@pytest.mark.parametrize("recipient", ["bob@example.com", "bob@eu.example.org"])
def test_the_role_may_mail_owners_in_the_allowed_domains(
    role: boto3.Session, mail: dict[str, Any], recipient: str
) -> None:
    to = {"Destination": {"ToAddresses": [recipient]}}
    assert role.client("sesv2").send_email(**mail | to)["MessageId"]


@pytest.mark.parametrize(
    "change",
    [
        {"Destination": {"ToAddresses": ["bob@example.org"]}},
        {"Destination": {"ToAddresses": ["bob@eu.example.com"]}},
        {"Destination": {"ToAddresses": ["bob@example.com.evil.org"]}},
        {"Destination": {"ToAddresses": ["bob@example.com", "bob@example.net"]}},
        {"Destination": {"ToAddresses": ["b@example.com"], "BccAddresses": ["b@example.net"]}},
        {"Destination": {"ToAddresses": []}},
        {"FromEmailAddress": OTHERS},
        {"FromEmailAddress": "ceo@example.com"},
        {"FromEmailAddress": "key-rotation@example.net"},
        {"ConfigurationSetName": "of-others"},
    ],
    ids=[
        "above a domain",
        "below a domain",
        "a domain that begins alike",
        "one of two recipients",
        "hidden recipient",
        "nobody",
        "sender with another identity",
        "sender of the same domain",
        "sender of another domain",
        "configuration set",
    ],
)
def test_the_role_is_denied_any_other_mail(
    role: boto3.Session, mail: dict[str, Any], change: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match=r"\(AccessDeniedException\).* ses:SendEmail"):
        role.client("sesv2").send_email(**mail | change)


def test_the_role_may_see_the_quota(role: boto3.Session) -> None:
    assert role.client("sesv2").get_account()["SendQuota"]["Max24HourSend"]


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("create_email_identity", {"EmailIdentity": "mallory@example.com"}),
        ("delete_configuration_set", {"ConfigurationSetName": "of-others"}),
        ("list_email_identities", {}),
        ("put_account_suppression_attributes", {"SuppressedReasons": []}),
    ],
)
def test_the_role_is_denied_everything_else_in_ses(
    role: boto3.Session, operation: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match=r"\(AccessDenied"):
        getattr(role.client("sesv2"), operation)(**arguments)


def _report(message_id: str, configuration_set: str) -> dict[str, Any]:
    """Return the part of an event of SES that a rule matches (SES Developer Guide)."""
    tags = {"ses:configuration-set": [configuration_set], "ses:operation": ["SendEmail"]}
    return {"eventType": "Bounce", "mail": {"messageId": message_id, "tags": tags}}


@pytest.mark.parametrize(
    "detail_type",
    ["Email Delivered", "Email Bounced", "Email Complaint Received", "Email Rejected"],
)
def test_a_report_on_a_mail_of_the_product_reaches_the_queue_where_the_role_takes_it(
    account: LocalAccount, role: boto3.Session, variables: dict[str, str], detail_type: str
) -> None:
    """Those on mails of others, and on mails that are opened, do not."""
    sqs, queue = role.client("sqs"), variables["MAIL_EVENTS_QUEUE_URL"]
    ours, others = _report("ours", variables["CONFIGURATION_SET"]), _report("other", "of-others")
    account.emit_event("aws.ses", detail_type, others)
    account.emit_event("aws.ses", "Email Opened", ours)
    account.emit_event("aws.ses", detail_type, ours)
    (message,) = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    event = json.loads(message["Body"])
    assert event["detail-type"] == detail_type
    assert event["detail"]["mail"]["messageId"] == "ours"
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)


@pytest.mark.parametrize("operation", ["send_message", "purge_queue"])
def test_the_role_may_not_send_to_that_queue_or_empty_it(
    role: boto3.Session, variables: dict[str, str], operation: str
) -> None:
    queue = {"QueueUrl": variables["MAIL_EVENTS_QUEUE_URL"]}
    body = {"MessageBody": "{}"} if operation == "send_message" else {}
    with pytest.raises(ClientError, match=r"\(AccessDenied"):
        getattr(role.client("sqs"), operation)(**queue | body)


def test_in_a_region_without_ses_nothing_is_created(
    account: LocalAccount, synthesised_with_owner_mail: Path
) -> None:
    session = boto3.Session(
        region_name="ap-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106  # of the emulator
    )
    session.client = partial(session.client, endpoint_url=account.endpoint)  # type: ignore[method-assign]
    with pytest.raises((DeploymentFailedError, ClientError), match="has no Amazon SES"):
        StackDeployer(session, account=ACCOUNT).deploy(synthesised_with_owner_mail, STACK)
    assert session.client("dynamodb").list_tables()["TableNames"] == []
    assert session.client("sns").list_topics()["Topics"] == []
