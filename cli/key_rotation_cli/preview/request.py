"""What a preview is asked for, and what the previews of all accounts share."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from key_rotation.domain.model import Now
from key_rotation_cli.errors import BadUsageError
from key_rotation_cli.preview.deployed import Deployed, read_deployed
from key_rotation_cli.preview.exemptions_file import read_exemptions
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
    stack: str | None
    zone: ZoneInfo | None
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a forecast goes by.

    now: the instant of the first run
    days: how many to forecast
    deployed: what the deployment knows of the account
    """

    now: Now
    days: int
    thresholds: Thresholds
    deployed: Deployed

    @property
    def last_day(self) -> Now:
        """The last of the days."""
        return replace(self.now, instant=self.now.instant + timedelta(days=self.days - 1))

    @property
    def for_another_account(self) -> "Terms":
        """The same terms for an account of which the deployment remembers nothing."""
        found = self.deployed
        forgotten = Deployed(
            stack=found.stack, settings=found.settings, now=found.now, notes=found.notes
        )
        return replace(self, deployed=forgotten)


def read_terms(session: Session, request: Request) -> Terms:
    """Read the deployment, if there is one, and choose the thresholds.

    Raises CliError for credentials that AWS does not accept and for a stack that the caller named,
    and BadUsageError for flags that contradict the deployed parameters.
    """
    instant = session.now
    deployed = read_deployed(session, request.stack)
    return Terms(
        now=_now(deployed, request.zone, instant),
        days=request.days,
        thresholds=choose_thresholds(request.flags, deployed.settings),
        deployed=deployed,
    )


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
