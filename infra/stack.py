"""The stack: it creates the constructs, grants the permissions and defines the outputs."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.chat import create_chat_topic
from infra.context import Context
from infra.dashboard import Dashboard, function_runs
from infra.encryption_key import EncryptionKey
from infra.function_role import FunctionRole
from infra.ledger import Ledger
from infra.metrics import NAMESPACE, SERVICE
from infra.monitoring import Monitoring
from infra.notification_topic import NotificationTopic
from infra.owner_mail import create_owner_mail
from infra.rotation_function import RotationFunction
from infra.run_schedule import RunSchedule
from infra.thresholds import PARAMETER_PATH, Thresholds
from infra.viewer_policy import ViewerPolicy


class KeyRotationStack(cdk.Stack):
    """All resources of one account. `cdk destroy` keeps the table, its KMS key and the log group.

    Construct ids are part of the logical ids: CloudFormation replaces a resource whose id changes.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        context: Context,
        package: Path,
        env: cdk.Environment | None = None,
    ) -> None:
        """Create all resources; the folder `package` is the code of the function."""
        super().__init__(
            scope, construct_id, env=env, description="Enforces IAM access-key rotation"
        )
        self._key = EncryptionKey(self, "Encryption").key
        self._thresholds = Thresholds(self, "Thresholds")
        self._role = FunctionRole(self, "Permissions")
        self._owner_mail = create_owner_mail(self, owners=context.owner_mail, key=self._key)
        self._table = self._create_table()
        self._topic = NotificationTopic(self, "Notices", key=self._key, emails=context.emails).topic
        self._chat_topic = create_chat_topic(self, key=self._key, chat=context.chat)
        function = self._create_function(context, package)
        RunSchedule(
            self,
            "Timetable",
            starts=function.function,
            dead_letter_queue=function.dead_letter_queue,
            key=self._key,
            schedule=context.schedule,
            timezone=context.timezone,
        )
        dashboard = self._create_monitoring(context, function)
        if context.viewer_policy:
            ViewerPolicy(
                self, "Viewer", function=function.function, table=self._table, key=self._key
            )
        self._create_outputs(function, dashboard)

    def _create_table(self) -> dynamodb.Table:
        """Create the table after what refuses a deployment: names that exist already.

        Its deletion protection would keep the rollback of a failed first deployment from deleting
        it.
        """
        table = Ledger(self, "Ledger", key=self._key).table
        table.node.add_dependency(self._role.account_policy, self._thresholds)
        if self._owner_mail:
            table.node.add_dependency(self._owner_mail)
        return table

    def _create_function(self, context: Context, package: Path) -> RotationFunction:
        role = self._role
        function = RotationFunction(
            self,
            "Enforcer",
            package=package,
            role=role.role,
            key=self._key,
            reserved_concurrency=context.reserved_concurrency,
            environment={
                "TABLE_NAME": self._table.table_name,
                "TOPIC_ARN": self._topic.topic_arn,
                "PARAMETER_PATH": PARAMETER_PATH,
                "TIMEZONE": context.timezone,
                "LONGEST_GAP_HOURS": str(context.longest_gap_hours),
                "ACCOUNT_ID": cdk.Aws.ACCOUNT_ID,
                "POWERTOOLS_SERVICE_NAME": SERVICE,
                "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
                **({"CHAT_TOPIC_ARN": self._chat_topic.topic_arn} if self._chat_topic else {}),
            }
            | (self._owner_mail.variables if self._owner_mail else {}),
        )
        more = self._owner_mail.parameters if self._owner_mail else []
        role.grant_parameter_read([*self._thresholds.parameters, *more])
        role.grant_ledger(self._table, mails=self._owner_mail is not None)
        role.grant_publish(self._topic)
        if self._chat_topic:
            role.grant_chat(self._chat_topic)
        role.grant_logging(function.log_group)
        role.grant_dead_letter_send(function.dead_letter_queue)
        role.grant_key_use(self._key)
        role.grant_self_invoke(function.function, scope=function)
        function.function.node.add_dependency(
            role.account_policy, role.policy, role.exemption_policy
        )
        if self._owner_mail:
            policy = role.grant_owner_mail(self._owner_mail.statements)
            function.function.node.add_dependency(policy)
        return function

    def _create_monitoring(self, context: Context, function: RotationFunction) -> Dashboard:
        monitoring = Monitoring(
            self,
            "Monitoring",
            function=function.function,
            dead_letter_queue=function.dead_letter_queue,
            topics=self._alarm_topics(context.alarm_topic),
            silence_hours=context.silence_hours,
            owners=self._owner_mail is not None,
        )
        return Dashboard(
            self,
            "Overview",
            runs=function_runs(function.function),
            alarms=monitoring.alarms,
            owners=self._owner_mail is not None,
        )

    def _alarm_topics(self, other: str | None) -> list[sns.ITopic]:
        """Return our topic, that of chat, and the existing one that gets the alarms as well."""
        topics: list[sns.ITopic] = [self._topic]
        if self._chat_topic:
            topics.append(self._chat_topic)
        if other is not None:
            topics.append(sns.Topic.from_topic_arn(self, "AlarmTopic", other))
        return topics

    def _create_outputs(self, function: RotationFunction, dashboard: Dashboard) -> None:
        for name, value in {
            "FunctionName": function.function.function_name,
            "TopicArn": self._topic.topic_arn,
            "TableName": self._table.table_name,
            "ParameterPath": PARAMETER_PATH,
            "DashboardUrl": dashboard.url(),
        }.items():
            cdk.CfnOutput(self, name, value=value)
