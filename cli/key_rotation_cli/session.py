"""The only module that builds AWS clients, and reads the clock and the environment."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.model import OperationModel

from key_rotation.adapters.clients import CLIENT_CONFIG, retry_limit_exceeded
from key_rotation_cli.aws_errors import AWS_ERRORS, describe
from key_rotation_cli.errors import CliError, OperationRefusedError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_ssm import SSMClient

READS = frozenset(
    {
        ("cloudformation", "DescribeStacks"),
        ("dynamodb", "DescribeTable"),
        ("dynamodb", "GetItem"),
        ("dynamodb", "Query"),
        ("dynamodb", "Scan"),
        ("iam", "GenerateCredentialReport"),
        ("iam", "GetAccessKeyLastUsed"),
        ("iam", "GetAccountSummary"),
        ("iam", "GetCredentialReport"),
        ("iam", "ListAccessKeys"),
        ("iam", "ListAccountAliases"),
        ("iam", "ListUsers"),
        ("iam", "ListUserTags"),
        ("lambda", "GetFunctionConfiguration"),
        ("ssm", "DescribeParameters"),
        ("ssm", "GetParameterHistory"),
        ("ssm", "GetParameters"),
        ("ssm", "GetParametersByPath"),
        ("sts", "GetCallerIdentity"),
    }
)
"""Every operation that a read-only session accepts. `GenerateCredentialReport` makes IAM write a
report, and changes nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The caller's credentials and Region."""

    boto: "boto3.Session"

    @classmethod
    def open(cls, profile: str | None, region: str | None, *, read_only: bool) -> "Session":
        """Use a profile and a Region, or what the environment gives.

        read_only: whether each operation that is not in READS is refused before it is sent

        Raises CliError for a profile that does not exist.
        """
        try:
            boto = boto3.Session(profile_name=profile, region_name=region)
        except AWS_ERRORS as cause:
            raise CliError(describe(cause)) from cause
        if read_only:
            boto.events.register_first("before-call", _refuse_writes)
        boto.events.register_first(
            "needs-retry.iam",
            retry_limit_exceeded,  # type: ignore[arg-type]  # the stubs know no handler with a result
        )
        return cls(boto=boto)

    @property
    def region(self) -> str:
        """The Region; empty if there is none."""
        return self.boto.region_name or ""

    @property
    def account_id(self) -> str:
        """The account of the credentials; raises CliError if AWS does not accept them."""
        return self._identity("Account")

    @property
    def caller_arn(self) -> str:
        """Whose credentials they are; raises CliError if AWS does not accept them."""
        return self._identity("Arn")

    def _identity(self, name: str) -> str:
        try:
            return str(self._client("sts").get_caller_identity()[name])
        except AWS_ERRORS as cause:
            raise CliError(describe(cause)) from cause

    @property
    def iam(self) -> "IAMClient":
        """A client of IAM."""
        return self._client("iam")

    @property
    def ssm(self) -> "SSMClient":
        """A client of Parameter Store."""
        return self._client("ssm")

    @property
    def cloudformation(self) -> "CloudFormationClient":
        """A client of CloudFormation."""
        return self._client("cloudformation")

    @property
    def functions(self) -> "LambdaClient":
        """A client of Lambda."""
        return self._client("lambda")

    def table(self, name: str) -> "Table":
        """A table of DynamoDB."""
        return self.boto.resource("dynamodb", config=CLIENT_CONFIG).Table(name)

    @overload
    def _client(self, service: Literal["iam"]) -> "IAMClient": ...
    @overload
    def _client(self, service: Literal["ssm"]) -> "SSMClient": ...
    @overload
    def _client(self, service: Literal["cloudformation"]) -> "CloudFormationClient": ...
    @overload
    def _client(self, service: Literal["lambda"]) -> "LambdaClient": ...
    @overload
    def _client(self, service: Literal["sts"]) -> Any: ...  # noqa: ANN401  # its stubs are not installed
    def _client(self, service: Any) -> Any:
        try:
            return self.boto.client(service, config=CLIENT_CONFIG)
        except AWS_ERRORS as cause:
            raise CliError(describe(cause)) from cause


def current_time() -> datetime:
    """Read the clock: once in each command."""
    return datetime.now(UTC)


def _refuse_writes(model: OperationModel, **_: object) -> None:
    """Refuse what is not a read, before the request is sent."""
    service = model.service_model.service_name
    if (service, model.name) not in READS:
        raise OperationRefusedError(f"{service}:{model.name} is no read. Nothing was changed.")
