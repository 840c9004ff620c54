"""The results as people read them: a page with tables, and the raw numbers."""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from bench import plot
from bench.contenders import CONNECTIONS, THREADS
from bench.lanes import GROWTH, LARGE, LATENCY, MIDDLE, RATE, SMALL
from bench.meter import REPORT_TAKES
from bench.plot import NAMES
from bench.product import DEACTIVATIONS, LONGEST_SWEEP, NOTICES, QUIET, SWEEP
from bench.rows import Row
from bench.targets import Target

METHOD = Path(__file__).with_name("method.md")
ORDER = (
    DEACTIVATIONS,
    "least",
    "pool",
    "naive",
    "custodian-report",
    "custodian-keys",
    QUIET,
    NOTICES,
    SWEEP,
)
COLUMNS = (
    "contender",
    "IAM calls",
    "of these throttled",
    "seconds",
    "peak RSS, MB",
    "stale keys dealt with",
    "fresh keys touched",
    "throttling errors unhandled",
)
HEADER = f"| {' | '.join(COLUMNS)} |\n| ---{' | ---:' * (len(COLUMNS) - 1)} |"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """When and where it was measured.

    custodian: its version, or why it is missing
    capacity: the most calls a second that the emulator answers through the meter
    took: seconds for everything
    """

    day: date
    custodian: str
    capacity: float
    took: float

    @property
    def machine(self) -> str:
        """The class of the machine."""
        python = platform.python_version()
        return f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {python}"


def write(
    folder: Path, rows: Sequence[Row], reached: Sequence[Target], around: Circumstances
) -> None:
    """Write the page, the plot and the raw numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(page(rows, reached, around))
    (folder / "bench.svg").write_text(plot.draw(rows))
    wire = {
        "date": around.day.isoformat(),
        "machine": around.machine,
        "custodian": around.custodian,
        "emulator_calls_per_second": round(around.capacity),
        "seconds_for_everything": round(around.took),
        "latency": LATENCY,
        "rate": RATE,
        "targets": [asdict(target) for target in reached],
        "rows": [row.to_wire() for row in rows],
    }
    (folder / "results.json").write_text(json.dumps(wire, indent=1) + "\n")


_WHERE = (
    f"At {LARGE.users:,} users, {LARGE.keys:,} keys, {LARGE.stale} of them stale and active. "
    "A peer is a tool that people use (Cloud Custodian); the others are yardsticks."
)


def _when(around: Circumstances) -> str:
    return (
        f"Measured on {around.day} ({around.machine}) by `make bench`, which took "
        f"{around.took / 60:.0f} minutes, measures it again, and writes this page."
    )


def page(rows: Sequence[Row], reached: Sequence[Target], around: Circumstances) -> str:
    """Write the page."""
    parts = [
        "# What a run costs",
        _when(around),
        "![Calls and seconds against users](bench.svg)",
        "## Targets",
        _WHERE,
        "\n".join(
            (
                "| target | measured | met |\n| --- | --- | --- |",
                *(f"| {t.asked} | {t.measured} | {_yes(met=t.met)} |" for t in reached),
            )
        ),
        *_sections(rows),
        _growth(rows),
        _method(around, rows),
    ]
    return "\n\n".join(parts) + "\n"


def _sections(rows: Sequence[Row]) -> Iterable[str]:
    for size in (LARGE, MIDDLE, SMALL):
        for rate in (None, RATE):
            found = [
                row
                for row in rows
                if row.users == size.users and row.rate == rate and row.stale in {size.stale, None}
            ]
            found.sort(key=lambda row: ORDER.index(row.contender))
            limit = f"IAM throttles at {rate:.0f} a second" if rate else "no throttle"
            yield f"## {size.users:,} users, {size.stale} of {size.keys:,} keys stale, {limit}"
            yield "\n".join([HEADER, *map(_row, found)])
            yield "Calls by action:"
            yield "\n".join(f"- {_name(row)}: {_actions(row)}" for row in found)


def _row(row: Row) -> str:
    cells = (
        _name(row) + (f" ({row.note})" if row.note else ""),
        f"{row.calls:,}",
        f"{row.throttled:,}",
        f"{row.seconds:.1f}",
        f"{row.memory:.0f}",
        "-" if row.done is None else f"{row.done} of {row.stale}",
        "-" if row.touched is None else f"{row.touched}",
        f"{row.unhandled}",
    )
    return f"| {' | '.join(cells)} |"


def _name(row: Row) -> str:
    return NAMES.get(row.contender, row.contender)


def _actions(row: Row) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in row.iam.items())


def _growth(rows: Sequence[Row]) -> str:
    ours = [row for row in rows if row.contender == DEACTIVATIONS and row.rate is None]
    sizes = {(size.users, size.stale) for size in (LARGE, MIDDLE, *GROWTH)}
    found = sorted(
        (row for row in ours if (row.users, row.stale) in sizes),
        key=lambda row: (row.stale or 0, row.users),
    )
    lines = [f"| {r.users:,} | {r.stale} | {r.calls:,} | {r.seconds:.1f} |" for r in found]
    return "\n".join(
        (
            "## Growth: this product on the day of the deactivations, no throttle\n",
            "| users | stale keys | IAM calls | seconds |\n| ---: | ---: | ---: | ---: |",
            *lines,
        )
    )


def _method(around: Circumstances, rows: Sequence[Row]) -> str:
    requests = sum(row.calls + row.other for row in rows)
    late = sum(row.late * (row.calls + row.other) for row in rows) / max(requests, 1)
    return METHOD.read_text().format(
        custodian=around.custodian,
        milliseconds=f"{LATENCY * 1000:.0f}",
        rate=f"{RATE:.0f}",
        report_takes=f"{REPORT_TAKES:.0f}",
        capacity=f"{around.capacity:.0f}",
        late=f"{late:.1%}",
        longest_sweep=f"{LONGEST_SWEEP:,}",
        threads=THREADS,
        connections=CONNECTIONS,
    )


def _yes(*, met: bool) -> str:
    return "yes" if met else "**no**"
