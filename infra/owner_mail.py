"""The mail to the owners of keys: how SES sends it, and where SES reports what came of it."""

from aws_cdk import Aws, Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.owner_context import OwnerMailContext
from infra.owner_parameters import OWNER_PARAMETERS
from infra.owner_permissions import owner_mail_statements
from infra.ses_regions import require_ses
from infra.thresholds import PARAMETER_PATH, create_parameter

# What SES calls an event, and what it is called on the event bus (EventBridge Events Reference,
# "Amazon Simple Email Service events"). Rendering failures are those of templates, which are not
# used here. Nobody is watched: neither opening a mail nor following a link is an event.
_EVENTS = {
    ses.EmailSendingEvent.DELIVERY: "Email Delivered",
    ses.EmailSendingEvent.BOUNCE: "Email Bounced",
    ses.EmailSendingEvent.COMPLAINT: "Email Complaint Received",
    ses.EmailSendingEvent.REJECT: "Email Rejected",
}
_SERVICE = "events.amazonaws.com"


def owner_variables(owners: OwnerMailContext) -> dict[str, str]:
    """Return the environment of a function that finds the owners of keys."""
    found = {
        "OWNER_MAIL_FROM": owners.sender,
        "OWNER_DOMAINS": " ".join(owners.domains),
        "OWNER_FALLBACK": " ".join(owners.fallback),
    }
    return {name: value for name, value in found.items() if value}


class OwnerMail(Construct):
    """A configuration set of SES, the queue of what came of each mail, and two parameters.

    The sender's identity is not created here: it usually exists, and DNS records verify it.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, owners: OwnerMailContext, key: kms.Key
    ) -> None:
        """Create the resources; `key` encrypts the queue.

        Raises ContextError if the Region is known to have no SES.
        """
        super().__init__(scope, construct_id)
        require_ses(self, sender=owners.sender)
        self.parameters = [
            create_parameter(self, each, PARAMETER_PATH) for each in OWNER_PARAMETERS
        ]
        configuration_set = _configuration_set(self)
        queue = _queue(self, key)
        _deliver_events(self, configuration_set, queue)
        _let_events_use(key)
        self.statements = owner_mail_statements(
            owners, configuration_set=configuration_set, events=queue
        )
        """What the function that sends may do."""
        self.variables = owner_variables(owners) | {
            "CONFIGURATION_SET": configuration_set.configuration_set_name,
            "MAIL_EVENTS_QUEUE_URL": queue.queue_url,
        }
        """The environment of the function that sends."""
        for name, value in {"OWNER_REPLY_TO": owners.reply_to, "CONTACT": owners.contact}.items():
            if value is not None:
                self.variables[name] = value


def create_owner_mail(
    scope: Construct, *, owners: OwnerMailContext | None, key: kms.Key
) -> OwnerMail | None:
    """Create what mail to owners needs in a stack; None if owners get no mail."""
    return OwnerMail(scope, "OwnerMail", owners=owners, key=key) if owners else None


def _configuration_set(scope: Construct) -> ses.ConfigurationSet:
    """Create the configuration set, with its events on the default event bus: SES has no other."""
    configuration_set = ses.ConfigurationSet(
        scope,
        "Mails",
        tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
        suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
        reputation_metrics=True,
        sending_enabled=True,
    )
    bus = events.EventBus.from_event_bus_name(scope, "DefaultBus", "default")
    configuration_set.add_event_destination(
        "Events", destination=ses.EventDestination.event_bus(bus), events=[*_EVENTS]
    )
    return configuration_set


def _queue(scope: Construct, key: kms.Key) -> sqs.Queue:
    """Create the queue, which runs empty. A message that no run can read is reported and deleted.

    So it has no dead-letter queue. Neither has the rule: SES reports by best effort only, and
    EventBridge tries to deliver for a day.
    """
    return sqs.Queue(
        scope,
        "Events",
        encryption=sqs.QueueEncryption.KMS,
        encryption_master_key=key,
        enforce_ssl=True,
        retention_period=Duration.days(14),
    )


def _deliver_events(
    scope: Construct, configuration_set: ses.ConfigurationSet, queue: sqs.Queue
) -> None:
    """Send the events of the configuration set to the queue; nothing else may send there."""
    of_set = {"ses:configuration-set": [configuration_set.configuration_set_name]}
    rule = events.CfnRule(
        scope,
        "Rule",
        description="Keeps what came of each mail of key-rotation for its next run",
        event_pattern={
            "source": ["aws.ses"],
            "detail-type": [*_EVENTS.values()],
            "detail": {"mail": {"tags": of_set}},
        },
        state="ENABLED",
        targets=[events.CfnRule.TargetProperty(arn=queue.queue_arn, id="Queue")],
    )
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            sid="RuleSends",
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            principals=[iam.ServicePrincipal(_SERVICE)],
            conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
        )
    )


def _let_events_use(key: kms.Key) -> None:
    """Let EventBridge encrypt what it sends to the queue.

    The key's policy cannot name the rule, which names the queue, which names the key. The queue's
    policy admits that rule alone. The CDK's own grant for a rule and an encrypted queue has this
    condition too (aws_events_targets.SqsQueue); that `aws:SourceArn` would work is not verified.
    """
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="MailEvents",
            actions=["kms:Decrypt", "kms:GenerateDataKey*"],
            resources=["*"],  # in a key policy: this key
            principals=[iam.ServicePrincipal(_SERVICE)],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )
