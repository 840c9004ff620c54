"""The clients that tests pass to a run, and a clock that does not wait."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from key_rotation.adapters.clients import DeploymentClients, MemberClients

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_ssm import SSMClient


@dataclass(frozen=True, kw_only=True)
class Clients:
    """The clients of the member account and of the deployment, here for one account."""

    iam: "IAMClient"
    iam_once: "IAMClient"
    ssm: "SSMClient"
    sns: "SNSClient"
    table: "Table"
    functions: "LambdaClient"

    @property
    def member(self) -> MemberClients:
        """The clients of the account whose keys are rotated."""
        return MemberClients(iam=self.iam, iam_once=self.iam_once)

    @property
    def deployment(self) -> DeploymentClients:
        """The clients of the account in which the tool is deployed."""
        return DeploymentClients(
            ssm=self.ssm, sns=self.sns, table=self.table, functions=self.functions
        )


class InstantClock:
    """A clock whose `sleep` returns immediately."""

    def __init__(self) -> None:
        """Start at zero."""
        self.seconds = 0.0

    def monotonic(self) -> float:
        """Return the seconds slept so far."""
        return self.seconds

    def sleep(self, seconds: float, /) -> None:
        """Add the seconds."""
        self.seconds += seconds
