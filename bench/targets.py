"""What must be reached, at 5,000 users with 200 stale keys, and whether it was."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.lanes import LARGE
from bench.peers import CUSTODIAN
from bench.product import DEACTIVATIONS, QUIET
from bench.rows import Row

MOST_CALLS = 650
MOST_CALLS_ON_A_QUIET_DAY = 20
TIMES_FEWER_CALLS = 8
TIMES_FASTER = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One target: what is asked, what was measured, and whether that is enough."""

    asked: str
    measured: str
    met: bool


def targets(rows: Sequence[Row]) -> list[Target]:
    """Compare. A peer is a tool that people use; the other contenders are yardsticks."""
    return list(_targets([row for row in rows if row.users == LARGE.users]))


def _targets(rows: Sequence[Row]) -> Iterator[Target]:
    fair = {row.contender: row for row in rows if row.rate is None}
    ours, quiet = fair[DEACTIVATIONS], fair[QUIET]
    yield Target(
        asked=f"at most {MOST_CALLS} IAM calls on the day that all 200 are deactivated",
        measured=f"{ours.calls}",
        met=ours.calls <= MOST_CALLS,
    )
    yield Target(
        asked=f"at most {MOST_CALLS_ON_A_QUIET_DAY} on a quiet day",
        measured=f"{quiet.calls}",
        met=quiet.calls <= MOST_CALLS_ON_A_QUIET_DAY,
    )
    peers = [row for name, row in fair.items() if name in CUSTODIAN and row.done == row.stale]
    if peers:
        fewest = min(peer.calls for peer in peers)
        fastest = min(peer.seconds for peer in peers)
        yield Target(
            asked=f"at least {TIMES_FEWER_CALLS} times fewer calls than the best peer",
            measured=f"{fewest} / {ours.calls} = {fewest / ours.calls:.1f}",
            met=fewest >= TIMES_FEWER_CALLS * ours.calls,
        )
        yield Target(
            asked=f"at least {TIMES_FASTER} times faster than the best peer",
            measured=f"{fastest:.0f} s / {ours.seconds:.1f} s = {fastest / ours.seconds:.1f}",
            met=fastest >= TIMES_FASTER * ours.seconds,
        )
    ours_in_all = [row for row in rows if row.contender == DEACTIVATIONS]
    for row in ours_in_all:
        yield Target(
            asked=f"200 of 200, {'with' if row.rate else 'without'} the throttle",
            measured=f"{row.done} of {row.stale}",
            met=row.done == row.stale == LARGE.stale,
        )
    yield Target(
        asked="0 fresh keys touched",
        measured=f"{sum(row.touched or 0 for row in ours_in_all)}",
        met=all(row.touched == 0 for row in ours_in_all),
    )
    unhandled = sum(row.unhandled for row in rows if row.contender.startswith(DEACTIVATIONS))
    yield Target(
        asked="no throttling error left unhandled", measured=f"{unhandled}", met=unhandled == 0
    )
