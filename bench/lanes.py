"""The plan of the measurements: who runs on which account, and what runs side by side.

A lane is one emulated account, on which one contender follows another; lanes run side by side, for
a contender mostly waits for the latency. The share of requests that came late tells whether that
was too much for the machine.
"""

import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

from bench.meter import Weather
from bench.peers import CUSTODIAN, run_peer
from bench.product import run_product
from bench.rows import Row
from bench.world import Size, open_world

LATENCY = 0.04
RATE = 20.0
FAIR = Weather(latency=LATENCY)
THROTTLED = Weather(latency=LATENCY, rate=RATE)
LARGE, MIDDLE, SMALL = (
    Size(users=5000, stale=200),
    Size(users=1000, stale=200),
    Size(users=100, stale=20),
)
GROWTH = (
    Size(users=500, stale=200),
    Size(users=2000, stale=200),
    Size(users=1000, stale=50),
    Size(users=1000, stale=100),
    Size(users=1000, stale=400),
)
PRODUCT = "product"
GROWING = "growth"
AT_ONCE = 8
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One account, and who has a go at it in turn."""

    size: Size
    jobs: tuple[tuple[str, Weather], ...]


EVERYBODY = (PRODUCT, "least", "pool", "naive", *CUSTODIAN)
FIRST = (
    Lane(size=LARGE, jobs=((PRODUCT, FAIR), ("least", FAIR), ("pool", FAIR))),
    Lane(size=LARGE, jobs=((PRODUCT, THROTTLED), ("least", THROTTLED))),
)
"""Those that are over soon; little runs beside them, since they keep a core busy."""
LONGEST = Lane(size=LARGE, jobs=(("custodian-keys", THROTTLED),))
THEN = (
    Lane(size=MIDDLE, jobs=tuple((name, THROTTLED) for name in EVERYBODY)),
    Lane(size=LARGE, jobs=(("custodian-keys", FAIR),)),
    Lane(size=LARGE, jobs=(("custodian-report", THROTTLED),)),
    Lane(size=LARGE, jobs=(("custodian-report", FAIR),)),
    Lane(size=LARGE, jobs=(("pool", THROTTLED),)),
    Lane(size=LARGE, jobs=(("naive", THROTTLED),)),
    Lane(size=LARGE, jobs=(("naive", FAIR),)),
    Lane(size=MIDDLE, jobs=tuple((name, FAIR) for name in EVERYBODY)),
    *(
        Lane(size=SMALL, jobs=tuple((name, weather) for name in EVERYBODY))
        for weather in (FAIR, THROTTLED)
    ),
    *(Lane(size=size, jobs=((GROWING, FAIR),)) for size in GROWTH),
)


def run_all(template: Path, tell: Tell, *, without: Collection[str] = ()) -> list[Row]:
    """Run all lanes, a few at once, but for some contenders."""
    with ThreadPoolExecutor(AT_ONCE) as executor:

        def start(lane: Lane) -> Future[list[Row]]:
            jobs = tuple(job for job in lane.jobs if job[0] not in without)
            return executor.submit(_run, replace(lane, jobs=jobs), template, tell)

        running = [start(lane) for lane in (LONGEST, *FIRST)]
        wait(running[1:])
        running += [start(lane) for lane in THEN]
        return [row for lane in running for row in lane.result()]


def _run(lane: Lane, template: Path, tell: Tell) -> list[Row]:
    rows: list[Row] = []
    size = lane.size
    if not lane.jobs:
        return rows
    with open_world(size) as world:
        tell(f"{size.users} users, {size.stale} of {size.keys} keys stale: account is ready")
        for name, weather in lane.jobs:
            start = time.monotonic()
            if name in {PRODUCT, GROWING}:
                new = run_product(world, template, weather, others=name == PRODUCT)
            else:
                new = [run_peer(world, name, weather)]
            rows += new
            for row in new:
                tell(_line(row))
            tell(f"  {size.users} users: {name} took {time.monotonic() - start:.0f} s with set-up")
    return rows


def _line(row: Row) -> str:
    limit = f", throttled at {row.rate:.0f}/s" if row.rate else ""
    done = "" if row.done is None else f", {row.done} of {row.stale} stale keys"
    return (
        f"{row.users} users{limit}: {row.contender}: {row.calls} calls, {row.seconds:.1f} s{done}"
        f", {row.memory:.0f} MB {row.note}"
    )
