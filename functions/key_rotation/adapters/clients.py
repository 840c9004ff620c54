"""The only module that builds AWS clients: those of the account, and those of the deployment."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
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
    from mypy_boto3_organizations import OrganizationsClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_sts import STSClient

AWS_ERRORS = (BotoCoreError, ClientError, ResponseParserError)
"""What a call raises when AWS refuses it, cannot be reached, or answers what cannot be parsed."""


def error_message(error: Exception) -> str:
    """Return the error in one line, with AWS's own code and message if it answered."""
    if isinstance(error, ClientError):
        details = error.response["Error"]
        return f"{error.operation_name}: {details.get('Code')}: {details.get('Message')}"
    return f"{type(error).__name__}: {error}"


def is_access_denied(error: Exception) -> bool:
    """Return whether AWS answered that the caller may not do it."""
    return isinstance(error, ClientError) and error.response["Error"].get("Code") == "AccessDenied"


def is_refusal(error: Exception) -> bool:
    """Return whether AWS refused the only try of a call, so that it certainly had no effect."""
    if not isinstance(error, ClientError):
        return False
    answer = error.response.get("ResponseMetadata", {})
    status = answer.get("HTTPStatusCode", 0)
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return refused and answer.get("RetryAttempts") == 0


TRANSIENT_CODES = frozenset(
    {
        "LimitExceeded",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceFailure",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""What AWS answers when another try may succeed, besides a status of 500 and above."""


def is_transient(error: Exception) -> bool:
    """Return whether another try of a call may succeed: it was throttled, or failed on the way."""
    if not isinstance(error, ClientError):
        return isinstance(error, AWS_ERRORS)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = error.response["Error"].get("Code")
    return code in TRANSIENT_CODES or status >= HTTPStatus.INTERNAL_SERVER_ERROR


LIMIT_ATTEMPTS = 7
CONNECTIONS = 8
"""How many calls run at once: few, since the rate limits belong to the whole account."""
CLIENT_CONFIG = Config(
    max_pool_connections=CONNECTIONS + 2,
    retries={"mode": "adaptive", "total_max_attempts": 10},
    connect_timeout=5,
    read_timeout=20,
)
"""Adaptive retries: throttling slows a run down, and no key is skipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberClients:
    """The clients of the account whose keys are rotated.

    iam_once: tries each call once, for what must be read again before another try
    """

    iam: "IAMClient"
    iam_once: "IAMClient"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentClients:
    """The clients of the account and Region in which this tool is deployed."""

    ssm: "SSMClient"
    sns: "SNSClient"
    table: "Table"
    functions: "LambdaClient"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubClients:
    """The clients with which the step `prepare` works, in the account of the deployment.

    organizations: of the partition; botocore finds the one Region that has it
    states: of Step Functions
    """

    organizations: "OrganizationsClient"
    ssm: "SSMClient"
    sns: "SNSClient"
    states: "SFNClient"
    table: "Table"


def build_member_clients() -> MemberClients:
    """Build the clients of the function's own account and partition."""
    return _member_clients(boto3.Session(), {})


def build_assumed_clients(credentials: Mapping[str, str]) -> MemberClients:
    """Build the clients of another account.

    credentials: of an assumed role, as the arguments of `boto3.Session.client`

    All accounts share one session: a session of its own for each would take 200 ms.
    """
    return _member_clients(_shared_session(), credentials)


@cache
def _shared_session() -> boto3.Session:
    return boto3.Session()


def _member_clients(session: boto3.Session, credentials: Mapping[str, str]) -> MemberClients:
    given: Any = dict(credentials)
    iam = session.client("iam", config=CLIENT_CONFIG, **given)
    iam.meta.events.register_first(
        "needs-retry.iam",
        retry_limit_exceeded,  # type: ignore[arg-type]  # the stubs know no handler with a result
    )
    once = CLIENT_CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))
    return MemberClients(iam=iam, iam_once=session.client("iam", config=once, **given))


def build_table(table_name: str) -> "Table":
    """Build the ledger's table, for a step of an organization."""
    resource = _shared_session().resource("dynamodb", config=CLIENT_CONFIG)
    return resource.Table(table_name)


def build_sns_client() -> "SNSClient":
    """Build the client of the topics, for the step that publishes."""
    return _shared_session().client("sns", config=CLIENT_CONFIG)


def build_sts_client() -> "STSClient":
    """Build the client that assumes roles, in the function's own Region."""
    return _shared_session().client("sts", config=CLIENT_CONFIG)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailClients:
    """The clients for mail to owners.

    ses: tries each call once: a second try could send a second mail
    """

    ses: "SESV2Client"
    sqs: "SQSClient"


def build_mail_clients() -> MailClients:
    """Build the clients for mail to owners, in the function's own Region."""
    session = _shared_session()
    once = CLIENT_CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))
    return MailClients(
        ses=session.client("sesv2", config=once), sqs=session.client("sqs", config=CLIENT_CONFIG)
    )


def build_deployment_clients(table_name: str) -> DeploymentClients:
    """Build the clients of the function's own Region."""
    session = boto3.Session()
    return DeploymentClients(
        ssm=session.client("ssm", config=CLIENT_CONFIG),
        sns=session.client("sns", config=CLIENT_CONFIG),
        functions=session.client("lambda", config=CLIENT_CONFIG),
        table=session.resource("dynamodb", config=CLIENT_CONFIG).Table(table_name),
    )


def build_hub_clients(table_name: str) -> HubClients:
    """Build the clients of the step `prepare`."""
    session = _shared_session()
    return HubClients(
        organizations=session.client("organizations", config=CLIENT_CONFIG),
        ssm=session.client("ssm", config=CLIENT_CONFIG),
        sns=build_sns_client(),
        states=session.client("stepfunctions", config=CLIENT_CONFIG),
        table=build_table(table_name),
    )


def retry_limit_exceeded(
    response: tuple[object, dict[str, Any]] | None, attempts: int, **_: object
) -> float | None:
    """Return after how many seconds botocore retries a call that IAM answered `LimitExceeded`.

    IAM answers so when the rate is too high, and botocore does not retry it by itself.
    """
    code = response[1].get("Error", {}).get("Code") if response else None
    again = code == "LimitExceeded" and attempts < LIMIT_ATTEMPTS
    return 0.1 * float(2**attempts) if again else None
