"""The SNS topic for the digests of single accounts."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

ACCOUNT_ID = "account_id"
"""The attribute of a message by which subscriptions choose it."""


class AccountNotices(Construct):
    """One encrypted SNS topic that requires TLS, each subscription with the accounts it gets.

    It is a topic of its own, because alarms carry no attributes: a subscription with a filter
    policy would never get one.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: kms.IKey,
        accounts: Mapping[str, Sequence[str]],
    ) -> None:
        """Create the topic; `accounts` has the account ids of each e-mail address.

        An address has one subscription, since SNS has one for each topic and address.
        """
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(
            self,
            "Topic",
            display_name="Key rotation, one account",
            master_key=key,
            enforce_ssl=True,
        )
        for email, ids in accounts.items():
            of_accounts = sns.SubscriptionFilter.string_filter(allowlist=list(ids))
            self.topic.add_subscription(
                subscriptions.EmailSubscription(email, filter_policy={ACCOUNT_ID: of_accounts})
            )
