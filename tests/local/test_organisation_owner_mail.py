"""A deployed hub with mail to owners: the digest step sends, and no other step can."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.demo.organisation.playback import document
from local.emulator.account import LocalAccount
from local.emulator.local_organization import LocalOrganization
from local.emulator.records import PublishedMessage, SentMail
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


def test_the_hub_mails_the_owners_of_keys_in_an_account_until_one_bounces(hub: Hub) -> None:
    """The owner of ops has no mailbox, and this deployment has no fallback."""
    for name in ("notice-days", "grace-days"):
        hub.set_parameter(name, "1")
    for user in ("bob", "ops"):
        hub.create_key(MEMBER, user)
        tag = {"Key": "owner-email", "Value": f"{user}@example.com"}
        hub.iam(MEMBER).tag_user(UserName=user, Tags=[tag])

    days = [_next_day(hub) for _ in range(3)]

    assert [[(mail.to, mail.text.partition("\n")[0]) for mail in mails] for mails, _ in days] == [
        [
            (("bob@example.com",), "An AWS access key of bob stops working on Wed 3 Jun 2026"),
            (("ops@example.com",), "An AWS access key of ops stops working on Wed 3 Jun 2026"),
        ],
        [(("bob@example.com",), "An AWS access key of bob no longer works")],
        [(("bob@example.com",), "An AWS access key of bob was deleted")],
    ]
    named = [document(digest)["owners_not_reached"] for _, digests in days for digest in digests]
    assert [[each["address"] for each in found] for found in named] == [
        [],
        ["ops@example.com"],
        [],
    ]
    assert named[1][0]["account_id"] == MEMBER


def _next_day(hub: Hub) -> tuple[list[SentMail], list[PublishedMessage]]:
    """Let the schedule run the hub on the next day; returns its mails and its digests.

    SES then reports that the mails to ops bounced.
    """
    account = hub.account
    mailed, published = len(account.mails()), len(account.outbox())
    account.move_clock(to=account.now + timedelta(days=1))
    mails = account.mails()[mailed:]
    for mail in mails:
        if mail.to == ("ops@example.com",):
            account.emit_event("aws.ses", "Email Bounced", _bounce(hub, mail))
    return sorted(mails, key=lambda mail: mail.to), hub.digests(account.outbox()[published:])


def _bounce(hub: Hub, mail: SentMail) -> dict[str, Any]:
    tags = {"ses:configuration-set": [_variables(hub, SENDS)["CONFIGURATION_SET"]]}
    bounced = [{"emailAddress": each, "diagnosticCode": "550 no such user"} for each in mail.to]
    return {
        "eventType": "Bounce",
        "mail": {"messageId": mail.message_id, "destination": list(mail.to), "tags": tags},
        "bounce": {"bounceType": "Permanent", "bouncedRecipients": bounced},
    }
