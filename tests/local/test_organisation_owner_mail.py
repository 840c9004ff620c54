"""A deployed hub with mail to owners: the digest step sends, and no other step can."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.emulator.account import LocalAccount
from local.emulator.local_organization import LocalOrganization
from tests.local.hub import Hub, deploy_hub

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
MANAGEMENT, MEMBER = "500000000000", "500000000001"
SENDER = "key-rotation@example.com"
CONTEXT = {"owner-mail-from": SENDER, "owner-domains": "example.com"}
SENDS, DOES_NOT = "DigestFunctionName", ("PrepareFunctionName", "AccountFunctionName")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Deploy the hub into an account in which the sender's domain is verified, with one member."""
    with LocalAccount.start(now=START) as account:
        organization = LocalOrganization(account, management=MANAGEMENT)
        for each in (account.client("sts").get_caller_identity()["Account"], MEMBER):
            organization.join(each)
        account.client("sesv2").create_email_identity(EmailIdentity="example.com")
        folder = tmp_path_factory.mktemp("cdk.out")
        yield deploy_hub(organization, folder, targets=organization.root, **CONTEXT)


def _variables(hub: Hub, function: str) -> dict[str, str]:
    functions = hub.account.client("lambda")
    config = functions.get_function_configuration(FunctionName=hub.outputs[function])
    return dict(config["Environment"]["Variables"])


def _role(hub: Hub, function: str) -> boto3.Session:
    return hub.account.role_session(hub.outputs[function])


def _mail(hub: Hub, recipient: str) -> dict[str, Any]:
    return {
        "FromEmailAddress": SENDER,
        "ConfigurationSetName": _variables(hub, SENDS)["CONFIGURATION_SET"],
        "Destination": {"ToAddresses": [recipient]},
        "Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
    }


def test_a_run_of_the_deployed_hub_succeeds(hub: Hub) -> None:
    assert hub.run({})


def test_the_digest_step_mails_owners_in_the_allowed_domains_only(hub: Hub) -> None:
    ses = _role(hub, SENDS).client("sesv2")
    assert ses.get_account()["SendQuota"]
    assert ses.send_email(**_mail(hub, "bob@example.com"))["MessageId"]
    with pytest.raises(ClientError, match=r"\(AccessDeniedException\).* ses:SendEmail"):
        ses.send_email(**_mail(hub, "bob@example.net"))


def test_the_digest_step_takes_reports_off_the_queue(hub: Hub) -> None:
    sqs, variables = _role(hub, SENDS).client("sqs"), _variables(hub, SENDS)
    queue = variables["MAIL_EVENTS_QUEUE_URL"]
    tags = {"ses:configuration-set": [variables["CONFIGURATION_SET"]]}
    hub.account.emit_event("aws.ses", "Email Bounced", {"mail": {"tags": tags}})
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


@pytest.mark.parametrize("function", DOES_NOT)
def test_no_other_step_sends_or_reads_reports(hub: Hub, function: str) -> None:
    role = _role(hub, function)
    with pytest.raises(ClientError, match=r"\(AccessDeniedException\).* ses:SendEmail"):
        role.client("sesv2").send_email(**_mail(hub, "bob@example.com"))
    queue = _variables(hub, SENDS)["MAIL_EVENTS_QUEUE_URL"]
    with pytest.raises(ClientError, match=r"\(AccessDenied"):
        role.client("sqs").receive_message(QueueUrl=queue)
