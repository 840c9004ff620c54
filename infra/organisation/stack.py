"""The stack of the hub: what a single account has, with a state machine for all accounts."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.chat import create_chat_topic
from infra.context import Context
from infra.dashboard import Dashboard
from infra.encryption_key import EncryptionKey
from infra.ledger import Ledger
from infra.notification_topic import NotificationTopic
from infra.organisation.account_notices import AccountNotices
from infra.organisation.context import MemberRoles, Organisation
from infra.organisation.dashboard import account_row, execution_runs
from infra.organisation.member_role import HUB_ROLE, MEMBER_ROLE, ROLE_PATH, MemberRole
from infra.organisation.member_stack_set import MemberStackSet
from infra.organisation.monitoring import OrganisationMonitoring
from infra.organisation.parameters import OrganisationParameters
from infra.organisation.run_definition import RunDefinition
from infra.organisation.run_machine import RunMachine
from infra.organisation.step_permissions import let_prepare_see_executions
from infra.organisation.step_role import StepRole
from infra.organisation.steps import Steps
from infra.owner_mail import create_owner_mail
from infra.rotation_function import dead_letter_queue
from infra.run_schedule import RunSchedule
from infra.thresholds import PARAMETER_PATH, Thresholds
from infra.viewer_policy import ViewerPolicy


class HubStack(cdk.Stack):
    """All resources of the hub. `cdk destroy` keeps the table, its KMS key and the log groups.

    What a single account's stack has too has the same construct ids, hence the same logical ids: a
    single account's deployment becomes a hub, and back, without a new table, parameter, topic,
    subscription or alarm.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        context: Context,
        organisation: Organisation,
        package: Path,
        env: cdk.Environment | None = None,
    ) -> None:
        """Create all resources; the folder `package` is the code of the functions."""
        super().__init__(
            scope,
            construct_id,
            env=env,
            description="Enforces IAM access-key rotation in an organization",
            suppress_template_indentation=True,  # a request has room for 51,200 bytes of it
        )
        self._context, self._organisation = context, organisation
        self._key = EncryptionKey(self, "Encryption").key
        self._hub_role = StepRole(self, "AccountRole", role_name=HUB_ROLE, path=ROLE_PATH)
        self._owner_mail = create_owner_mail(self, owners=context.owner_mail, key=self._key)
        self._table = self._create_table()
        self._topic = NotificationTopic(self, "Notices", key=self._key, emails=context.emails).topic
        self._chat_topic = create_chat_topic(self, key=self._key, chat=context.chat)
        steps = self._steps(package)
        prepare_role = StepRole(self, "PrepareRole")
        self._prepare = steps.create_prepare(prepare_role)
        self._account = steps.create_account(self._hub_role)
        self._digest = steps.create_digest(StepRole(self, "DigestRole"))
        self._queue = dead_letter_queue(self._account, self._key)
        self._run = self._create_run()
        let_prepare_see_executions(self._run, role=prepare_role.role, machine=self._run.machine)
        self._create_schedule()
        dashboard = self._create_monitoring()
        self._create_viewer_policy()
        self._create_outputs(dashboard)

    def _create_table(self) -> dynamodb.Table:
        """Create the table after all that may refuse a deployment.

        Its deletion protection would keep the rollback of a failed first deployment from deleting
        it. The likeliest are names that exist already, and an account that is no administrator of
        StackSets.
        """
        organization_id = self._organisation.organization_id
        member = MemberRole(
            self,
            "Permissions",
            hub_account=cdk.Aws.ACCOUNT_ID,
            organization_id=organization_id,
            external_id=organization_id,
        )
        thresholds = Thresholds(self, "Thresholds")
        parameters = OrganisationParameters(self, "Organisation")
        table = Ledger(self, "Ledger", key=self._key).table
        table.node.add_dependency(member, self._hub_role.role, thresholds, parameters)
        if self._owner_mail:
            table.node.add_dependency(self._owner_mail)
        if self._organisation.member_roles is not MemberRoles.SEPARATE:
            members = MemberStackSet(
                self,
                "Members",
                organization_id=organization_id,
                targets=self._organisation.targets,
                member_roles=self._organisation.member_roles,
            )
            members.create_first(table)
        return table

    def _steps(self, package: Path) -> Steps:
        account_notices = AccountNotices(
            self,
            "AccountNotices",
            key=self._key,
            accounts=self._organisation.account_emails,
        )
        return Steps(
            stack=self,
            context=self._context,
            organisation=self._organisation,
            package=package,
            key=self._key,
            table=self._table,
            topic=self._topic,
            account_topic=account_notices.topic,
            owner_mail=self._owner_mail,
            chat_topic=self._chat_topic,
        )

    def _create_run(self) -> RunMachine:
        prepare, account, digest = (
            step.function for step in (self._prepare, self._account, self._digest)
        )
        definition = RunDefinition(
            self,
            "States",
            prepare=prepare,
            account=account,
            digest=digest,
            accounts_at_once=self._organisation.accounts_at_once,
        )
        functions = (prepare, account, digest)
        return RunMachine(self, "Run", definition=definition, functions=functions)

    def _create_schedule(self) -> None:
        schedule = RunSchedule(
            self,
            "Timetable",
            starts=self._run.machine,
            dead_letter_queue=self._queue,
            key=self._key,
            schedule=self._context.schedule,
            timezone=self._context.timezone,
        )
        schedule.node.add_dependency(self._run)

    def _create_monitoring(self) -> Dashboard:
        topics: list[sns.ITopic] = [self._topic]
        if self._chat_topic:
            topics.append(self._chat_topic)
        if self._context.alarm_topic is not None:
            other = sns.Topic.from_topic_arn(self, "AlarmTopic", self._context.alarm_topic)
            topics.append(other)
        monitoring = OrganisationMonitoring(
            self,
            "Monitoring",
            machine=self._run.machine,
            dead_letter_queue=self._queue,
            topics=topics,
            silence_hours=self._context.silence_hours,
            owners=self._owner_mail is not None,
        )
        return Dashboard(
            self,
            "Overview",
            runs=execution_runs(self._run.machine),
            alarms=monitoring.alarms,
            accounts=account_row(),
            owners=self._owner_mail is not None,
        )

    def _create_viewer_policy(self) -> None:
        if self._context.viewer_policy:
            ViewerPolicy(
                self,
                "Viewer",
                function=self._account.function,
                table=self._table,
                key=self._key,
                machine=self._run.machine,
            )

    def _create_outputs(self, dashboard: Dashboard) -> None:
        """The outputs of a single account, `FunctionName` being that of the account step."""
        account = self._account.function.function_name
        for name, value in {
            "FunctionName": account,
            "TopicArn": self._topic.topic_arn,
            "TableName": self._table.table_name,
            "ParameterPath": PARAMETER_PATH,
            "DashboardUrl": dashboard.url(),
            "StateMachineArn": self._run.machine.state_machine_arn,
            "PrepareFunctionName": self._prepare.function.function_name,
            "AccountFunctionName": account,
            "DigestFunctionName": self._digest.function.function_name,
            "MemberRoleName": MEMBER_ROLE,
        }.items():
            cdk.CfnOutput(self, name, value=value)
