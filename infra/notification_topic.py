"""The SNS topic for digests and alarms."""

from collections.abc import Sequence

from aws_cdk import Annotations, Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct


class NotificationTopic(Construct):
    """One encrypted SNS topic that requires TLS, with e-mail subscriptions."""

    def __init__(
        self, scope: Construct, construct_id: str, *, key: kms.IKey, emails: Sequence[str]
    ) -> None:
        """Create the topic and its subscriptions; each subscriber must confirm by a link."""
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(
            self, "Topic", display_name="Key rotation", master_key=key, enforce_ssl=True
        )
        let_alarms_publish(self.topic)
        for email in emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
        if not emails:
            Annotations.of(self).add_warning_v2(
                "key-rotation:no-subscriber",
                "The context email is none: nobody is subscribed. In enforce mode every run fails"
                " until the topic has a confirmed subscription.",
            )


def let_alarms_publish(topic: sns.Topic) -> None:
    """Let the alarms of this account publish to a topic.

    enforce_ssl gives the topic a policy, so the policy must also allow the alarms.
    """
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="AlarmsPublish",
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )
