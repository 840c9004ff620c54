"""The command `evidence`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from key_rotation.reporting.formatting import pluralize
from key_rotation_cli import console
from key_rotation_cli.csv_file import to_csv
from key_rotation_cli.deployment import find_deployment
from key_rotation_cli.evidence.control import control_page
from key_rotation_cli.evidence.facts import Facts
from key_rotation_cli.evidence.folder import require_writable, write_folder
from key_rotation_cli.evidence.manifest import Document, encode, manifest_of
from key_rotation_cli.evidence.period import Period, parse_days
from key_rotation_cli.evidence.reader import read_facts
from key_rotation_cli.evidence.sample import sample_of, sample_text
from key_rotation_cli.evidence.tables import tables_of
from key_rotation_cli.options import Json, Profile, Region, Stack
from key_rotation_cli.session import Session

First = Annotated[str, typer.Option("--from", metavar="DATE", help="The first day, YYYY-MM-DD.")]
Last = Annotated[str, typer.Option("--to", metavar="DATE", help="The last day, included.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="A new or empty folder.")]
Sample = Annotated[
    int, typer.Option("--sample", min=0, max=10_000, help="Add the history of so many changes.")
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
) -> None:
    """Write the evidence of a period: what the control is, each run, each change, and gaps.

    Example: key-rotation evidence --from 2026-07-01 --to 2026-09-30 --out evidence-q3
    """
    days = parse_days(first, last)
    require_writable(out)
    session = Session.open(profile, region, read_only=True)
    deployment = find_deployment(session, stack)
    period = Period(first=days[0], last=days[1], zone=deployment.now.zone)
    with console.progress("Reading the ledger"):
        facts = read_facts(deployment, period)
    files, manifest = _compose(facts, sample, seed)
    write_folder(out, files)
    if json:
        console.print_json(manifest)
    else:
        _show(facts, out, files)


def _compose(facts: Facts, sample: int, seed: int) -> tuple[dict[str, bytes], Document]:
    """Return the files by name, and their manifest, which is one of them."""
    tables = tables_of(facts)
    files = {table.name: to_csv(table.columns, table.rows).encode() for table in tables}
    files["control.html"] = control_page(facts, tables).encode()
    options: dict[str, object] = {}
    if sample:
        drawn = sample_of(facts, sample, seed)
        files["sample.txt"] = sample_text(facts, drawn).encode()
        options = {"sample": len(drawn), "seed": seed}
    manifest = manifest_of(facts, files, options)
    return {**files, "manifest.json": encode(manifest)}, manifest


def _show(facts: Facts, out: Path, files: dict[str, bytes]) -> None:
    runs, changes = pluralize(len(facts.runs), "run"), pluralize(len(facts.changes), "change")
    period = f"{facts.period.first} to {facts.period.last}"
    console.out.print(Text(f"{period}: {runs}, {changes}."), soft_wrap=True)
    if facts.gaps:
        text = f"Days without a run: {len(facts.gaps)} (see runs.csv)."
        console.out.print(Text(text, style="yellow"), soft_wrap=True)
    console.out.print(Text(f"Written to {out}: {', '.join(sorted(files))}"), soft_wrap=True)
