"""The stack: composes the constructs, grants, and names the outputs."""

from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from infra.context import Context
from infra.dashboard import Dashboard
from infra.encryption_key import EncryptionKey
from infra.function_role import FunctionRole
from infra.ledger import Ledger
from infra.metrics import NAMESPACE, SERVICE
from infra.monitoring import Monitoring
from infra.notification_topic import NotificationTopic
from infra.rotation_function import RotationFunction
from infra.run_schedule import RunSchedule
from infra.thresholds import PARAMETER_PATH, Thresholds


class KeyRotationStack(cdk.Stack):
    """Everything of one account. What `cdk destroy` leaves: the table, its key and the log."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        context: Context,
        package: Path,
        env: cdk.Environment | None = None,
    ) -> None:
        """Compose the parts around the function, whose code is the folder `package`."""
        super().__init__(
            scope, construct_id, env=env, description="Enforces IAM access-key rotation"
        )
        key = EncryptionKey(self, "Encryption").key
        thresholds = Thresholds(self, "Thresholds")
        table = Ledger(self, "Ledger", key=key).table
        topic = NotificationTopic(self, "Notices", key=key, emails=context.emails).topic
        function_role = FunctionRole(self, "Permissions")
        rotation_function = RotationFunction(
            self,
            "Enforcer",
            package=package,
            role=function_role.role,
            key=key,
            reserved_concurrency=context.reserved_concurrency,
            environment={
                "TABLE_NAME": table.table_name,
                "TOPIC_ARN": topic.topic_arn,
                "PARAMETER_PATH": PARAMETER_PATH,
                "TIMEZONE": context.timezone,
                "ACCOUNT_ID": cdk.Aws.ACCOUNT_ID,
                "POWERTOOLS_SERVICE_NAME": SERVICE,
                "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
            },
        )
        function_role.grant_iam()
        function_role.grant_parameter_read(thresholds.parameters)
        function_role.grant_ledger(table)
        function_role.grant_publish(topic)
        function_role.grant_logging(rotation_function.log_group)
        function_role.grant_dead_letter_send(rotation_function.dead_letter_queue)
        function_role.grant_key_use(key)
        function_role.grant_self_invoke(rotation_function.function, scope=rotation_function)
        RunSchedule(
            self,
            "Timetable",
            function=rotation_function.function,
            dead_letter_queue=rotation_function.dead_letter_queue,
            key=key,
            schedule=context.schedule,
            timezone=context.timezone,
        )
        monitoring = Monitoring(
            self,
            "Monitoring",
            function=rotation_function.function,
            dead_letter_queue=rotation_function.dead_letter_queue,
            topic=topic,
            silence_hours=context.silence_hours,
        )
        dashboard = Dashboard(
            self, "Overview", function=rotation_function.function, alarms=monitoring.alarms
        )
        for name, value in {
            "FunctionName": rotation_function.function.function_name,
            "TopicArn": topic.topic_arn,
            "TableName": table.table_name,
            "ParameterPath": PARAMETER_PATH,
            "DashboardUrl": dashboard.url(),
        }.items():
            cdk.CfnOutput(self, name, value=value)
