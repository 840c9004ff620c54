"""How the accounts of an organization are shown: as a table, and as a document for programs."""

from collections import Counter

from rich.table import Table
from rich.text import Text

from key_rotation.domain.model import Now
from key_rotation.domain.organisation.accounts import Coverage
from key_rotation.reporting.formatting import format_date, pluralize, sanitize_line
from key_rotation.reporting.response import iso_time
from key_rotation_cli import console
from key_rotation_cli.dates import short_date
from key_rotation_cli.deployment import Deployment
from key_rotation_cli.hub.in_account import not_looked_at
from key_rotation_cli.status.organisation.account_standing import COUNTED, AccountStanding
from key_rotation_cli.status.organisation.reading import OrganisationStanding

SCHEMA = "key-rotation/status-organisation/1"


def document(found: OrganisationStanding) -> dict[str, object]:
    """Return what programs read."""
    run = found.run
    return {
        "schema": SCHEMA,
        "organization_id": found.organization_id,
        "last_run": {
            "run_id": run.run_id,
            "started": iso_time(run.started),
            "ended": iso_time(run.ended),
            "mode": str(run.mode),
        }
        if run
        else None,
        "change_limit": found.hub.change_limit,
        "accounts": [_entry(each) for each in found.accounts],
        "unreadable": [
            {"account_id": account_id, "reason": why}
            for account_id, why in sorted(found.hub.unreadable.items())
        ],
    }


def _entry(each: AccountStanding) -> dict[str, object]:
    row = each.row
    return {
        "account_id": row.account.account_id,
        "account_name": row.account.name,
        "coverage": str(row.coverage),
        "looked_at": row.coverage is Coverage.COVERED and not each.is_not_looked_at,
        "last_looked_at": iso_time(row.last_looked_at),
        "failing_since": iso_time(row.failing_since),
        "mode": each.mode,
        "paused": each.is_paused,
        "due": each.due,
        **{state: each.counts.get(state, 0) for state in COUNTED},
        "unreadable": each.unreadable,
        "reason": not_looked_at(row),
    }


def show(deployment: Deployment, found: OrganisationStanding) -> None:
    """Show all accounts on the terminal."""
    session, now = deployment.session, deployment.now
    where = f"account {session.account_id}, {session.region}"
    console.show(f"{deployment.stack} of organization {found.organization_id} in {where}")
    console.show(_run_line(found, now))
    if found.hub.change_limit is not None:
        console.show(_limit_line(found.hub.change_limit))
    console.show(_counts_line(found))
    for account_id, why in sorted(found.hub.unreadable.items()):
        console.show(f"Account {account_id} cannot be read: {sanitize_line(why)}", style="bold red")
    console.show()
    console.out.print(_table(found, now))


def _run_line(found: OrganisationStanding, now: Now) -> str:
    run = found.run
    if run is None:
        return "Last run: none"
    at = run.started.astimezone(now.zone)
    state = "" if run.ended else ", not ended"
    partial = f", {pluralize(len(run.account_ids), 'account')} by name" if run.account_ids else ""
    return f"Last run {format_date(at.date())}, {at:%H:%M}: {run.mode} mode{partial}{state}"


def _limit_line(limit: int) -> str:
    if limit == 0:
        return "Paused: 0 changes a run in all accounts together"
    return f"At most {pluralize(limit, 'change')} a run in all accounts together"


def _counts_line(found: OrganisationStanding) -> str:
    missing = sum(each.is_not_looked_at for each in found.accounts)
    coverage = Counter(each.row.coverage for each in found.accounts)
    looked = coverage[Coverage.COVERED] - missing
    parts = [f"{looked:,} looked at"]
    parts += [f"{missing:,} not looked at"] if missing else []
    others = (each for each in Coverage if each is not Coverage.COVERED)
    parts += [f"{coverage[each]:,} {each}" for each in others if coverage[each]]
    keys = Counter[str]()
    for each in found.accounts:
        keys.update(each.counts)
    named = [f"{keys[state]:,} {state}" for state in COUNTED if keys[state]]
    accounts = pluralize(len(found.accounts), "account")
    return f"{accounts}: {', '.join(parts)}. Keys: {', '.join(named) or 'none watched'}"


def _table(found: OrganisationStanding, now: Now) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Account", no_wrap=True)
    table.add_column("Name", overflow="fold")
    table.add_column("Mode", no_wrap=True)
    table.add_column("Looked at", no_wrap=True)
    for column in ("Due", "Noticed", "Off", "Held"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for each in found.accounts:
        table.add_row(*_row(each, now))
    return table


def _row(each: AccountStanding, now: Now) -> list[Text]:
    row = each.row
    numbers = (each.due, *(each.counts.get(state, 0) for state in COUNTED))
    last = short_date(now.day(row.last_looked_at)) if row.last_looked_at else "never"
    style = "bold red" if each.is_not_looked_at else ""
    mode = f"{each.mode or '-'}{', paused' if each.is_paused else ''}"
    return [
        Text(row.account.account_id, style=style),
        Text(sanitize_line(row.account.name), style=style),
        Text(mode),
        Text(last, style=style),
        *(Text(f"{n:,}" if n else "-", style="" if n else "dim") for n in numbers),
        Text(_note(each), style=style or "dim"),
    ]


def _note(each: AccountStanding) -> str:
    texts = [not_looked_at(each.row)]
    if each.row.failing_since and each.is_not_looked_at:
        texts.append(f"Not looked at since {format_date(each.row.failing_since)}.")
    if each.unreadable:
        texts.append(f"{each.unreadable:,} of its watches cannot be read.")
    return " ".join(filter(None, texts))
