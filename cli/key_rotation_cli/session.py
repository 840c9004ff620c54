"""The only module that builds AWS clients, and reads the clock and the environment."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config
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
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import GetCallerIdentityResponseTypeDef

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
        ("iam", "GetUser"),
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


@dataclass(frozen=True, kw_only=True)
class Session:
    """The caller's credentials and Region."""

    boto: "boto3.Session"

    @classmethod
    def open(cls, profile: str | None, region: str | None, *, read_only: bool) -> "Session":
        """Use a profile and a Region, or what the environment gives.

        read_only: whether each operation that is not in READS is refused before it is sent

        Raises CliError for a profile that does not exist, and for an empty Region.
        """
        try:
            boto = boto3.Session(profile_name=profile, region_name=region)
        except AWS_ERRORS as cause:
            raise CliError(describe(cause)) from cause
        if boto.region_name == "":
            raise CliError("The Region is empty: name one (--region), or unset AWS_DEFAULT_REGION.")
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
        return self._identity["Account"]

    @property
    def caller_arn(self) -> str:
        """Who has the credentials; raises CliError if AWS does not accept them."""
        return self._identity["Arn"]

    @cached_property
    def now(self) -> datetime:
        """The present instant by the clock of AWS, so that a wrong one here moves no day.

        Raises CliError if AWS does not accept the credentials.
        """
        answered_at = self._identity["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
        return parsedate_to_datetime(answered_at) if answered_at else datetime.now(UTC)

    @cached_property
    def _identity(self) -> "GetCallerIdentityResponseTypeDef":
        try:
            return self.client("sts").get_caller_identity()
        except AWS_ERRORS as cause:
            raise CliError(describe(cause)) from cause

    @cached_property
    def iam(self) -> "IAMClient":
        """A client of IAM."""
        return self.client("iam")

    @cached_property
    def ssm(self) -> "SSMClient":
        """A client of Parameter Store."""
        return self.client("ssm")

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        """A client of CloudFormation."""
        return self.client("cloudformation")

    @cached_property
    def functions(self) -> "LambdaClient":
        """A client of Lambda."""
        return self.client("lambda")

    def table(self, name: str) -> "Table":
        """A table of DynamoDB."""
        return self.boto.resource("dynamodb", config=CLIENT_CONFIG).Table(name)

    @overload
    def client(self, service: Literal["cloudformation"]) -> "CloudFormationClient": ...
    @overload
    def client(self, service: Literal["iam"]) -> "IAMClient": ...
    @overload
    def client(self, service: Literal["lambda"], config: Config = ...) -> "LambdaClient": ...
    @overload
    def client(self, service: Literal["ssm"]) -> "SSMClient": ...
    @overload
    def client(self, service: Literal["sts"]) -> "STSClient": ...
    def client(self, service: Any, config: Config = CLIENT_CONFIG) -> Any:
        """Build a client; raises CliError if there is no Region."""
        try:
            return self.boto.client(service, config=config)
        except AWS_ERRORS as cause:
            raise CliError(describe(cause)) from cause


def _refuse_writes(model: OperationModel, **_: object) -> None:
    """Refuse what is not a read, before the request is sent."""
    service = model.service_model.service_name
    if (service, model.name) not in READS:
        raise OperationRefusedError(f"{service}:{model.name} is no read. Nothing was changed.")
