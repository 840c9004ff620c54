"""What a preview is asked for, and what the previews of all accounts share."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from key_rotation.domain.model import Now
from key_rotation.domain.owners.owner import OwnerPolicy
from key_rotation.reporting.formatting import pluralize
from key_rotation_cli.errors import BadUsageError, CliError
from key_rotation_cli.hub.accounts import HubAccounts, read_accounts
from key_rotation_cli.hub.in_account import not_looked_at
from key_rotation_cli.preview.deployed import Deployed, read_deployed, read_deployed_in
from key_rotation_cli.preview.exemptions_file import read_exemptions
from key_rotation_cli.preview.owner_flags import OwnerFlags, choose_policy
from key_rotation_cli.preview.thresholds import Flags, Thresholds, choose_thresholds
from key_rotation_cli.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the caller gave.

    stack: None for the only deployment in the Region, if there is one
    zone: None for that of the deployment, or UTC
    days: how many to forecast
    """

    flags: Flags
    owner_flags: OwnerFlags
    stack: str | None
    zone: ZoneInfo | None
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a forecast goes by.

    now: the instant of the first run
    days: how many to forecast
    deployed: what the deployment knows of the account
    flags, owner_flags: what the caller gave
    policy: who gets mail about keys; None if no owner does
    hub: the accounts of the deployment, if it is one for an organization
    """

    now: Now
    days: int
    thresholds: Thresholds
    deployed: Deployed
    flags: Flags
    owner_flags: OwnerFlags = field(default_factory=OwnerFlags)
    policy: OwnerPolicy | None = None
    hub: HubAccounts | None = None

    @property
    def last_day(self) -> Now:
        """The last of the days."""
        return replace(self.now, instant=self.now.instant + timedelta(days=self.days - 1))

    def for_account(self, account_id: str, own_account_id: str) -> "Terms":
        """Return the terms for an account of an organization.

        A hub has parameters and a part of the ledger for each; any other deployment remembers only
        its own account. Raises BadUsageError for flags that contradict the account's parameters.
        """
        found = self.deployed
        row = self.hub.rows.get(account_id) if self.hub else None
        if row and found.deployment:
            inside = read_deployed_in(found.deployment, row, found)
            thresholds = choose_thresholds(self.flags, inside.settings or found.settings)
            policy = choose_policy(self.owner_flags, inside.policy)
            return replace(self, deployed=inside, thresholds=thresholds, policy=policy)
        if account_id == own_account_id:
            return self
        forgotten = Deployed(
            stack=found.stack,
            settings=found.settings,
            now=found.now,
            notes=found.notes,
            policy=found.policy,
        )
        return replace(self, deployed=forgotten)


def read_terms(session: Session, request: Request) -> Terms:
    """Read the deployment, if there is one, and choose the thresholds.

    Raises CliError for credentials that AWS does not accept and for a stack that the caller named,
    and BadUsageError for flags that contradict the deployed parameters, or need a deployment that
    mails owners.
    """
    instant = session.now
    deployed = read_deployed(session, request.stack)
    hub, notes = _read_hub(deployed)
    deployed = replace(deployed, notes=(*deployed.notes, *notes))
    return Terms(
        now=_now(deployed, request.zone, instant),
        days=request.days,
        thresholds=choose_thresholds(request.flags, deployed.settings),
        deployed=deployed,
        flags=request.flags,
        owner_flags=request.owner_flags,
        policy=choose_policy(request.owner_flags, deployed.policy),
        hub=hub,
    )


def _read_hub(deployed: Deployed) -> tuple[HubAccounts | None, tuple[str, ...]]:
    """Read the accounts of a hub, and what people should know of them."""
    if deployed.deployment is None or not deployed.deployment.is_hub:
        return None, ()
    try:
        hub = read_accounts(deployed.deployment)
    except CliError as error:
        return None, (str(error),)
    left = sum(1 for row in hub.rows.values() if not_looked_at(row))
    count = f"{pluralize(left, 'account')} of {deployed.stack}"
    shown = "shown as if it were" if left == 1 else "shown as if they were"
    notes = (f"{count} not looked at by runs: {shown}.",) if left else ()
    return hub, (*notes, *filter(None, (hub.problem,)))


def make_request(
    flags: Flags, owners: OwnerFlags, stack: str | None, timezone: str | None, days: int
) -> Request:
    """Return what the caller gave; raises BadUsageError for a time zone that is not known."""
    zone = parse_zone(timezone)
    return Request(flags=flags, owner_flags=owners, stack=stack, zone=zone, days=days)


def read_flags(
    max_age: int | None,
    notice: int | None,
    grace: int | None,
    max_changes: int | None,
    exemptions: Path | None,
) -> Flags:
    """Read the thresholds that the caller gave, and the file of exemptions.

    Raises BadUsageError for a file that is not accepted, and for flags that contradict each other.
    """
    flags = Flags(
        max_age=max_age,
        notice=notice,
        grace=grace,
        max_changes=max_changes,
        exemptions=read_exemptions(exemptions) if exemptions else None,
    )
    flags.check()
    return flags


def parse_zone(name: str | None) -> ZoneInfo | None:
    """Return the time zone of a name; raises BadUsageError for one that is not known."""
    try:
        return ZoneInfo(name) if name is not None else None
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        accepted = "a name such as Europe/Berlin or UTC"
        raise BadUsageError(f"--timezone {name!r} is not known; it accepts {accepted}.") from cause


def _now(deployed: Deployed, zone: ZoneInfo | None, instant: datetime) -> Now:
    now = deployed.now or Now(instant=instant, zone=ZoneInfo("UTC"))
    return replace(now, instant=instant, zone=zone or now.zone)
