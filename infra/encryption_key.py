"""The key that everything at rest is encrypted with."""

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct


class EncryptionKey(Construct):
    """One customer-managed KMS key for the table, the topic and the queue, rotated every year.

    An AWS-managed key cannot serve: its policy lets no alarm publish to the topic.
    The key stays when the stack goes, as the table stays and cannot be read without it.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        """Create the key; the account's IAM policies say who else may use it."""
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            description="key-rotation: table, topic and dead-letter queue",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        # CloudWatch calls KMS as itself when an alarm publishes to the encrypted topic; without
        # this the alarm fails silently. Scheduler sends to the queue as its role; AWS asks for
        # this statement all the same where the queue is encrypted.
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsAndScheduler",
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],  # in a key's policy: this key
                principals=[
                    iam.ServicePrincipal("cloudwatch.amazonaws.com"),
                    iam.ServicePrincipal("scheduler.amazonaws.com"),
                ],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )


def via_services(*services: str) -> dict[str, object]:
    """Limit a permission to use the key to what these services of this Region do with it."""
    # The end is * for China, where services end in amazonaws.com.cn.
    via = [f"{service}.{Aws.REGION}.*" for service in services]
    return {"StringLike": {"kms:ViaService": via}}
