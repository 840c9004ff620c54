"""AWS at the rim: the one place that builds clients."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_ssm import SSMClient

AWS_ERRORS = (BotoCoreError, ClientError, ResponseParserError)
"""What a call to AWS raises when it is refused, unreachable or answered with nonsense."""


def error_message(error: Exception) -> str:
    """Say in one line what went wrong, in AWS's own words where it answered."""
    if isinstance(error, ClientError):
        answer = error.response["Error"]
        return f"{error.operation_name}: {answer.get('Code')}: {answer.get('Message')}"
    return f"{type(error).__name__}: {error}"


def is_refusal(error: Exception) -> bool:
    """Say whether AWS refused a call on its only try, so that it was surely not carried out."""
    if not isinstance(error, ClientError):
        return False
    answer = error.response.get("ResponseMetadata", {})
    status = answer.get("HTTPStatusCode", 0)
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return refused and answer.get("RetryAttempts") == 0


LIMIT_ATTEMPTS = 7
CONNECTIONS = 8
"""How many calls are under way at once: few, since an account's limits are shared by everybody."""
CLIENT_CONFIG = Config(
    max_pool_connections=CONNECTIONS + 2,
    retries={"mode": "adaptive", "total_max_attempts": 10},
    connect_timeout=5,
    read_timeout=20,
)
"""Adaptive, so that throttling slows a run instead of losing keys; IAM's limits are shared."""


def _retry_limit_exceeded(
    response: tuple[object, dict[str, Any]] | None, attempts: int, **_: object
) -> float | None:
    """Say after how many seconds to try again, where IAM answers `LimitExceeded`.

    It is IAM's word for a rate that is too high, and not among those that botocore retries.
    """
    code = response[1].get("Error", {}).get("Code") if response else None
    again = code == "LimitExceeded" and attempts < LIMIT_ATTEMPTS
    return 0.1 * float(2**attempts) if again else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """The AWS services that a run talks to."""

    iam: "IAMClient"
    ssm: "SSMClient"
    sns: "SNSClient"
    table: "Table"
    functions: "LambdaClient"


def build_clients(table_name: str) -> Clients:
    """Build the clients, in the function's own Region and partition."""
    session = boto3.Session()
    iam = session.client("iam", config=CLIENT_CONFIG)
    iam.meta.events.register_first(
        "needs-retry.iam",
        _retry_limit_exceeded,  # type: ignore[arg-type]  # the stubs know no handler with an answer
    )
    return Clients(
        iam=iam,
        ssm=session.client("ssm", config=CLIENT_CONFIG),
        sns=session.client("sns", config=CLIENT_CONFIG),
        functions=session.client("lambda", config=CLIENT_CONFIG),
        table=session.resource("dynamodb", config=CLIENT_CONFIG).Table(table_name),
    )
