"""The result of one measurement."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.proxy import Conditions, Statistics
from bench.seeded_account import Size
from bench.tools import Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run of one tool on one account.

    seconds: from the start of the tool, or the invocation of the function, to its end
    stale_deactivated, fresh_deactivated: keys deactivated, None on a day without deactivations
    unhandled_throttles: throttling errors that ended the tool or made it skip a user or key
    note: how the run failed, empty if it did not
    """

    tool: Tool
    size: Size
    conditions: Conditions
    seconds: float
    statistics: Statistics
    stale_deactivated: int | None = None
    fresh_deactivated: int | None = None
    unhandled_throttles: int = 0
    note: str = ""

    @property
    def iam_calls(self) -> Mapping[str, int]:
        """The number of IAM requests by action, throttled requests included."""
        calls = sorted(self.statistics.calls.items())
        return {name.removeprefix("iam:"): n for name, n in calls if name.startswith("iam:")}

    @property
    def total_iam_calls(self) -> int:
        """The number of all IAM requests."""
        return sum(self.iam_calls.values())
