"""The report: a Markdown page of tables."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench.baselines import CONNECTIONS, THREADS
from bench.jobs import LARGE, LATENCY, MIDDLE, RATE, SMALL, THROTTLED, UNTHROTTLED
from bench.product import MAX_USERS_OF_THROTTLED_SCAN
from bench.proxy import REPORT_DELAY
from bench.results import Result
from bench.seeded_account import Size
from bench.targets import Target
from bench.tools import Tool

METHOD = Path(__file__).with_name("method.md")
COLUMNS = (
    *("IAM calls", "throttled calls", "seconds", "stale keys deactivated"),
    *("fresh keys deactivated", "unhandled throttling errors", "IAM calls by action"),
)
TEXT_COLUMNS = {
    *("account", "accounts", "day", "default quota", "IAM calls by action", "measured", "met"),
    *("source", "target", "tool", "what", "what it says of the broken account"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """When and where the bench ran.

    seconds: the duration of the whole bench
    custodian: the version of Cloud Custodian, or why it was not measured
    """

    command: str
    day: date
    machine: str
    seconds: float
    custodian: str


def page(results: Sequence[Result], targets: Sequence[Target], context: Context) -> str:
    """Return the page. Sections without rows are left out."""
    sections = "".join(
        f"## {title}\n\n{table(columns, rows)}\n\n"
        for title, columns, rows in _sections(results, targets)
        if rows
    )
    return (
        f"# IAM calls and run time\n\nMeasured on {context.day} ({context.machine}) by "
        f"`{context.command}`, which took {context.seconds:.0f} s. "
        f"Run `make bench` to measure again.\n\n{sections}{_method(results, context)}"
    )


Section = tuple[str, Sequence[str], Sequence[Sequence[str]]]


def _sections(results: Sequence[Result], targets: Sequence[Target]) -> Iterator[Section]:
    """Yield the title, the columns and the rows of each section."""
    met = {True: "yes", False: "**no**"}
    rows = [(each.requirement, each.measured, met[each.met]) for each in targets]
    yield f"Targets at {_account(LARGE)}", ("target", "measured", "met"), rows
    for size in (LARGE, MIDDLE, SMALL):
        for conditions in (UNTHROTTLED, THROTTLED):
            same = [r for r in results if (r.size, r.conditions) == (size, conditions)]
            same.sort(key=lambda result: list(Tool).index(result.tool))
            throttle = f"throttle at {RATE:.0f} per second" if conditions.rate else "no throttle"
            title = f"{_account(size)}, {throttle}"
            yield title, ("tool", *COLUMNS), [(_tool(each), *_cells(each)) for each in same]
    ours = [r for r in results if (r.tool, r.conditions) == (Tool.DEACTIVATION_DAY, UNTHROTTLED)]
    ours.sort(key=lambda result: (result.size.stale, result.size.users))
    title = f"{Tool.DEACTIVATION_DAY}, all accounts, no throttle"
    yield title, ("account", *COLUMNS), [(_account(each.size), *_cells(each)) for each in ours]


def _account(size: Size) -> str:
    return f"{size.users:,} users, {size.stale} of {size.keys:,} keys stale"


def _tool(result: Result) -> str:
    return f"{result.tool} ({result.note})" if result.note else result.tool


def _cells(result: Result) -> Sequence[str]:
    stale, fresh = result.stale_deactivated, result.fresh_deactivated
    return (
        f"{result.total_iam_calls:,}",
        f"{result.statistics.throttled:,}",
        f"{result.seconds:.1f}",
        "-" if stale is None else f"{stale}",
        "-" if fresh is None else f"{fresh}",
        f"{result.unhandled_throttles}",
        ", ".join(f"{action} {count:,}" for action, count in result.iam_calls.items()),
    )


def _method(results: Iterable[Result], context: Context) -> str:
    statistics = [result.statistics for result in results]
    calls = sum(sum(each.calls.values()) for each in statistics)
    return METHOD.read_text().format(
        custodian=context.custodian,
        milliseconds=f"{LATENCY * 1000:.0f}",
        rate=f"{RATE:.0f}",
        report_delay=f"{REPORT_DELAY:.0f}",
        late=f"{sum(each.late for each in statistics) / max(calls, 1):.1%}",
        max_users=f"{MAX_USERS_OF_THROTTLED_SCAN:,}",
        threads=THREADS,
        connections=CONNECTIONS,
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    alignment = ["---" if column in TEXT_COLUMNS else "---:" for column in columns]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, alignment, *rows))
