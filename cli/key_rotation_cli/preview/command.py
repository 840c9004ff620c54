"""The command `preview`: read, forecast, show and write."""

from key_rotation_cli import options
from key_rotation_cli.preview import options as preview_options
from key_rotation_cli.preview.making import make_and_write, require
from key_rotation_cli.preview.output import Output
from key_rotation_cli.preview.owner_flags import OwnerFlags
from key_rotation_cli.preview.request import Request, make_request, read_flags
from key_rotation_cli.preview.which import Which
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
    owner_domains: preview_options.OwnerDomains = None,
    owner_fallback: preview_options.OwnerFallback = None,
    owner_tags: preview_options.OwnerTags = None,
    timezone: preview_options.Timezone = None,
    html: preview_options.Html = None,
    csv: preview_options.Csv = None,
    json: preview_options.JsonFile = None,
    fail_on_in_use: preview_options.FailOnInUse = False,
    all_accounts: preview_options.AllAccounts = False,
    account: options.Account = None,
    role: options.RoleName = None,
    external_id: options.ExternalId = None,
    targets: preview_options.Targets = None,
    accounts_at_once: preview_options.AccountsAtOnce = None,
    profile: options.Profile = None,
    region: options.Region = None,
    stack: options.Stack = None,
) -> None:
    """Show what the runs of the coming days would do: read-only, nothing need be deployed.

    Exit code 1 if something could not be read, 3 if --fail-on-in-use fails.

    Example: key-rotation preview --html preview.html
    """
    which = Which.parse(
        account, role, external_id, targets, accounts_at_once, all_accounts=all_accounts
    )
    output = Output(html=html, csv=csv, json=json)
    flags = read_flags(max_age, notice, grace, max_changes, exemptions)
    owners = OwnerFlags.parse(owner_domains, owner_fallback, owner_tags)
    request = make_request(flags, owners, stack, timezone, days)
    _make(profile, region, request, which, output, fail_on_in_use=fail_on_in_use)


def _make(
    profile: str | None,
    region: str | None,
    request: Request,
    which: Which,
    output: Output,
    *,
    fail_on_in_use: bool,
) -> None:
    output.check()
    session = Session.open(profile, region, read_only=True)
    with output.told_on_interrupt():
        found = make_and_write(session, request, which, output)
    require(found, fail_on_in_use=fail_on_in_use)
