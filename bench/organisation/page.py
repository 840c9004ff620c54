"""The page of the measurements in organizations."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.jobs import LATENCY
from bench.organisation.jobs import AT_ONCE, COMPARED, SIZE, OrganisationResults
from bench.organisation.paper import Paper
from bench.organisation.quotas import quotas
from bench.organisation.results import HubResult, RunnerResult
from bench.organisation.targets import amount
from bench.proxy import REPORT_DELAY
from bench.report_page import Context, Section, table
from bench.targets import Target

METHOD = Path(__file__).with_name("method.md")
HUB = (
    *("accounts", "day", "seconds", "IAM calls", "calls of an account", "all calls"),
    *("MB of the account step", "stale keys deactivated", "fresh keys deactivated"),
)
COMPARISON = (
    *("tool", "accounts", "seconds", "IAM calls", "stale keys deactivated"),
    *("fresh keys deactivated", "what it says of the broken account"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationPage:
    """What the page shows; `paper` is None, and `targets` empty, after a quick bench."""

    results: OrganisationResults
    paper: Paper | None
    targets: Sequence[Target]
    context: Context
    load: str

    def __str__(self) -> str:
        """Return the page. Sections without rows are left out."""
        sections = "".join(
            f"## {title}\n\n{table(columns, rows)}\n\n"
            for title, columns, rows in self._sections()
            if rows
        )
        context = self.context
        return (
            f"# An organization of many accounts\n\nMeasured on {context.day} ({context.machine})"
            f" by `{context.command}`. Run it to measure again.\n\n{sections}{self._method()}"
        )

    def _sections(self) -> Iterator[Section]:
        met = {True: "yes", False: "**no**"}
        rows = [(each.requirement, each.measured, met[each.met]) for each in self.targets]
        yield "Targets", ("target", "measured", "met"), rows
        title = f"Executions of the hub, {AT_ONCE} accounts at once, no latency"
        yield title, HUB, list(map(_hub_cells, self.results.hub))
        title = f"Executions of the hub, {COMPARED} accounts, {AT_ONCE} at once, with latency"
        yield title, HUB, list(map(_hub_cells, self.results.compared))
        ours = [each for each in self.results.compared if each.stale_deactivated]
        yield (
            f"Beside c7n-org, in the same {COMPARED} accounts, with latency",
            COMPARISON,
            [*map(_our_cells, ours), *map(_runner_cells, self.results.runner)],
        )
        if self.paper:
            yield from _paper_sections(self.paper)

    def _method(self) -> str:
        return METHOD.read_text().format(
            at_once=AT_ONCE,
            custodian=self.context.custodian,
            keys=SIZE.keys,
            load=self.load,
            milliseconds=f"{LATENCY * 1000:.0f}",
            report_delay=REPORT_DELAY,
            stale=SIZE.stale,
            users=SIZE.users,
        )


def _hub_cells(result: HubResult) -> Sequence[str]:
    day = f"{result.day} ({result.note})" if result.note else f"{result.day}"
    broken = f", {len(result.broken)} broken" if result.broken else ""
    return (
        f"{result.accounts}{broken}",
        day,
        f"{result.seconds:.1f}",
        f"{result.iam_calls:,}",
        f"{result.calls_of_an_account:.1f}",
        f"{result.calls:,}",
        f"{result.memory:.0f}",
        f"{result.stale_deactivated}",
        f"{result.fresh_deactivated}",
    )


def _our_cells(result: HubResult) -> Sequence[str]:
    said = [each.partition(": ")[2] for each in result.not_looked_at]
    return _compared(f"{result.day}", result, [f"the digest and the answer: {x}" for x in said])


def _runner_cells(result: RunnerResult) -> Sequence[str]:
    said = [each.partition(": ")[2] for each in result.says[:1]]  # without the time of day
    said.append(f"exit {result.status}")
    return _compared(f"c7n-org, {result.tool}", result, said if result.broken else [])


def _compared(tool: str, result: HubResult | RunnerResult, said: Iterable[str]) -> Sequence[str]:
    broken = f", {len(result.broken)} broken" if result.broken else ""
    return (
        tool,
        f"{result.accounts}{broken}",
        f"{result.seconds:.1f}",
        f"{result.iam_calls:,}",
        f"{result.stale_deactivated}",
        f"{result.fresh_deactivated}",
        "; ".join(said).replace("|", "\\|") or "-",
    )


def _paper_sections(paper: Paper) -> Iterator[Section]:
    number = f"{paper.measured.accounts:,}"
    yield f"A quiet day of {number} accounts, calculated", ("what", "value"), list(_days(paper))
    columns = ("default quota", "value", "needed", "source")
    rows = [(q.what, f"{q.value:,}", amount(needed), q.source) for q, needed in quotas(paper)]
    yield f"Default quotas, and what {number} accounts need", columns, rows
    assumed = [(each.what, str(each), each.source) for each in paper.assumed.rows()]
    yield "What the calculation assumes", ("what", "value", "source"), assumed


def _days(paper: Paper) -> Iterator[tuple[str, str]]:
    measured = paper.measured
    yield "seconds of prepare", f"{paper.prepare_seconds:.1f}"
    yield "seconds of the account step in an account, warm", f"{paper.account_seconds:.2f}"
    yield "seconds of a cold start", f"{paper.cold_seconds:.1f}"
    yield "accounts that each child looks at", f"{paper.waves}"
    yield "seconds of digest", f"{paper.digest_seconds:.1f}"
    yield "**seconds of the execution**", f"**{paper.seconds:.0f}**"
    yield "processor seconds of an account, measured", f"{measured.account.cpu:.3f}"
    yield "calls of an account, measured", f"{measured.account.total_calls:.1f}"
    yield (
        "calls of prepare and of digest",
        (f"{measured.prepare.total_calls:,.0f} and {measured.digest.total_calls:,.0f}"),
    )
    for name, size in measured.item_bytes.items():
        yield f"bytes of an account's row of the {name}, measured", f"{size:,.0f}"
    yield "transitions", f"{paper.transitions:,.0f}"
    yield "GB-seconds of Lambda", f"{paper.gigabyte_seconds:,.0f}"
    yield "DynamoDB write units", f"{paper.write_units:,.0f}"
    yield "DynamoDB read units", f"{paper.read_units:,.0f}"
    yield "calls to Systems Manager", f"{paper.parameter_calls:.0f}"
    for service, price in paper.costs.items():
        yield f"USD for {service}", f"{price:.4f}"
    yield "**USD of the execution**", f"**{sum(paper.costs.values()):.4f}**"
    yield (
        "USD of the execution, if a start and an end are no transitions",
        f"{paper.least_cost:.4f}",
    )
