"""The targets of the product at 5,000 users with 200 stale keys."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.competitors import CUSTODIAN_POLICIES
from bench.jobs import LARGE, UNTHROTTLED
from bench.results import Result
from bench.tools import Tool

MAX_CALLS = 650
MAX_CALLS_ON_A_QUIET_DAY = 20
MIN_TIMES_FEWER_CALLS = 8
MIN_TIMES_FASTER = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A requirement, the measured value, and whether the value meets the requirement."""

    requirement: str
    measured: str
    met: bool


def check_targets(results: Sequence[Result]) -> list[Target]:
    """Compare the results of a full run with the targets."""
    large = [result for result in results if result.size == LARGE]
    by_tool = {each.tool: each for each in large if each.conditions == UNTHROTTLED}
    ours = by_tool[Tool.DEACTIVATION_DAY]
    competitors = [
        by_tool[tool]
        for tool in CUSTODIAN_POLICIES
        if tool in by_tool and by_tool[tool].stale_deactivated == LARGE.stale
    ]
    return [
        *_call_targets(ours, by_tool[Tool.QUIET_DAY]),
        *_comparison_targets(ours, competitors),
        *_correctness_targets([each for each in large if each.tool.startswith("key-rotation")]),
    ]


def _call_targets(ours: Result, quiet: Result) -> Iterator[Target]:
    calls, quiet_calls = ours.total_iam_calls, quiet.total_iam_calls
    yield Target(
        requirement=f"at most {MAX_CALLS} IAM calls on the day that deactivates 200 keys",
        measured=f"{calls}",
        met=calls <= MAX_CALLS,
    )
    yield Target(
        requirement=f"at most {MAX_CALLS_ON_A_QUIET_DAY} IAM calls on a quiet day",
        measured=f"{quiet_calls}",
        met=quiet_calls <= MAX_CALLS_ON_A_QUIET_DAY,
    )


def _comparison_targets(ours: Result, competitors: Sequence[Result]) -> Iterator[Target]:
    if not competitors:
        return
    fewest = min(each.total_iam_calls for each in competitors)
    fastest = min(each.seconds for each in competitors)
    times_fewer, times_faster = fewest / ours.total_iam_calls, fastest / ours.seconds
    yield Target(
        requirement=f"at least {MIN_TIMES_FEWER_CALLS} times fewer calls than Cloud Custodian",
        measured=f"{fewest} / {ours.total_iam_calls} = {times_fewer:.1f}",
        met=times_fewer >= MIN_TIMES_FEWER_CALLS,
    )
    yield Target(
        requirement=f"at least {MIN_TIMES_FASTER} times faster than Cloud Custodian",
        measured=f"{fastest:.0f} s / {ours.seconds:.1f} s = {times_faster:.1f}",
        met=times_faster >= MIN_TIMES_FASTER,
    )


def _correctness_targets(ours: Sequence[Result]) -> Iterator[Target]:
    deactivations = [each for each in ours if each.tool is Tool.DEACTIVATION_DAY]
    for each in deactivations:
        throttle = "with" if each.conditions.rate else "without"
        yield Target(
            requirement=f"all {LARGE.stale} stale keys deactivated {throttle} the throttle",
            measured=f"{each.stale_deactivated} of {LARGE.stale}",
            met=each.stale_deactivated == LARGE.stale,
        )
    fresh = sum(each.fresh_deactivated or 0 for each in deactivations)
    yield Target(requirement="no fresh key deactivated", measured=f"{fresh}", met=fresh == 0)
    unhandled = sum(each.unhandled_throttles for each in ours)
    yield Target(
        requirement="no unhandled throttling error", measured=f"{unhandled}", met=unhandled == 0
    )
