"""The three functions of an organization, with their permissions and environments."""

from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns

from infra.context import Context
from infra.metrics import NAMESPACE, SERVICE
from infra.organisation import step_permissions
from infra.organisation.context import Organisation
from infra.organisation.member_role import MEMBER_ROLE, ROLE_PATH
from infra.organisation.run_step import RunStep, Step
from infra.organisation.step_role import StepRole
from infra.owner_mail import OwnerMail, owner_variables
from infra.thresholds import PARAMETER_PATH


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Creates the three functions in a stack, which is part of the ids of what they create."""

    stack: cdk.Stack
    context: Context
    organisation: Organisation
    package: Path
    key: kms.Key
    table: dynamodb.Table
    topic: sns.Topic
    account_topic: sns.Topic
    owner_mail: OwnerMail | None
    chat_topic: sns.Topic | None

    def create_prepare(self, role: StepRole) -> RunStep:
        """Create the function that lists the accounts and reads the settings."""
        role.policy.add_statements(
            *step_permissions.prepare_statements(
                self.stack, table=self.table, key=self.key, topic=self.topic
            )
        )
        return RunStep(
            self.stack,
            "Prepare",
            step=Step.PREPARE,
            description="Begins a run of key-rotation: lists the accounts, reads the settings",
            package=self.package,
            role=role,
            memory_mb=1024,
            environment=self._environment()
            | {"TARGETS": ",".join(self.organisation.targets), "TOPIC_ARN": self.topic.topic_arn},
        )

    def create_account(self, role: StepRole) -> RunStep:
        """Create the function that looks at one account and changes keys there.

        Its ids are those of a single account's function, so that a deployment that becomes a hub
        keeps its function, its log and its dead-letter queue.
        """
        organization_id = self.organisation.organization_id
        role.policy.add_statements(
            *step_permissions.account_statements(
                self.stack, table=self.table, key=self.key, organization_id=organization_id
            )
        )
        return RunStep(
            self.stack,
            "Enforcer",
            step=Step.ACCOUNT,
            description="Enforces the rotation of access keys in one account of the organization",
            package=self.package,
            role=role,
            memory_mb=256,
            environment=self._environment()
            | {
                "PARTITION": cdk.Aws.PARTITION,
                "MEMBER_ROLE": f"{ROLE_PATH}{MEMBER_ROLE}".removeprefix("/"),
                "EXTERNAL_ID": organization_id,
            }
            | (owner_variables(self.context.owner_mail) if self.context.owner_mail else {}),
        )

    def create_digest(self, role: StepRole) -> RunStep:
        """Create the function that reports what happened; it holds the rows of all accounts."""
        role.policy.add_statements(
            *step_permissions.digest_statements(
                table=self.table,
                key=self.key,
                topic=self.topic,
                account_topic=self.account_topic,
                owner_mail=self.owner_mail.statements if self.owner_mail else [],
                chat_topic=self.chat_topic,
            )
        )
        return RunStep(
            self.stack,
            "Digest",
            step=Step.DIGEST,
            description="Ends a run of key-rotation: publishes the digests and the metrics",
            package=self.package,
            role=role,
            memory_mb=2048,
            environment=self._environment()
            | {
                "TOPIC_ARN": self.topic.topic_arn,
                "ACCOUNT_TOPIC_ARN": self.account_topic.topic_arn,
                **({"CHAT_TOPIC_ARN": self.chat_topic.topic_arn} if self.chat_topic else {}),
            }
            | (self.owner_mail.variables if self.owner_mail else {}),
        )

    def _environment(self) -> dict[str, str]:
        """Return what each of the functions gets."""
        return {
            "ACCOUNT_ID": cdk.Aws.ACCOUNT_ID,
            "ORGANIZATION_ID": self.organisation.organization_id,
            "TABLE_NAME": self.table.table_name,
            "PARAMETER_PATH": PARAMETER_PATH,
            "TIMEZONE": self.context.timezone,
            "LONGEST_GAP_HOURS": str(self.context.longest_gap_hours),
            "POWERTOOLS_SERVICE_NAME": SERVICE,
            "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
        }
