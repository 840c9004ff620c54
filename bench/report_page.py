"""The results as people read them: a page with tables, and the raw numbers."""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from bench import plot
from bench.baselines import CONNECTIONS, THREADS
from bench.jobs import GROWTH, LARGE, LATENCY, MIDDLE, RATE, SMALL
from bench.plot import NAMES
from bench.product import DEACTIVATIONS, FULL_SCAN, MAX_THROTTLED_FULL_SCAN, NOTICES, QUIET
from bench.proxy_server import REPORT_DELAY
from bench.results import Result
from bench.targets import Target

METHOD = Path(__file__).with_name("method.md")
ORDER = (
    DEACTIVATIONS,
    "minimal",
    "thread_pool",
    "sequential",
    "custodian-report",
    "custodian-keys",
    QUIET,
    NOTICES,
    FULL_SCAN,
)
COLUMNS = (
    "tool",
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
class Environment:
    """When and where it was measured.

    custodian: its version, or why it is missing
    capacity: the most calls a second that the emulator answers through the proxy
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
    folder: Path,
    results: Sequence[Result],
    targets: Sequence[Target],
    environment: Environment,
) -> None:
    """Write the page, the plot and the raw numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(page(results, targets, environment))
    (folder / "bench.svg").write_text(plot.draw(results))
    wire = {
        "date": environment.day.isoformat(),
        "machine": environment.machine,
        "custodian": environment.custodian,
        "emulator_calls_per_second": round(environment.capacity),
        "seconds_for_everything": round(environment.took),
        "latency": LATENCY,
        "rate": RATE,
        "targets": [asdict(target) for target in targets],
        "results": [result.to_json() for result in results],
    }
    (folder / "results.json").write_text(json.dumps(wire, indent=1) + "\n")


_WHERE = (
    f"At {LARGE.users:,} users, {LARGE.keys:,} keys, {LARGE.stale} of them stale and active. "
    "A peer is a tool that people use (Cloud Custodian); the others are yardsticks."
)


def _when(environment: Environment) -> str:
    return (
        f"Measured on {environment.day} ({environment.machine}) by `make bench`, which took "
        f"{environment.took / 60:.0f} minutes, measures it again, and writes this page."
    )


def page(results: Sequence[Result], targets: Sequence[Target], environment: Environment) -> str:
    """Write the page."""
    parts = [
        "# What a run costs",
        _when(environment),
        "![Calls and seconds against users](bench.svg)",
        "## Targets",
        _WHERE,
        "\n".join(
            (
                "| target | measured | met |\n| --- | --- | --- |",
                *(f"| {t.requirement} | {t.measured} | {_yes(met=t.met)} |" for t in targets),
            )
        ),
        *_sections(results),
        _growth(results),
        _method(environment, results),
    ]
    return "\n\n".join(parts) + "\n"


def _sections(results: Sequence[Result]) -> Iterable[str]:
    for size in (LARGE, MIDDLE, SMALL):
        for rate in (None, RATE):
            found = [
                result
                for result in results
                if result.users == size.users
                and result.rate == rate
                and result.stale in {size.stale, None}
            ]
            found.sort(key=lambda result: ORDER.index(result.tool))
            limit = f"IAM throttles at {rate:.0f} a second" if rate else "no throttle"
            yield f"## {size.users:,} users, {size.stale} of {size.keys:,} keys stale, {limit}"
            yield "\n".join([HEADER, *map(_result, found)])
            yield "Calls by action:"
            yield "\n".join(f"- {_name(result)}: {_actions(result)}" for result in found)


def _result(result: Result) -> str:
    cells = (
        _name(result) + (f" ({result.note})" if result.note else ""),
        f"{result.calls:,}",
        f"{result.throttled:,}",
        f"{result.seconds:.1f}",
        f"{result.memory:.0f}",
        "-" if result.done is None else f"{result.done} of {result.stale}",
        "-" if result.touched is None else f"{result.touched}",
        f"{result.unhandled}",
    )
    return f"| {' | '.join(cells)} |"


def _name(result: Result) -> str:
    return NAMES.get(result.tool, result.tool)


def _actions(result: Result) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in result.iam.items())


def _growth(results: Sequence[Result]) -> str:
    ours = [result for result in results if result.tool == DEACTIVATIONS and result.rate is None]
    sizes = {(size.users, size.stale) for size in (LARGE, MIDDLE, *GROWTH)}
    found = sorted(
        (result for result in ours if (result.users, result.stale) in sizes),
        key=lambda result: (result.stale or 0, result.users),
    )
    lines = [f"| {r.users:,} | {r.stale} | {r.calls:,} | {r.seconds:.1f} |" for r in found]
    return "\n".join(
        (
            "## Growth: this product on the day of the deactivations, no throttle\n",
            "| users | stale keys | IAM calls | seconds |\n| ---: | ---: | ---: | ---: |",
            *lines,
        )
    )


def _method(environment: Environment, results: Sequence[Result]) -> str:
    requests = sum(result.calls + result.other for result in results)
    late = sum(result.late * (result.calls + result.other) for result in results) / max(requests, 1)
    return METHOD.read_text().format(
        custodian=environment.custodian,
        milliseconds=f"{LATENCY * 1000:.0f}",
        rate=f"{RATE:.0f}",
        report_delay=f"{REPORT_DELAY:.0f}",
        capacity=f"{environment.capacity:.0f}",
        late=f"{late:.1%}",
        max_throttled_full_scan=f"{MAX_THROTTLED_FULL_SCAN:,}",
        threads=THREADS,
        connections=CONNECTIONS,
    )


def _yes(*, met: bool) -> str:
    return "yes" if met else "**no**"
