"""The command `release`: ends a hold."""

from key_rotation.adapters.ledger_items import watch_key
from key_rotation.domain.model import Action, Decision, Reason, Status
from key_rotation.domain.transitions import after_no_action
from key_rotation.domain.watch import Event, Held, Watch, WatchChange
from key_rotation.errors import LedgerConflictError, LedgerError
from key_rotation.reporting.formatting import sanitize_line
from key_rotation_cli import console
from key_rotation_cli.deployment import Deployment, find_deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.key_reader import read_key
from key_rotation_cli.operate.aws_command import aws_command
from key_rotation_cli.options import Key, Profile, Region, Stack, Yes
from key_rotation_cli.session import Session

DECISION = Decision(action=Action.KEEP, reason=Reason.RELEASED)


def release(
    key: Key,
    *,
    yes: Yes = False,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
) -> None:
    """End a hold, so that the key is rotated like any other again.

    Example: key-rotation release AKIAIOSFODNN7EXAMPLE
    """
    deployment = find_deployment(Session.open(profile, region, read_only=False), stack)
    found = read_key(deployment.session, key).key
    watch = deployment.read_watch(found.access_key_id)
    user = sanitize_line(found.user.name)
    if watch is None or not isinstance(watch.state, Held):
        raise CliError(f"{found.access_key_id} of {user} is not held. Nothing was changed.")
    console.note(f"Ends the hold of {found.access_key_id} of {user}.")
    console.note("Without this command, deleting its watch has the same effect:")
    console.print_command(_delete_watch(deployment, watch))
    console.confirm("End it?", yes=yes)
    _write(deployment, watch, found.status)
    console.show(f"{found.access_key_id} of {user} is not held any more.")
    if found.status is Status.ACTIVE:
        text = "From the next run on, it is rotated like any other key, after a new, full notice."
    else:
        text = "It is inactive: from the next run on, it counts as inactive, not ours."
    console.note(text)


def _write(deployment: Deployment, watch: Watch, status: Status) -> None:
    """Write the watch over the version that was read, as a run does."""
    now = deployment.now
    writer = f"release by {deployment.session.caller_arn}"
    event = Event(action=Action.KEEP, reason=Reason.RELEASED, at=now.instant, run_id=writer)
    change = WatchChange(watch=after_no_action(watch, DECISION, status, now), events=(event,))
    [written] = deployment.ledger(writer).write_watches([change]).values()
    if isinstance(written, LedgerConflictError):
        raise CliError("A run has changed the watch meanwhile. Nothing was changed; try again.")
    if isinstance(written, LedgerError):
        raise CliError(f"{written} Whether the hold ended is not known: see key-rotation status.")


def _delete_watch(deployment: Deployment, watch: Watch) -> str:
    key = {name: {"S": value} for name, value in watch_key(watch.access_key_id).items()}
    return aws_command("dynamodb delete-item", table_name=deployment.table_name, key=key)
