"""The command `preview`: read, forecast, show and write."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from key_rotation.domain.model import Now
from key_rotation_cli import console, options
from key_rotation_cli.errors import BadUsageError, CheckFailedError, CliError
from key_rotation_cli.preview import options as preview_options
from key_rotation_cli.preview.account import Account
from key_rotation_cli.preview.account_reader import AccountReader
from key_rotation_cli.preview.deployed import Deployed, read_deployed
from key_rotation_cli.preview.exemptions_file import read_exemptions
from key_rotation_cli.preview.output import Output
from key_rotation_cli.preview.preview import Preview, Subject, make_preview
from key_rotation_cli.preview.starting_point import starting_point
from key_rotation_cli.preview.thresholds import Flags, Thresholds, choose_thresholds
from key_rotation_cli.preview.words import in_use_text
from key_rotation_cli.session import Session

DAYS = 60


def preview(  # noqa: PLR0913  # each option of the command is a parameter
    *,
    days: preview_options.Days = DAYS,
    max_age: preview_options.MaxAge = None,
    notice: preview_options.Notice = None,
    grace: preview_options.Grace = None,
    max_changes: preview_options.MaxChanges = None,
    exemptions: preview_options.Exemptions = None,
    timezone: preview_options.Timezone = None,
    html: preview_options.Html = None,
    csv: preview_options.Csv = None,
    json: preview_options.JsonFile = None,
    fail_on_in_use: preview_options.FailOnInUse = False,
    profile: options.Profile = None,
    region: options.Region = None,
    stack: options.Stack = None,
) -> None:
    """Show what the runs of the coming days would do: read-only, nothing need be deployed.

    Exit code 1 if something could not be read, 3 if --fail-on-in-use fails.

    Example: key-rotation preview --html preview.html
    """
    output = Output(html=html, csv=csv, json=json)
    output.check()
    flags = Flags(
        max_age=max_age,
        notice=notice,
        grace=grace,
        max_changes=max_changes,
        exemptions=read_exemptions(exemptions) if exemptions else None,
    )
    flags.check()
    zone = _zone(timezone)
    session = Session.open(profile, region, read_only=True)
    try:
        output.write(found := _preview(session, flags, stack=stack, zone=zone, days=days))
    except KeyboardInterrupt:
        raise CliError(f"Interrupted. {output.written_text}") from None
    _check(found, fail_on_in_use=fail_on_in_use)


def _preview(
    session: Session, flags: Flags, *, stack: str | None, zone: ZoneInfo | None, days: int
) -> Preview:
    """Read the deployment and the account, and forecast."""
    account_id = session.account_id
    deployed = read_deployed(session, stack)
    thresholds = choose_thresholds(flags, deployed.settings)
    now = _now(deployed, zone, session.now)
    account = _read_account(session, thresholds, deployed, now, days)
    subject = Subject(
        account_id=account_id,
        account=account,
        source=thresholds.source,
        stack=deployed.stack,
        notes=deployed.notes,
    )
    with console.progress("Planning the days"):
        return make_preview(subject, starting_point(thresholds, deployed, account, now), days)


def _read_account(
    session: Session, thresholds: Thresholds, deployed: Deployed, now: Now, days: int
) -> Account:
    with console.progress("Reading the users") as bar:
        return AccountReader(
            iam=session.iam,
            now=now,
            horizon_end=replace(now, instant=now.instant + timedelta(days=days - 1)),
            settings=thresholds.settings,
            watches=deployed.watches,
            on_progress=lambda done, total: bar.update(
                bar.task_ids[0], completed=done, total=total
            ),
        ).read()


def _now(deployed: Deployed, zone: ZoneInfo | None, instant: datetime) -> Now:
    now = deployed.now or Now(instant=instant, zone=ZoneInfo("UTC"))
    return replace(now, instant=instant, zone=zone or now.zone)


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name is not None else None
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        accepted = "a name such as Europe/Berlin or UTC"
        raise BadUsageError(f"--timezone {name!r} is not known; it accepts {accepted}.") from cause


def _check(found: Preview, *, fail_on_in_use: bool) -> None:
    """Raise what decides the exit code."""
    if fail_on_in_use and found.in_use:
        raise CheckFailedError(f"--fail-on-in-use: {in_use_text(found)}")
    if not found.complete:
        raise CliError(f"The preview is incomplete: {' '.join(found.account.missing)}")
