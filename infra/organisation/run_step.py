"""One of the three functions that a run of an organization consists of, with its log group."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.organisation.step_role import StepRole
from infra.role_statements import write_log
from infra.rotation_function import log_group

TIMEOUT = Duration.minutes(15)
"""How long a function may take."""


class Step(StrEnum):
    """The steps of a run, each the module of its handler."""

    PREPARE = "prepare"
    ACCOUNT = "account"
    DIGEST = "digest"


class RunStep(Construct):
    """One function on arm64, which the state machine invokes and waits for, and its log group."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        step: Step,
        description: str,
        package: Path,
        role: StepRole,
        memory_mb: int,
        environment: Mapping[str, str],
    ) -> None:
        """Create the function from the folder `package`; it is created after its permissions."""
        super().__init__(scope, construct_id)
        log = log_group(self)
        role.policy.add_statements(write_log(log))
        self.function = lambda_.Function(
            self,
            "Function",
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler=f"key_rotation.organisation.{step}.handler",
            code=lambda_.Code.from_asset(str(package)),
            # The CDK must not add permissions: step_permissions.py lists every action.
            role=role.role.without_policy_updates(),
            log_group=log,
            environment=dict(environment),
            memory_size=memory_mb,
            timeout=TIMEOUT,
        )
        self.function.node.add_dependency(role.policy)
