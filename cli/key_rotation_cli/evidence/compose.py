"""Makes the files of the evidence of one account. Pure."""

from dataclasses import dataclass

from key_rotation_cli.csv_file import to_csv
from key_rotation_cli.evidence.control import control_page
from key_rotation_cli.evidence.facts import Facts
from key_rotation_cli.evidence.manifest import Document, encode, manifest_of
from key_rotation_cli.evidence.sample import sample_of, sample_text
from key_rotation_cli.evidence.tables import tables_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSize:
    """How many changes are drawn, 0 for none; the same seed draws the same ones."""

    size: int
    seed: int


def compose(facts: Facts, sample: SampleSize) -> tuple[dict[str, bytes], Document]:
    """Return the files by name, and their manifest, which is one of them."""
    tables = tables_of(facts)
    files = {table.name: to_csv(table.columns, table.rows).encode() for table in tables}
    files["control.html"] = control_page(facts, tables).encode()
    options: dict[str, object] = {}
    if sample.size:
        drawn = sample_of(facts, sample.size, sample.seed)
        files["sample.txt"] = sample_text(facts, drawn).encode()
        options = {"sample": len(drawn), "seed": sample.seed}
    manifest = manifest_of(facts, files, options)
    return {**files, "manifest.json": encode(manifest)}, manifest
