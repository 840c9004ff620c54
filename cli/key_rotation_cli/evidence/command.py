"""The command `evidence`."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from key_rotation.reporting.formatting import pluralize
from key_rotation_cli import console
from key_rotation_cli.deployment import Deployment, find_deployment
from key_rotation_cli.errors import BadUsageError
from key_rotation_cli.evidence.compose import SampleSize, compose
from key_rotation_cli.evidence.facts import Facts
from key_rotation_cli.evidence.folder import require_writable, write_folder
from key_rotation_cli.evidence.of_all import EvidenceOfAll
from key_rotation_cli.evidence.parameters import ParameterHistory
from key_rotation_cli.evidence.period import Period, parse_days
from key_rotation_cli.evidence.reader import read_facts
from key_rotation_cli.hub.choice import AccountChoice
from key_rotation_cli.options import OTHER_ACCOUNTS, Account, Json, Profile, Region, Stack
from key_rotation_cli.session import Session

First = Annotated[str, typer.Option("--from", metavar="DATE", help="The first day, YYYY-MM-DD.")]
Last = Annotated[str, typer.Option("--to", metavar="DATE", help="The last day, included.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="A new or empty folder.")]
Sample = Annotated[
    int, typer.Option("--sample", min=0, max=10_000, help="Add the history of so many changes.")
]
AllAccounts = Annotated[
    bool,
    typer.Option(
        "--all",
        help="In a hub: every account, each in a folder of its own.",
        rich_help_panel=OTHER_ACCOUNTS,
    ),
]
Seed = Annotated[int, typer.Option("--seed", help="The same seed draws the same sample.")]


def evidence(  # noqa: PLR0913  # typer takes each option as an argument
    first: First,
    last: Last,
    out: Out,
    *,
    sample: Sample = 0,
    seed: Seed = 0,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
    json: Json = False,
    account: Account = None,
    all_accounts: AllAccounts = False,
) -> None:
    """Write the evidence of a period: what the control is, each run, each change, and gaps.

    Example: key-rotation evidence --from 2026-07-01 --to 2026-09-30 --out evidence-q3
    """
    days = parse_days(first, last)
    if all_accounts and account is not None:
        raise BadUsageError("Give either --all or --account. Nothing was written.")
    choice = AccountChoice.parse(account)
    require_writable(out)
    session = Session.open(profile, region, read_only=True)
    deployment = find_deployment(session, stack)
    period = Period(first=days[0], last=days[1], zone=deployment.now.zone)
    size = SampleSize(size=sample, seed=seed)
    if all_accounts:
        every = EvidenceOfAll(deployment=deployment, period=period, sample=size)
        _write_all(every, out, json=json)
    else:
        _write_one(choice.open(deployment), period, size, out, json=json)


def _write_one(
    deployment: Deployment, period: Period, sample: SampleSize, out: Path, *, json: bool
) -> None:
    with console.progress("Reading the ledger"):
        facts = read_facts(deployment, period, ParameterHistory(deployment))
    files, manifest = compose(facts, sample)
    write_folder(out, files.items())
    if json:
        console.print_json(manifest)
    else:
        _show(facts, out, files)


def _write_all(every: EvidenceOfAll, out: Path, *, json: bool) -> None:
    deployment = every.deployment
    if not deployment.is_hub:
        own = deployment.session.account_id
        text = f"{deployment.stack} is a deployment for {own} alone. Nothing was written."
        raise BadUsageError(f"--all: {text}")
    write_folder(out, every.files())
    if json:
        sys.stdout.write((out / "manifest.json").read_text(encoding="utf-8"))
        return
    runs = sum(int(str(row["runs"])) for row in every.index)
    count = f"{pluralize(len(every.index), 'account')}, {pluralize(runs, 'run')}"
    period = f"{every.period.first} to {every.period.last}"
    console.show(f"{period}: {count}. Written to {out}: index.csv has a row for each account.")


def _show(facts: Facts, out: Path, files: dict[str, bytes]) -> None:
    runs, changes = pluralize(len(facts.runs), "run"), pluralize(len(facts.changes), "change")
    period = f"{facts.period.first} to {facts.period.last}"
    console.out.print(Text(f"{period}: {runs}, {changes}."), soft_wrap=True)
    if facts.gaps:
        text = f"Days without a run: {len(facts.gaps)} (see runs.csv)."
        console.out.print(Text(text, style="yellow"), soft_wrap=True)
    console.out.print(Text(f"Written to {out}: {', '.join(sorted(files))}"), soft_wrap=True)
