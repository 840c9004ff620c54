"""The product, as deployed: its day of work, its quiet day, and the day of its weekly sweep."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.meter import Stats, Weather
from bench.rows import Row, row
from bench.world import World
from local.demo.synthesis import STACK

DEACTIVATIONS = "key-rotation"
QUIET = "key-rotation, quiet day"
NOTICES = "key-rotation, day of the notices"
SWEEP = "key-rotation, day of the sweep"
LONGEST_SWEEP = 1000
"""Users up to which a sweep is measured under a throttle, too."""
NOTICE = 3
"""Days of notice: fewer than by default, so that no second sweep falls into the bench."""
PREFIX = "/key-rotation/"
FAST = Weather()


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One measured run."""

    seconds: float
    stats: Stats
    memory: float
    answer: dict[str, Any] = field(repr=False)
    log: str = field(repr=False)


def run_product(world: World, template: Path, weather: Weather, *, others: bool) -> list[Row]:
    """Measure its days: that of the deactivations, and the other ones where so asked."""
    size, rate = world.size, weather.rate
    product = Product(world, template)
    sweep = others and (rate is None or size.users <= LONGEST_SWEEP)
    swept = product.sweep_day(weather if sweep else FAST)
    quiet = product.quiet_day(weather if others else FAST)
    notices = product.notice_day(weather if others else FAST)
    days = {QUIET: quiet, NOTICES: notices} if others else {}
    days |= {SWEEP: swept} if sweep else {}
    rows = [_row(name, world, rate, day) for name, day in days.items()]
    day = product.day_of_deactivations(weather)
    inactive = world.inactive()
    done, touched = len(inactive & world.stale.keys()), len(inactive & world.fresh.keys())
    world.reactivate(inactive)
    first = _row(DEACTIVATIONS, world, rate, day)
    return [replace(first, stale=size.stale, done=done, touched=touched), *rows]


def _row(name: str, world: World, rate: float | None, day: Day) -> Row:
    failed = [each for each in day.answer.get("failed", []) if "Throttling" in str(each)]
    return row(
        name,
        world.size,
        rate,
        day.stats,
        stale=None,
        seconds=day.seconds,
        memory=day.memory,
        done=None,
        touched=None,
        unhandled=len(failed) if day.answer else 1,
        note="" if day.answer else "failed",
    )


class Product:
    """The deployed stack in a world, day by day up to the measured one."""

    def __init__(self, world: World, template: Path) -> None:
        """Deploy it, without its schedule: the bench says when it runs."""
        self._world = world
        self._account = world.account
        world.go_to(NOTICE + 3)
        self._account.deploy(template, STACK)
        schedules = self._account.client("scheduler")
        for each in schedules.list_schedules()["Schedules"]:
            schedules.delete_schedule(Name=each["Name"], GroupName=each["GroupName"])
        self._account.send_function_through(world.gauge.url)
        self._set(
            **{"max-age-days": "1000", "max-changes-per-run": "1000", "notice-days": f"{NOTICE}"}
        )

    def sweep_day(self, weather: Weather = FAST) -> Day:
        """The day of the first run of all, which asks everybody, as one in seven does."""
        return self._run_on(NOTICE + 2, weather)

    def quiet_day(self, weather: Weather = FAST) -> Day:
        """A day with nothing due, no open watches and no sweep: no key is of 1,000 days."""
        return self._run_on(NOTICE + 1, weather)

    def notice_day(self, weather: Weather = FAST) -> Day:
        """The day on which all stale keys get their notice."""
        self._set(**{"max-age-days": "90"})
        return self._run_on(NOTICE, weather)

    def day_of_deactivations(self, weather: Weather) -> Day:
        """The day on which all stale keys are deactivated."""
        return self._run_on(0, weather)

    def _run_on(self, days_before: int, weather: Weather = FAST) -> Day:
        self._world.go_to(days_before)
        self._world.make_report()
        self._world.cool()
        before = len(self._account.invocations())
        self._world.gauge.reset(weather)
        start = time.perf_counter()
        answer = self._account.invoke({}).answer
        self._account.wait()
        seconds = time.perf_counter() - start
        parts = self._account.invocations()[before:]
        return Day(
            seconds=seconds,
            stats=self._world.gauge.read(),
            memory=self._world.peak_memory(),
            answer=answer or {},
            log="".join(part.log for part in parts),
        )

    def _set(self, **parameters: str) -> None:
        ssm = self._account.client("ssm")
        for name, value in parameters.items():
            ssm.put_parameter(Name=PREFIX + name, Value=value, Type="String", Overwrite=True)
