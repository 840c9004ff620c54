"""What the function that mails owners may do besides: send, and read what came of it."""

from collections.abc import Iterable

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sqs as sqs

from infra.owner_context import OwnerMailContext
from infra.role_statements import allow

# SES API v2: `Content.Simple`, which takes headers too, needs this action alone.
_SEND = "ses:SendEmail"


def owner_mail_statements(
    owners: OwnerMailContext, *, configuration_set: ses.ConfigurationSet, events: sqs.Queue
) -> list[iam.PolicyStatement]:
    """Send from one address to the allowed domains, see the quota, and take events off the queue.

    SES authorizes a mail for the identity that verifies the sender, which is the address or its
    domain, and for the configuration set (Service Authorization Reference, SES v2, SendEmail).
    """
    stack = Stack.of(events)
    domain = owners.sender.partition("@")[2]
    names = {
        "identity": (owners.sender, domain),
        "configuration-set": (configuration_set.configuration_set_name,),
    }
    arns = [
        stack.format_arn(service="ses", resource=resource, resource_name=name)
        for resource, of_resource in names.items()
        for name in of_resource
    ]
    return [
        allow("MailOwners", [_SEND], arns, _conditions(owners)),
        # It supports no resource-level permissions.
        allow("ReadSendingQuota", ["ses:GetAccount"], ["*"]),
        allow("ReadMailEvents", ["sqs:ReceiveMessage", "sqs:DeleteMessage"], [events.queue_arn]),
    ]


def _conditions(owners: OwnerMailContext) -> dict[str, object]:
    """Return the conditions of a mail; the comparisons are case-sensitive.

    `ForAllValues` alone would also hold without any recipient (IAM User Guide, "Multivalued context
    keys"), hence `Null`.
    """
    return {
        "StringEquals": {"ses:FromAddress": owners.sender},
        "ForAllValues:StringLike": {"ses:Recipients": list(_patterns(owners.domains))},
        "Null": {"ses:Recipients": "false"},
    }


def _patterns(domains: Iterable[str]) -> Iterable[str]:
    """Return the patterns of addresses: `*@example.com`, and `*@*.example.com` for those below."""
    return (f"*@{domain}" for domain in domains)
