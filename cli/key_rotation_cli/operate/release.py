"""The command `release`: ends a hold."""

from dataclasses import replace

from key_rotation.adapters.ledger_items import watch_key
from key_rotation.domain.model import Action, Decision, ObservedKey, Reason
from key_rotation.domain.transitions import after_no_action
from key_rotation.domain.watch import Event, Held, Watch, WatchChange
from key_rotation.errors import LedgerConflictError, LedgerError
from key_rotation.reporting.formatting import sanitize_line
from key_rotation_cli import console
from key_rotation_cli.aws_errors import describe
from key_rotation_cli.deployment import Deployment, find_deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.hub.choice import AccountChoice
from key_rotation_cli.key_reader import read_key
from key_rotation_cli.operate.aws_command import aws_command
from key_rotation_cli.operate.document import tell
from key_rotation_cli.operate.what_comes import what_comes
from key_rotation_cli.options import (
    Account,
    ExternalId,
    Json,
    Key,
    MemberProfile,
    Profile,
    Region,
    RoleName,
    Stack,
    Yes,
)
from key_rotation_cli.session import Session

DECISION = Decision(action=Action.KEEP, reason=Reason.RELEASED)


def release(  # noqa: PLR0913  # each option of the command is a parameter
    key: Key,
    *,
    yes: Yes = False,
    as_json: Json = False,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
    account: Account = None,
    role: RoleName = None,
    external_id: ExternalId = None,
    member_profile: MemberProfile = None,
) -> None:
    """End a hold, so that the key is rotated like any other again.

    Example: key-rotation release AKIAIOSFODNN7EXAMPLE
    """
    choice = AccountChoice.parse(account, role, external_id, member_profile)
    session = Session.open(profile, region, read_only=False)
    deployment = choice.open(find_deployment(session, stack))
    found = read_key(deployment.iam_session, key)
    key_id, user = found.key.access_key_id, sanitize_line(found.key.user.name)
    watch = deployment.read_watch(key_id)
    if watch is None or not isinstance(watch.state, Held):
        raise CliError(f"{key_id} of {user} is not held. Nothing was changed.")
    released = _released(watch, found, deployment)
    coming = what_comes(deployment, found.key, released, found.last_use)
    console.note(f"Ends the hold of {key_id} of {user}. Then: {coming}")
    console.note("Without this command, deleting its watch has the same effect:")
    console.print_command(_delete_watch(deployment, watch))
    console.confirm("End it?", yes=yes)
    _write(deployment, released)
    tell(
        f"{key_id} of {user} is not held any more.",
        as_json=as_json,
        action="release",
        user=found.key.user.name,
        access_key_id=key_id,
        **deployment.account_facts,
    )


def _released(watch: Watch, found: ObservedKey, deployment: Deployment) -> Watch:
    """Return the watch without the hold; whoever ends it accepts the key as it is now.

    A key is also held because its owner or creation date is not the recorded one: with the old ones
    the next run would hold it again.
    """
    accepted = replace(watch, user=found.key.user, created=found.key.created)
    return after_no_action(accepted, DECISION, found.key.status, deployment.now)


def _write(deployment: Deployment, released: Watch) -> None:
    """Write the watch over the version that was read, as a run does."""
    writer = f"release by {deployment.session.caller_arn}"
    at = deployment.now.instant
    event = Event(action=Action.KEEP, reason=Reason.RELEASED, at=at, run_id=writer)
    change = WatchChange(watch=released, events=(event,))
    unknown = "Whether the hold ended is not known: see key-rotation status."
    try:
        [written] = deployment.ledger(writer).write_watches([change]).values()
    except KeyboardInterrupt as cause:
        raise CliError(f"{describe(cause)} {unknown}") from cause
    if isinstance(written, LedgerConflictError):
        raise CliError("A run has changed the watch meanwhile. Nothing was changed; try again.")
    if isinstance(written, LedgerError):
        raise CliError(f"{written} {unknown}")


def _delete_watch(deployment: Deployment, watch: Watch) -> str:
    place = watch_key(watch.access_key_id, deployment.partitions)
    key = {name: {"S": value} for name, value in place.items()}
    return aws_command("dynamodb delete-item", table_name=deployment.table_name, key=key)
