"""What a deployment knows, if there is one and it can be read: a preview needs none."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from key_rotation.domain.model import Mode, Now
from key_rotation.domain.organisation.accounts import RegisteredAccount
from key_rotation.domain.restored_ledger import restart
from key_rotation.domain.run_state import RunState
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Watches
from key_rotation.errors import KeyRotationError
from key_rotation_cli.deployment import Deployment, find_deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.hub.in_account import InAccount, not_looked_at
from key_rotation_cli.session import Session

Read = Callable[[Deployment, "Deployed"], "Deployed"]
REPORT_MODE = "The deployment is in report mode: it changes nothing until its mode is enforce."


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """What was read; without a deployment, what is so before the first run.

    stack: its name; None if there is none
    settings: None where they cannot be read
    now: in its calendar; None where that cannot be read
    previous: what its last run left
    restored: whether its ledger was restored from a backup since
    notes: what people should know of it, such as what could not be read, a sentence each
    deployment: None if there is none
    """

    stack: str | None = None
    settings: Settings | None = None
    now: Now | None = None
    watches: Watches = field(default_factory=lambda: Watches(by_key_id={}))
    previous: RunState = field(default_factory=RunState)
    restored: bool = False
    notes: tuple[str, ...] = ()
    deployment: Deployment | None = None


def read_deployed(session: Session, stack: str | None) -> Deployed:
    """Read what can be read; raises CliError only for a stack that the caller named."""
    try:
        deployment = find_deployment(session, stack)
    except CliError as error:
        if stack is not None:
            raise
        return Deployed(notes=(str(error),))
    return _read(deployment, (_read_settings, _read_now, _read_ledger))


def read_deployed_in(hub: Deployment, row: RegisteredAccount) -> Deployed:
    """Read what a hub knows of one of its accounts: its parameters, and its part of the ledger."""
    in_account = InAccount(
        row=row,
        is_own=row.account.account_id == hub.session.account_id,
        is_named=False,
        path=hub.parameter_path,
        session=None,
    )
    reads = (_read_settings, _read_ledger) if row.settings else (_read_ledger,)
    found = _read(replace(hub, in_account=in_account), reads)
    why = not_looked_at(row)
    notes = (f"{in_account.title}: {why}",) if why else ()
    return replace(found, notes=(*found.notes, *notes))


def _read(deployment: Deployment, reads: Iterable[Read]) -> Deployed:
    found = Deployed(stack=deployment.stack, deployment=deployment)
    for read in reads:
        try:
            found = read(deployment, found)
        except (CliError, KeyRotationError) as error:
            found = replace(found, notes=(*found.notes, str(error)))
    return found


def _read_settings(deployment: Deployment, found: Deployed) -> Deployed:
    settings = deployment.read_settings()
    notes = () if settings.mode is Mode.ENFORCE else (REPORT_MODE,)
    return replace(found, settings=settings, notes=(*found.notes, *notes))


def _read_now(deployment: Deployment, found: Deployed) -> Deployed:
    return replace(found, now=deployment.now)


def _read_ledger(deployment: Deployment, found: Deployed) -> Deployed:
    """Read the watches as the next run sees them: of a restored ledger, they start anew."""
    ledger = deployment.ledger()
    watches, previous = ledger.read_watches(), ledger.read_run_state()
    restored = previous.is_of_another_table(ledger.read_creation())
    if restored:
        anew = {each.watch.access_key_id: each.watch for each in restart(watches)}
        watches = replace(watches, by_key_id={**watches.by_key_id, **anew})
    return replace(found, watches=watches, previous=previous, restored=restored)
