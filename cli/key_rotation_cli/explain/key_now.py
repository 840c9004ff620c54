"""What IAM and the ledger have of one key today, and what the rules decide for it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from key_rotation.adapters.iam_reads import list_keys, list_users, read_last_use
from key_rotation.adapters.ledger_items import decode_watch, watch_key
from key_rotation.domain.decide import decide, decide_gone
from key_rotation.domain.model import Action, Decision, Now, ObservedKey, Reason
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Watch
from key_rotation.errors import KeyRotationError
from key_rotation_cli.aws_errors import AWS_ERRORS, describe
from key_rotation_cli.errors import CliError
from key_rotation_cli.session import Session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

GONE = Decision(action=Action.CLOSE, reason=Reason.GONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNow:
    """One key today.

    observed: None if IAM has no such key
    watch: None if the ledger has none
    """

    observed: ObservedKey | None
    watch: Watch | None

    def decision(self, now: Now, settings: Settings) -> Decision:
        """Decide as a run would do now; raises CliError where a last use is not known."""
        if self.observed is None:
            return decide_gone(self.watch) if self.watch else GONE
        try:
            return decide(self.observed, self.watch, now=now, settings=settings)
        except KeyRotationError as cause:
            raise CliError(f"What comes next is not known: {cause}.") from cause


def read_key(session: Session, table: "Table", access_key_id: str) -> KeyNow:
    """Read one key; raises CliError."""
    item = table.get_item(Key=watch_key(access_key_id), ConsistentRead=True).get("Item")
    try:
        watch = decode_watch(item) if item else None
        return KeyNow(observed=_observe(session, access_key_id), watch=watch)
    except KeyRotationError as error:
        cause = error.__cause__
        text = describe(cause) if isinstance(cause, AWS_ERRORS) else str(error)
        raise CliError(text) from error


def _observe(session: Session, access_key_id: str) -> ObservedKey | None:
    iam = session.iam
    try:
        name = iam.get_access_key_last_used(AccessKeyId=access_key_id)["UserName"]
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchEntity", "ValidationError"}:
            return None
        raise
    users = (listed.user for listed in list_users(iam) if listed.user.name == name)
    keys = (key for user in users for key in list_keys(iam, user))
    found = next((key for key in keys if key.access_key_id == access_key_id), None)
    return ObservedKey(key=found, last_use=read_last_use(iam, found)) if found else None
