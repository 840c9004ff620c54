"""The adapter to STS: assumes the member role of another account."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from key_rotation.adapters.clients import MemberClients, build_assumed_clients

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

SESSION_SECONDS = 3_600
"""A role that assumes a role gets an hour at most (STS API Reference, AssumeRole)."""
MAX_SESSION_NAME = 64
READS = (
    "iam:GenerateCredentialReport",
    "iam:GetAccessKeyLastUsed",
    "iam:GetCredentialReport",
    "iam:ListAccessKeys",
    "iam:ListAccountAliases",
    "iam:ListUserTags",
    "iam:ListUsers",
)
READ_ONLY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(READS), "Resource": "*"}],
    },
    separators=(",", ":"),
)
"""The session policy of a run that must not change keys: IAM itself refuses a write then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRole:
    """The role that each account of the organization has.

    name: with its path, such as `key-rotation/KeyRotationMember`
    external_id: what its trust policy asks for
    """

    sts: "STSClient"
    partition: str
    name: str
    external_id: str

    def assume(self, account_id: str, run_id: str, *, read_only: bool) -> MemberClients:
        """Return the clients of an account; raises what AWS answers, one of AWS_ERRORS.

        read_only: whether the session can only read
        """
        policy = {"Policy": READ_ONLY} if read_only else {}
        answer = self.sts.assume_role(
            RoleArn=f"arn:{self.partition}:iam::{account_id}:role/{self.name}",
            RoleSessionName=f"key-rotation-{run_id}"[:MAX_SESSION_NAME],
            ExternalId=self.external_id,
            DurationSeconds=SESSION_SECONDS,
            **policy,  # type: ignore[arg-type]  # the stubs know no optional arguments
        )
        found = answer["Credentials"]
        return build_assumed_clients(
            {
                "aws_access_key_id": found["AccessKeyId"],
                "aws_secret_access_key": found["SecretAccessKey"],
                "aws_session_token": found["SessionToken"],
            }
        )
