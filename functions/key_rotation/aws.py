"""AWS at the rim: the one place that builds clients."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_ssm import SSMClient

AWS_ERRORS = (BotoCoreError, ClientError, ResponseParserError)
"""What a call to AWS raises when it is refused, unreachable or answered with nonsense."""


def why(error: Exception) -> str:
    """Say in one line what went wrong, in AWS's own words where it answered."""
    if isinstance(error, ClientError):
        answer = error.response["Error"]
        return f"{error.operation_name}: {answer.get('Code')}: {answer.get('Message')}"
    return f"{type(error).__name__}: {error}"


PATIENT = Config(
    retries={"mode": "adaptive", "total_max_attempts": 10},
    connect_timeout=5,
    read_timeout=20,
)
"""Adaptive, so that throttling slows a run instead of losing keys; IAM's limits are shared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """The AWS services that a run talks to."""

    iam: "IAMClient"
    ssm: "SSMClient"
    sns: "SNSClient"
    table: "Table"


def clients(table_name: str) -> Clients:
    """Build the clients, in the function's own Region and partition."""
    session = boto3.Session()
    return Clients(
        iam=session.client("iam", config=PATIENT),
        ssm=session.client("ssm", config=PATIENT),
        sns=session.client("sns", config=PATIENT),
        table=session.resource("dynamodb", config=PATIENT).Table(table_name),
    )
