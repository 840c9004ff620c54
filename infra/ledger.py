"""The DynamoDB table with the watch of each key and the history of all changes."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct


class Ledger(Construct):
    """One on-demand DynamoDB table.

    It is kept when the stack is deleted: it is the only record of which keys this product
    deactivated and when, and the history is evidence for auditors. A new stack creates a new table.
    """

    def __init__(self, scope: Construct, construct_id: str, *, key: kms.IKey) -> None:
        """Create the table with deletion protection and point-in-time recovery (35 days)."""
        super().__init__(scope, construct_id)
        # TableV2 accepts a customer-managed key only if the Region is known at synthesis.
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            # No item has this attribute, so no item expires. It is enabled in deployed stacks, and
            # removing it here would change their table.
            time_to_live_attribute="expires_at",
            deletion_protection=True,
            # Kept, except when the deployment that creates it fails.
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
