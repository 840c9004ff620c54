"""What a deployment knows, if there is one and it can be read: a preview needs none."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from key_rotation.domain.model import Mode, Now
from key_rotation.domain.organisation.accounts import RegisteredAccount
from key_rotation.domain.owners.owner import OwnerPolicy
from key_rotation.domain.restored_ledger import restart
from key_rotation.domain.run_state import RunState
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Watches
from key_rotation.errors import KeyRotationError
from key_rotation_cli.deployment import Deployment, find_deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.hub.in_account import InAccount, not_looked_at
from key_rotation_cli.owners import configured_policy, owner_mails
from key_rotation_cli.preview.mails_so_far import MailsSoFar
from key_rotation_cli.preview.owner_flags import DEFAULT_TAGS
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
    policy: who gets mail about keys; None if no owner does, or that is not known
    mails: the mails to owners so far
    """

    stack: str | None = None
    settings: Settings | None = None
    now: Now | None = None
    watches: Watches = field(default_factory=lambda: Watches(by_key_id={}))
    previous: RunState = field(default_factory=RunState)
    restored: bool = False
    notes: tuple[str, ...] = ()
    deployment: Deployment | None = None
    policy: OwnerPolicy | None = None
    mails: MailsSoFar = field(default_factory=MailsSoFar)


def read_deployed(session: Session, stack: str | None) -> Deployed:
    """Read what can be read; raises CliError only for a stack that the caller named."""
    try:
        deployment = find_deployment(session, stack)
    except CliError as error:
        if stack is not None:
            raise
        return Deployed(notes=(str(error),))
    reads = (
        _read_settings,
        _read_now,
        _read_ledger,
        _read_policy,
        _read_shared_mails,
        _read_notice_mails,
    )
    return _read(Deployed(stack=deployment.stack, deployment=deployment), deployment, reads)


def read_deployed_in(hub: Deployment, row: RegisteredAccount, of_hub: Deployed) -> Deployed:
    """Read what a hub knows of one of its accounts: its parameters, and its part of the ledger.

    of_hub: what the hub knows of all accounts
    """
    in_account = InAccount(
        row=row,
        is_own=row.account.account_id == hub.session.account_id,
        is_named=False,
        path=hub.parameter_path,
        session=None,
    )
    reads: tuple[Read, ...] = (_read_ledger, _read_notice_mails)
    if row.settings:
        reads = (_read_settings, _use_own_tags, *reads)
    deployment = replace(hub, in_account=in_account)
    start = Deployed(
        stack=hub.stack, deployment=deployment, policy=of_hub.policy, mails=of_hub.mails
    )
    found = _read(start, deployment, reads)
    why = not_looked_at(row)
    notes = (f"{in_account.title}: {why}",) if why else ()
    return replace(found, notes=(*found.notes, *notes))


def _read(found: Deployed, deployment: Deployment, reads: Iterable[Read]) -> Deployed:
    for read in reads:
        try:
            found = read(deployment, found)
        except (CliError, KeyRotationError) as error:
            found = replace(found, notes=tuple(dict.fromkeys((*found.notes, str(error)))))
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


def _read_policy(deployment: Deployment, found: Deployed) -> Deployed:
    """Read who gets mail, if owners do; no further call where the settings were read."""
    if not deployment.mails_owners:
        return found
    tags = found.settings.owner_tags if found.settings else DEFAULT_TAGS
    return replace(found, policy=configured_policy(deployment, tags))


def _use_own_tags(_: Deployment, found: Deployed) -> Deployed:
    """Use the tags that the parameters of an account name."""
    if found.policy is None or found.settings is None:
        return found
    tags = found.settings.owner_tags or found.policy.owner_tags
    return replace(found, policy=replace(found.policy, owner_tags=tags))


def _read_shared_mails(deployment: Deployment, found: Deployed) -> Deployed:
    """Read which addresses accept no mail, and what is pending; nothing without mail to owners."""
    if found.policy is None:
        return found
    mails = owner_mails(deployment)
    unreachable, pending = mails.read_unreachable().by_address, mails.read_pending().mails
    return replace(
        found,
        policy=replace(found.policy, unreachable=unreachable),
        mails=replace(found.mails, pending=pending),
    )


def _read_notice_mails(deployment: Deployment, found: Deployed) -> Deployed:
    """Read the mails about the notices of the account; nothing without mail to owners."""
    if found.policy is None:
        return found
    notice_mails = owner_mails(deployment).read_notice_mails(deployment.account_id)
    return replace(found, mails=replace(found.mails, of_notices=notice_mails))
