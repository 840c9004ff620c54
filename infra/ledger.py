"""The ledger: the watch of each key, and the history of what was done."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct


class Ledger(Construct):
    """One on-demand DynamoDB table.

    It stays when the stack goes: without it nobody could say which keys were deactivated by this
    tool and since when, and an auditor would lose the history. A new stack starts a new one.
    """

    def __init__(self, scope: Construct, construct_id: str, *, key: kms.IKey) -> None:
        """Create the table, protected from deletion and restorable to any second of 35 days."""
        super().__init__(scope, construct_id)
        # Not TableV2: it takes a key of ours only where the Region is known at synthesis.
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
            # Bookkeeping only (such as the locks of past runs): expiry drives no action.
            time_to_live_attribute="expires_at",
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
