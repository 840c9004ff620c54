"""What is measured: one row for each contender, account and weather."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from bench.meter import Stats
from bench.world import Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One run of one contender.

    rate: IAM's requests a second for each action, None without a limit
    iam: requests to IAM by action, those that it throttled among them
    other: requests to other services
    memory: peak RSS of its process in MB
    done: how many of the `stale` keys it deactivated; both None on a day without such work
    touched: how many fresh keys it deactivated
    unhandled: throttling errors that made it fail or leave out a key
    late: the share of its requests that the machine answered over 10 ms late
    note: how it ended, where that was not well
    """

    contender: str
    users: int
    keys: int
    stale: int | None
    rate: float | None
    seconds: float
    iam: Mapping[str, int]
    other: int
    throttled: int
    memory: float
    done: int | None
    touched: int | None
    unhandled: int
    late: float
    note: str = ""

    @property
    def calls(self) -> int:
        """All requests to IAM."""
        return sum(self.iam.values())

    def to_wire(self) -> dict[str, Any]:
        """Say it in JSON's types."""
        wire = asdict(replace(self, iam=dict(self.iam)))
        rounded = {"seconds": round(self.seconds, 2), "memory": round(self.memory, 1)}
        return {**wire, **rounded, "late": round(self.late, 4), "calls": self.calls}


def row(contender: str, size: Size, rate: float | None, stats: Stats, **more: Any) -> Row:  # noqa: ANN401 - the fields
    """Make a row of what the meter counted, and more."""
    iam = {name[4:]: n for name, n in sorted(stats.calls.items()) if name.startswith("iam:")}
    total = sum(stats.calls.values())
    fields = {
        "contender": contender,
        "users": size.users,
        "keys": size.keys,
        "stale": size.stale,
        "rate": rate,
        "iam": Counter(iam),
        "other": total - sum(iam.values()),
        "throttled": sum(stats.throttled.values()),
        "late": stats.late / max(total, 1),
    }
    return Row(**{**fields, **more})
