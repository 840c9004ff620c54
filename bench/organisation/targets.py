"""The targets of the deployment for an organization."""

from collections.abc import Iterator, Sequence

from bench.organisation.jobs import AT_ONCE, COMPARED, GROWTH, SIZE, OrganisationResults
from bench.organisation.paper import Paper
from bench.organisation.quotas import Quota, quotas
from bench.organisation.results import HubResult, RunnerResult
from bench.targets import Target
from bench.tools import Tool

MAX_SECONDS = 60
MAX_CALLS = 18
MAX_MEMORY_MB = 128
MAX_GROWTH = 1.15
"""How many times more an account may cost in the largest organization than in the smallest."""
MIN_TIMES_FEWER_CALLS = 1.5
MAX_PAPER_SECONDS = 300
MAX_PAPER_PRICE = 0.15
_LARGE = 100


def check_organisation_targets(results: OrganisationResults, paper: Paper) -> list[Target]:
    """Compare the results of a full run, and the calculation, with the targets."""
    whole = [each for each in results.compared if not each.broken]
    ours = next(each for each in whole if each.day is Tool.DEACTIVATION_DAY)
    runner = [each for each in results.runner if not each.broken]
    return [
        *_size_targets(results.hub),
        _calls_target([*results.hub, *results.compared]),
        *_comparison_targets(ours, [each for each in runner if _all_deactivated(each)]),
        *_correctness_targets([*results.hub, *results.compared]),
        *_paper_targets(paper),
        *(_quota_target(quota, needed) for quota, needed in quotas(paper)),
    ]


def _size_targets(hub: Sequence[HubResult]) -> Iterator[Target]:
    largest = [each for each in hub if each.accounts == max(GROWTH)]
    quiet = {each.accounts: each for each in hub if each.day is Tool.QUIET_DAY}
    small, large = quiet[min(quiet)], quiet[max(quiet)]
    seconds = max(each.seconds for each in largest)
    yield Target(
        requirement=f"{max(GROWTH)} accounts of {SIZE.users} users, {AT_ONCE} at once, in under"
        f" {MAX_SECONDS} s on each of the days",
        measured=f"{seconds:.1f} s",
        met=seconds < MAX_SECONDS,
    )
    memory = max(each.memory for each in hub)
    yield Target(
        requirement=f"less than {MAX_MEMORY_MB} MB in the account step",
        measured=f"{memory:.0f} MB",
        met=memory < MAX_MEMORY_MB,
    )
    for what, of_small, of_large in (
        ("calls", small.calls, large.calls),
        ("seconds", small.seconds, large.seconds),
    ):
        growth = (of_large / large.accounts) / (of_small / small.accounts)
        yield Target(
            requirement=f"{what} of a quiet day grow at most in proportion to the accounts: those"
            f" of one of {large.accounts} at most {MAX_GROWTH} times those of one of"
            f" {small.accounts}",
            measured=f"{growth:.2f}",
            met=growth <= MAX_GROWTH,
        )


def _calls_target(hub: Sequence[HubResult]) -> Target:
    """Compare the calls of all quiet days: with latency, a report is asked for more often."""
    most = max(each.calls_of_an_account for each in hub if each.day is Tool.QUIET_DAY)
    return Target(
        requirement=f"at most {MAX_CALLS} calls of the account step for a quiet account",
        measured=f"{most:.1f}",
        met=most <= MAX_CALLS,
    )


def _all_deactivated(result: RunnerResult) -> bool:
    return result.stale_deactivated == result.accounts * result.size.stale


def _comparison_targets(ours: HubResult, others: Sequence[RunnerResult]) -> Iterator[Target]:
    if not others:
        return
    fewest = min(each.iam_calls for each in others)
    fewer = fewest / ours.iam_calls
    yield Target(
        requirement=f"at least {MIN_TIMES_FEWER_CALLS} times fewer IAM calls than c7n-org"
        f" in {COMPARED} accounts",
        measured=f"{fewest} / {ours.iam_calls} = {fewer:.1f}",
        met=fewer >= MIN_TIMES_FEWER_CALLS,
    )


def _correctness_targets(hub: Sequence[HubResult]) -> Iterator[Target]:
    for each in hub:
        if each.day is not Tool.DEACTIVATION_DAY:
            continue
        reached = each.accounts - len(each.broken)
        stale = reached * each.size.stale
        named = sum(
            any(named.startswith(account) for named in each.not_looked_at)
            for account in each.broken
        )
        broken = f", {len(each.broken)} of which refuses its role" if each.broken else ""
        yield Target(
            requirement=f"{each.accounts} accounts{broken}: all {stale} stale keys of the others"
            " deactivated, no fresh one, and who was not looked at is named"
            if each.broken
            else f"{each.accounts} accounts: all {stale} stale keys deactivated, and no fresh one",
            measured=f"{each.stale_deactivated} and {each.fresh_deactivated}"
            + (f", {named} of {len(each.broken)} named" if each.broken else ""),
            met=(each.stale_deactivated, each.fresh_deactivated, named)
            == (stale, 0, len(each.broken)),
        )


def _paper_targets(paper: Paper) -> Iterator[Target]:
    title = f"on paper: {paper.measured.accounts:,} accounts, {paper.assumed.at_once} at once"
    price = sum(paper.costs.values())
    yield Target(
        requirement=f"{title}, in at most {MAX_PAPER_SECONDS} s",
        measured=f"{paper.seconds:.0f} s",
        met=paper.seconds <= MAX_PAPER_SECONDS,
    )
    yield Target(
        requirement=f"{title}, for at most {MAX_PAPER_PRICE} USD a run",
        measured=f"{price:.4f} USD",
        met=price <= MAX_PAPER_PRICE,
    )


def amount(value: float) -> str:
    """Return a number with a decimal if it is small."""
    return f"{value:,.0f}" if value >= _LARGE else f"{value:.1f}"


def _quota_target(quota: Quota, needed: float) -> Target:
    return Target(
        requirement=f"on paper: {quota.what} within the default quota of {quota.value:,}",
        measured=amount(needed),
        met=needed <= quota.value,
    )
