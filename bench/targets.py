"""What must be reached, at 5,000 users with 200 stale keys, and whether it was."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.competitors import CUSTODIAN
from bench.jobs import LARGE
from bench.product import DEACTIVATIONS, QUIET
from bench.results import Result

MAX_CALLS = 650
MAX_CALLS_ON_A_QUIET_DAY = 20
TIMES_FEWER_CALLS = 8
TIMES_FASTER = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One target: what is asked, what was measured, and whether that is enough."""

    requirement: str
    measured: str
    met: bool


def check_targets(results: Sequence[Result]) -> list[Target]:
    """Compare. A peer is a tool that people use; the other tools are yardsticks."""
    return list(_targets([result for result in results if result.users == LARGE.users]))


def _targets(results: Sequence[Result]) -> Iterator[Target]:
    unthrottled = {result.tool: result for result in results if result.rate is None}
    ours, quiet = unthrottled[DEACTIVATIONS], unthrottled[QUIET]
    yield Target(
        requirement=f"at most {MAX_CALLS} IAM calls on the day that all 200 are deactivated",
        measured=f"{ours.calls}",
        met=ours.calls <= MAX_CALLS,
    )
    yield Target(
        requirement=f"at most {MAX_CALLS_ON_A_QUIET_DAY} on a quiet day",
        measured=f"{quiet.calls}",
        met=quiet.calls <= MAX_CALLS_ON_A_QUIET_DAY,
    )
    competitors = [
        result
        for name, result in unthrottled.items()
        if name in CUSTODIAN and result.done == result.stale
    ]
    if competitors:
        fewest = min(competitor.calls for competitor in competitors)
        fastest = min(competitor.seconds for competitor in competitors)
        yield Target(
            requirement=f"at least {TIMES_FEWER_CALLS} times fewer calls than the best peer",
            measured=f"{fewest} / {ours.calls} = {fewest / ours.calls:.1f}",
            met=fewest >= TIMES_FEWER_CALLS * ours.calls,
        )
        yield Target(
            requirement=f"at least {TIMES_FASTER} times faster than the best peer",
            measured=f"{fastest:.0f} s / {ours.seconds:.1f} s = {fastest / ours.seconds:.1f}",
            met=fastest >= TIMES_FASTER * ours.seconds,
        )
    ours_in_all = [result for result in results if result.tool == DEACTIVATIONS]
    for result in ours_in_all:
        yield Target(
            requirement=f"200 of 200, {'with' if result.rate else 'without'} the throttle",
            measured=f"{result.done} of {result.stale}",
            met=result.done == result.stale == LARGE.stale,
        )
    yield Target(
        requirement="0 fresh keys touched",
        measured=f"{sum(result.touched or 0 for result in ours_in_all)}",
        met=all(result.touched == 0 for result in ours_in_all),
    )
    unhandled = sum(result.unhandled for result in results if result.tool.startswith(DEACTIVATIONS))
    yield Target(
        requirement="no throttling error left unhandled",
        measured=f"{unhandled}",
        met=unhandled == 0,
    )
