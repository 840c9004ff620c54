"""The KMS key that encrypts data at rest."""

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct


class EncryptionKey(Construct):
    """One customer-managed KMS key for the table, the topic and the queue, rotated every year.

    An AWS-managed key does not work: its key policy does not let alarms publish to the topic.
    The key is kept when the stack is deleted, because the table is kept and needs it.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        """Create the key; IAM policies of the account control who else can use it."""
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            description="key-rotation: table, topic and dead-letter queue",
            enable_key_rotation=True,
            # Kept, except when the deployment that creates it fails.
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        # CloudWatch uses its service principal when an alarm publishes to the encrypted topic;
        # without this statement the alarm fails silently. Scheduler sends to the encrypted queue
        # with its role, but the AWS documentation requires the statement too.
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsAndScheduler",
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],  # in a key policy: this key
                principals=[
                    iam.ServicePrincipal("cloudwatch.amazonaws.com"),
                    iam.ServicePrincipal("scheduler.amazonaws.com"),
                ],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )


def via_services(*services: str) -> dict[str, object]:
    """Return conditions that allow the use of a KMS key only through these services here.

    Services are named as in `kms:ViaService`, for example `sqs`, and are those of this Region.
    """
    # The suffix is * because it is amazonaws.com.cn in China.
    via = [f"{service}.{Aws.REGION}.*" for service in services]
    return {"StringLike": {"kms:ViaService": via}}
