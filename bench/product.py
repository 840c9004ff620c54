"""The product, as deployed: its day of work, its quiet day, and the day of its weekly sweep."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.proxy import Conditions, Statistics
from bench.results import Result, make_result
from bench.seeded_account import SeededAccount
from local.demo.synthesis import STACK

DEACTIVATIONS = "key-rotation"
QUIET = "key-rotation, quiet day"
NOTICES = "key-rotation, day of the notices"
FULL_SCAN = "key-rotation, day of the sweep"
MAX_THROTTLED_FULL_SCAN = 1000
"""Users up to which a sweep is measured under a throttle, too."""
NOTICE_DAYS = 3
"""Days of notice: fewer than by default, so that no second sweep falls into the bench."""
PREFIX = "/key-rotation/"
NO_CONDITIONS = Conditions()


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRun:
    """One measured run."""

    seconds: float
    statistics: Statistics
    memory: float
    answer: dict[str, Any] = field(repr=False)
    log: str = field(repr=False)


def run_product(
    account: SeededAccount, template: Path, conditions: Conditions, *, all_days: bool
) -> list[Result]:
    """Measure its days: that of the deactivations, and the other ones where so asked."""
    size, rate = account.size, conditions.rate
    product = Product(account, template)
    full_scan = all_days and (rate is None or size.users <= MAX_THROTTLED_FULL_SCAN)
    full_scan_run = product.full_scan_day(conditions if full_scan else NO_CONDITIONS)
    quiet = product.quiet_day(conditions if all_days else NO_CONDITIONS)
    notices = product.notice_day(conditions if all_days else NO_CONDITIONS)
    days = {QUIET: quiet, NOTICES: notices} if all_days else {}
    days |= {FULL_SCAN: full_scan_run} if full_scan else {}
    results = [_result(name, account, rate, day) for name, day in days.items()]
    day = product.day_of_deactivations(conditions)
    inactive = account.inactive_keys()
    done, touched = len(inactive & account.stale.keys()), len(inactive & account.fresh.keys())
    account.reactivate(inactive)
    first = _result(DEACTIVATIONS, account, rate, day)
    return [replace(first, stale=size.stale, done=done, touched=touched), *results]


def _result(name: str, account: SeededAccount, rate: float | None, day: MeasuredRun) -> Result:
    failed = [each for each in day.answer.get("failed", []) if "Throttling" in str(each)]
    return make_result(
        name,
        account.size,
        rate,
        day.statistics,
        stale=None,
        seconds=day.seconds,
        memory=day.memory,
        done=None,
        touched=None,
        unhandled=len(failed) if day.answer else 1,
        note="" if day.answer else "failed",
    )


class Product:
    """The deployed stack in a seeded account, day by day up to the measured one."""

    def __init__(self, account: SeededAccount, template: Path) -> None:
        """Deploy it, without its schedule: the bench says when it runs."""
        self._account = account
        self._local = account.local
        account.move_to_day(NOTICE_DAYS + 3)
        self._local.deploy(template, STACK)
        schedules = self._local.client("scheduler")
        for each in schedules.list_schedules()["Schedules"]:
            schedules.delete_schedule(Name=each["Name"], GroupName=each["GroupName"])
        self._local.send_function_through(account.proxy.url)
        self._set(
            **{
                "max-age-days": "1000",
                "max-changes-per-run": "1000",
                "notice-days": f"{NOTICE_DAYS}",
            }
        )

    def full_scan_day(self, conditions: Conditions = NO_CONDITIONS) -> MeasuredRun:
        """The day of the first run of all, which asks everybody, as one in seven does."""
        return self._run_on(NOTICE_DAYS + 2, conditions)

    def quiet_day(self, conditions: Conditions = NO_CONDITIONS) -> MeasuredRun:
        """A day with nothing due, no open watches and no sweep: no key is of 1,000 days."""
        return self._run_on(NOTICE_DAYS + 1, conditions)

    def notice_day(self, conditions: Conditions = NO_CONDITIONS) -> MeasuredRun:
        """The day on which all stale keys get their notice."""
        self._set(**{"max-age-days": "90"})
        return self._run_on(NOTICE_DAYS, conditions)

    def day_of_deactivations(self, conditions: Conditions) -> MeasuredRun:
        """The day on which all stale keys are deactivated."""
        return self._run_on(0, conditions)

    def _run_on(self, days_before: int, conditions: Conditions = NO_CONDITIONS) -> MeasuredRun:
        self._account.move_to_day(days_before)
        self._account.generate_credential_report()
        self._force_cold_start(f"{days_before}")
        before = len(self._local.invocations())
        self._account.proxy.reset(conditions)
        start = time.perf_counter()
        answer = self._local.invoke({}).answer
        self._local.wait()
        seconds = time.perf_counter() - start
        parts = self._local.invocations()[before:]
        return MeasuredRun(
            seconds=seconds,
            statistics=self._account.proxy.read(),
            memory=self._account.peak_memory(),
            answer=answer or {},
            log="".join(part.log for part in parts),
        )

    def _force_cold_start(self, value: str) -> None:
        """Change the configuration: Lambda then starts a new execution environment."""
        client = self._local.client("lambda")
        name = self._local.function_name
        variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        client.update_function_configuration(
            FunctionName=name, Environment={"Variables": variables | {"BENCH_RUN": value}}
        )

    def _set(self, **parameters: str) -> None:
        ssm = self._local.client("ssm")
        for name, value in parameters.items():
            ssm.put_parameter(Name=PREFIX + name, Value=value, Type="String", Overwrite=True)
