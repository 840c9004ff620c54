"""What is measured: one result for each tool, account and conditions."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from bench.proxy import Statistics
from bench.seeded_account import Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run of one tool.

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

    tool: str
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

    def to_json(self) -> dict[str, Any]:
        """Say it in JSON's types."""
        wire = asdict(replace(self, iam=dict(self.iam)))
        rounded = {"seconds": round(self.seconds, 2), "memory": round(self.memory, 1)}
        return {**wire, **rounded, "late": round(self.late, 4), "calls": self.calls}


def make_result(
    tool: str,
    size: Size,
    rate: float | None,
    statistics: Statistics,
    **more: Any,  # noqa: ANN401 - the fields
) -> Result:
    """Make a result of what the proxy counted, and more."""
    iam = {name[4:]: n for name, n in sorted(statistics.calls.items()) if name.startswith("iam:")}
    total = sum(statistics.calls.values())
    fields = {
        "tool": tool,
        "users": size.users,
        "keys": size.keys,
        "stale": size.stale,
        "rate": rate,
        "iam": Counter(iam),
        "other": total - sum(iam.values()),
        "throttled": statistics.throttled,
        "late": statistics.late / max(total, 1),
    }
    return Result(**{**fields, **more})
