"""The plan of the measurements: who runs on which account, and what runs side by side.

A job is one emulated account, on which one tool follows another; jobs run side by side, for
a tool mostly waits for the latency. The share of requests that came late tells whether that
was too much for the machine.
"""

import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

from bench.competitors import CUSTODIAN, run_tool
from bench.product import run_product
from bench.proxy import Conditions
from bench.results import Result
from bench.seeded_account import Size, start_account

LATENCY = 0.04
RATE = 20.0
UNTHROTTLED = Conditions(latency=LATENCY)
THROTTLED = Conditions(latency=LATENCY, rate=RATE)
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
GROWTH_RUN = "growth"
PARALLEL_JOBS = 8
Log = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One account, and who has a go at it in turn."""

    size: Size
    runs: tuple[tuple[str, Conditions], ...]


ALL_TOOLS = (PRODUCT, "minimal", "thread_pool", "sequential", *CUSTODIAN)
SHORT_JOBS = (
    Job(
        size=LARGE,
        runs=((PRODUCT, UNTHROTTLED), ("minimal", UNTHROTTLED), ("thread_pool", UNTHROTTLED)),
    ),
    Job(size=LARGE, runs=((PRODUCT, THROTTLED), ("minimal", THROTTLED))),
)
"""Those that are over soon; little runs beside them, since they keep a core busy."""
LONGEST_JOB = Job(size=LARGE, runs=(("custodian-keys", THROTTLED),))
OTHER_JOBS = (
    Job(size=MIDDLE, runs=tuple((name, THROTTLED) for name in ALL_TOOLS)),
    Job(size=LARGE, runs=(("custodian-keys", UNTHROTTLED),)),
    Job(size=LARGE, runs=(("custodian-report", THROTTLED),)),
    Job(size=LARGE, runs=(("custodian-report", UNTHROTTLED),)),
    Job(size=LARGE, runs=(("thread_pool", THROTTLED),)),
    Job(size=LARGE, runs=(("sequential", THROTTLED),)),
    Job(size=LARGE, runs=(("sequential", UNTHROTTLED),)),
    Job(size=MIDDLE, runs=tuple((name, UNTHROTTLED) for name in ALL_TOOLS)),
    *(
        Job(size=SMALL, runs=tuple((name, conditions) for name in ALL_TOOLS))
        for conditions in (UNTHROTTLED, THROTTLED)
    ),
    *(Job(size=size, runs=((GROWTH_RUN, UNTHROTTLED),)) for size in GROWTH),
)


def run_jobs(template: Path, log: Log, *, without: Collection[str] = ()) -> list[Result]:
    """Run all jobs, a few at once, but for some tools."""
    with ThreadPoolExecutor(PARALLEL_JOBS) as executor:

        def start(job: Job) -> Future[list[Result]]:
            runs = tuple(run for run in job.runs if run[0] not in without)
            return executor.submit(_run, replace(job, runs=runs), template, log)

        running = [start(job) for job in (LONGEST_JOB, *SHORT_JOBS)]
        wait(running[1:])
        running += [start(job) for job in OTHER_JOBS]
        return [result for job in running for result in job.result()]


def _run(job: Job, template: Path, log: Log) -> list[Result]:
    results: list[Result] = []
    size = job.size
    if not job.runs:
        return results
    with start_account(size) as account:
        log(f"{size.users} users, {size.stale} of {size.keys} keys stale: account is ready")
        for name, conditions in job.runs:
            start = time.monotonic()
            if name in {PRODUCT, GROWTH_RUN}:
                new = run_product(account, template, conditions, all_days=name == PRODUCT)
            else:
                new = [run_tool(account, name, conditions)]
            results += new
            for result in new:
                log(_summary(result))
            log(f"  {size.users} users: {name} took {time.monotonic() - start:.0f} s with set-up")
    return results


def _summary(result: Result) -> str:
    limit = f", throttled at {result.rate:.0f}/s" if result.rate else ""
    done = "" if result.done is None else f", {result.done} of {result.stale} stale keys"
    return (
        f"{result.users} users{limit}: {result.tool}: {result.calls} calls"
        f", {result.seconds:.1f} s{done}, {result.memory:.0f} MB {result.note}"
    )
