"""The only module that builds AWS clients, and reads the clock and the environment."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config

from key_rotation.adapters.clients import CLIENT_CONFIG, retry_limit_exceeded
from key_rotation_cli.aws_errors import AWS_ERRORS, describe
from key_rotation_cli.errors import CliError
from key_rotation_cli.reads import READ_ONLY, RESTORE_ONLY, refuse_writes

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_organizations import OrganizationsClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import GetCallerIdentityResponseTypeDef

_ONE_AT_A_TIME = threading.Lock()
"""A session of boto3 builds one client at a time (boto3 Developer Guide, "Multithreading")."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """The caller's credentials and Region.

    read_only: whether each operation that is no read is refused before it is sent
    credentials: of a role in another account, as the arguments of a client; empty for the caller's
    in_account: the id of that account; empty for the account of the caller
    """

    boto: "boto3.Session"
    read_only: bool
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    in_account: str = ""

    @classmethod
    def open(cls, profile: str | None, region: str | None, *, read_only: bool) -> "Session":
        """Use a profile and a Region, or what the environment gives.

        read_only: whether each operation that is no read is refused before it is sent

        Raises CliError for a profile that does not exist, and for an empty Region.
        """
        try:
            boto = boto3.Session(profile_name=profile, region_name=region)
        except AWS_ERRORS as cause:
            raise CliError(describe(cause)) from cause
        if boto.region_name == "":
            raise CliError("The Region is empty: name one (--region), or unset AWS_DEFAULT_REGION.")
        if read_only:
            boto.events.register_first("before-call", refuse_writes)
        boto.events.register_first(
            "needs-retry.iam",
            retry_limit_exceeded,  # type: ignore[arg-type]  # the stubs know no handler with a result
        )
        return cls(boto=boto, read_only=read_only)

    def assume(self, account_id: str, role_arn: str, external_id: str | None) -> "Session":
        """Assume a role in another account, with a session policy that allows no more than needed.

        account_id: the account of the role

        Raises what AWS answers, one of AWS_ERRORS; and CliError if there is no Region.
        """
        given: Any = {"ExternalId": external_id} if external_id else {}
        answer = self.client("sts").assume_role(
            RoleArn=role_arn,
            RoleSessionName="key-rotation-cli",
            Policy=READ_ONLY if self.read_only else RESTORE_ONLY,
            **given,
        )
        found = answer["Credentials"]
        credentials = {
            "aws_access_key_id": found["AccessKeyId"],
            "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"],
        }
        return replace(self, credentials=credentials, in_account=account_id)

    @property
    def region(self) -> str:
        """The Region; empty if there is none."""
        return self.boto.region_name or ""

    @property
    def account_id(self) -> str:
        """The account of the credentials; raises CliError if AWS does not accept them."""
        return self.in_account or self._identity["Account"]

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

    @cached_property
    def organizations(self) -> "OrganizationsClient":
        """A client of Organizations."""
        return self.client("organizations")

    @cached_property
    def states(self) -> "SFNClient":
        """A client of Step Functions."""
        return self.client("stepfunctions")

    def table(self, name: str) -> "Table":
        """A table of DynamoDB."""
        with _ONE_AT_A_TIME:
            return self.boto.resource("dynamodb", config=CLIENT_CONFIG).Table(name)

    @overload
    def client(self, service: Literal["cloudformation"]) -> "CloudFormationClient": ...
    @overload
    def client(self, service: Literal["iam"]) -> "IAMClient": ...
    @overload
    def client(self, service: Literal["lambda"], config: Config = ...) -> "LambdaClient": ...
    @overload
    def client(self, service: Literal["organizations"]) -> "OrganizationsClient": ...
    @overload
    def client(self, service: Literal["ssm"]) -> "SSMClient": ...
    @overload
    def client(self, service: Literal["stepfunctions"]) -> "SFNClient": ...
    @overload
    def client(self, service: Literal["sts"]) -> "STSClient": ...
    def client(self, service: Any, config: Config = CLIENT_CONFIG) -> Any:
        """Build a client; raises CliError if there is no Region."""
        given: Any = dict(self.credentials)
        try:
            with _ONE_AT_A_TIME:
                return self.boto.client(service, config=config, **given)
        except AWS_ERRORS as cause:
            raise CliError(describe(cause)) from cause
