"""The stack: composes the constructs, grants, and names the outputs."""

from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from infra.context import Context
from infra.encryption import EncryptionKey
from infra.enforcer import Enforcer
from infra.ledger import Ledger
from infra.metrics import NAMESPACE, SERVICE
from infra.monitoring import Monitoring
from infra.notices import Notices
from infra.overview import Overview
from infra.role import EnforcerRole
from infra.thresholds import PARAMETER_PATH, Thresholds
from infra.timetable import Timetable


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
        topic = Notices(self, "Notices", key=key, emails=context.emails).topic
        permissions = EnforcerRole(self, "Permissions")
        enforcer = Enforcer(
            self,
            "Enforcer",
            package=package,
            role=permissions.role,
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
        permissions.may_enforce()
        permissions.may_read(thresholds.parameters)
        permissions.may_keep(table)
        permissions.may_tell(topic)
        permissions.may_log_to(enforcer.log_group)
        permissions.may_give_up_to(enforcer.dead_letters)
        permissions.may_use(key)
        Timetable(
            self,
            "Timetable",
            function=enforcer.function,
            dead_letters=enforcer.dead_letters,
            key=key,
            schedule=context.schedule,
            timezone=context.timezone,
        )
        monitoring = Monitoring(
            self,
            "Monitoring",
            function=enforcer.function,
            dead_letters=enforcer.dead_letters,
            topic=topic,
            silence_hours=context.silence_hours,
        )
        overview = Overview(self, "Overview", function=enforcer.function, alarms=monitoring.alarms)
        for name, value in {
            "FunctionName": enforcer.function.function_name,
            "TopicArn": topic.topic_arn,
            "TableName": table.table_name,
            "ParameterPath": PARAMETER_PATH,
            "DashboardUrl": overview.url(),
        }.items():
            cdk.CfnOutput(self, name, value=value)
