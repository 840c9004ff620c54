"""A role in another account, which a command assumes with the caller's credentials."""

import re
from dataclasses import dataclass

from key_rotation.adapters.clients import error_message
from key_rotation_cli.aws_errors import AWS_ERRORS
from key_rotation_cli.errors import BadUsageError, CliError
from key_rotation_cli.session import Session

ACCOUNT_ID = re.compile(r"[0-9]{12}", re.ASCII)
USUAL = "OrganizationAccountAccessRole, AWSControlTowerExecution or a role for audits"
_NAME = re.compile(r"([\w+=,.@-]+/)*[\w+=,.@-]{1,64}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role that each of several accounts has.

    name: with its path, such as `audit/KeyReader`
    external_id: what its trust policy asks for; None for nothing
    """

    name: str
    external_id: str | None = None

    @classmethod
    def parse(cls, name: str, external_id: str | None) -> "Role":
        """Read what the caller gave; raises BadUsageError (IAM API Reference, CreateRole)."""
        if not _NAME.fullmatch(name.removeprefix("/")):
            accepted = "the name of a role, with its path if it has one"
            raise BadUsageError(f"--role {name!r} is not accepted; it takes {accepted}.")
        if external_id is not None and not _EXTERNAL_ID.fullmatch(external_id):
            accepted = "2 to 1,224 letters, digits and + = , . @ : / -"
            raise BadUsageError(f"--external-id {external_id!r} is not accepted: {accepted}.")
        return cls(name=name.removeprefix("/"), external_id=external_id)

    def assume(self, session: Session, account_id: str) -> Session:
        """Return a session in an account; raises CliError in AWS's own words."""
        partition = session.caller_arn.split(":")[1]
        arn = f"arn:{partition}:iam::{account_id}:role/{self.name}"
        try:
            return session.assume(account_id, arn, self.external_id)
        except AWS_ERRORS as cause:
            raise CliError(error_message(cause)) from cause


def require_account_id(text: str) -> str:
    """Return an account id; raises BadUsageError for what is none."""
    if not ACCOUNT_ID.fullmatch(text):
        raise BadUsageError(f"--account {text!r} is no account id: it has 12 digits.")
    return text
