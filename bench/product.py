"""Measures the deployed stack on its four kinds of days."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.proxy import Conditions
from bench.results import Result
from bench.seeded_account import SeededAccount
from bench.tools import Tool
from local.demo.synthesis import STACK

MAX_USERS_OF_THROTTLED_SCAN = 1000
"""With the throttle, a full scan of more users is not measured: it takes too long."""
NOTICE_DAYS = 3
"""Fewer than the default of 7, so that no second weekly full scan falls on a later day."""
DAYS = {
    Tool.FULL_SCAN_DAY: NOTICE_DAYS + 2,
    Tool.QUIET_DAY: NOTICE_DAYS + 1,
    Tool.NOTICE_DAY: NOTICE_DAYS,
    Tool.DEACTIVATION_DAY: 0,
}
"""The number of days before the measured day. The first run of a new stack is a full scan."""


def run_product(
    account: SeededAccount, template: Path, conditions: Conditions, *, all_days: bool
) -> list[Result]:
    """Deploy the stack and run it on each day; measure all days or only the deactivation day."""
    throttled_scan = conditions.rate and account.size.users > MAX_USERS_OF_THROTTLED_SCAN
    skipped = {Tool.FULL_SCAN_DAY} if throttled_scan else set()
    measured = set(DAYS) - skipped if all_days else {Tool.DEACTIVATION_DAY}
    stack = DeployedStack(account, template)
    results = [stack.run(day, conditions if day in measured else Conditions()) for day in DAYS]
    return [result for result in results if result.tool in measured]


class DeployedStack:
    """The stack in a seeded account. Each run is a cold start."""

    def __init__(self, account: SeededAccount, template: Path) -> None:
        """Deploy the stack and delete its schedule, so that only `run` invokes the function."""
        self._account = account
        self._local = account.local
        account.start_day(NOTICE_DAYS + 3, Conditions())
        self._local.deploy(template, STACK)
        scheduler = self._local.client("scheduler")
        for schedule in scheduler.list_schedules()["Schedules"]:
            scheduler.delete_schedule(Name=schedule["Name"], GroupName=schedule["GroupName"])
        self._local.send_function_through(account.proxy.url)
        self._put_parameters(
            {"max-age-days": "1000", "max-changes-per-run": "1000", "notice-days": f"{NOTICE_DAYS}"}
        )

    def run(self, day: Tool, conditions: Conditions) -> Result:
        """Invoke the function on a day and measure it; then undo the deactivations.

        No key is stale until the notice day, which sets `max-age-days` to 90.
        """
        if day is Tool.NOTICE_DAY:
            self._put_parameters({"max-age-days": "90"})
        self._force_cold_start(day.name)
        self._account.start_day(DAYS[day], conditions)
        start = time.perf_counter()
        answer = self._local.invoke({}).answer
        self._local.wait()
        result = Result(
            tool=day,
            size=self._account.size,
            conditions=conditions,
            seconds=time.perf_counter() - start,
            statistics=self._account.proxy.read(),
            unhandled_throttles=_unhandled_throttles(answer),
            note="" if answer else "failed",
        )
        if day is not Tool.DEACTIVATION_DAY:
            return result
        stale, fresh = self._account.reactivate_keys()
        return replace(result, stale_deactivated=stale, fresh_deactivated=fresh)

    def _force_cold_start(self, value: str) -> None:
        """Change the configuration: Lambda then starts a new execution environment."""
        client = self._local.client("lambda")
        name = self._local.function_name
        variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        client.update_function_configuration(
            FunctionName=name, Environment={"Variables": variables | {"BENCH_RUN": value}}
        )

    def _put_parameters(self, values: Mapping[str, str]) -> None:
        ssm = self._local.client("ssm")
        for name, value in values.items():
            ssm.put_parameter(
                Name=f"/key-rotation/{name}", Value=value, Type="String", Overwrite=True
            )


def _unhandled_throttles(answer: Mapping[str, Any] | None) -> int:
    """Return how many keys failed by a throttling error; a failed run counts as one."""
    if answer is None:
        return 1
    return sum("Throttling" in str(failed) for failed in answer["failed"])
