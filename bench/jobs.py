"""The measurements of a bench: which tools run on which accounts, and which jobs run in parallel.

A tool mostly waits for latency, so jobs run in parallel. The share of late answers in the report
shows whether the machine was too busy.
"""

import logging
from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from bench.competitors import CUSTODIAN_POLICIES, run_tool
from bench.product import run_product
from bench.proxy import Conditions
from bench.results import Result
from bench.seeded_account import Size, start_account
from bench.tools import Tool

LATENCY = 0.04
RATE = 20.0
UNTHROTTLED = Conditions(latency=LATENCY)
THROTTLED = Conditions(latency=LATENCY, rate=RATE)
LARGE = Size(users=5000, stale=200)
MIDDLE = Size(users=1000, stale=200)
SMALL = Size(users=100, stale=20)
GROWTH = (
    Size(users=500, stale=200),
    Size(users=2000, stale=200),
    Size(users=1000, stale=50),
    Size(users=1000, stale=100),
    Size(users=1000, stale=400),
)
"""Accounts on which only the deactivation day is measured."""
PARALLEL_JOBS = 8
PRODUCT = Tool.DEACTIVATION_DAY
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One account and the tools that run on it one after the other.

    all_days: measure the product on all its days, not only on the deactivation day
    """

    size: Size
    conditions: Conditions
    tools: tuple[Tool, ...]
    all_days: bool = True


ALL_TOOLS = (PRODUCT, Tool.MINIMAL_SCRIPT, Tool.THREAD_POOL, Tool.SEQUENTIAL, *CUSTODIAN_POLICIES)
LONGEST_JOB = Job(size=LARGE, conditions=THROTTLED, tools=(Tool.CUSTODIAN_KEYS,))
FIRST_JOBS = (
    Job(
        size=LARGE,
        conditions=UNTHROTTLED,
        tools=(PRODUCT, Tool.MINIMAL_SCRIPT, Tool.THREAD_POOL),
    ),
    Job(size=LARGE, conditions=THROTTLED, tools=(PRODUCT, Tool.MINIMAL_SCRIPT)),
)
"""These keep a core busy, so only the longest job runs beside them."""
OTHER_JOBS = (
    Job(size=MIDDLE, conditions=THROTTLED, tools=ALL_TOOLS),
    Job(size=LARGE, conditions=UNTHROTTLED, tools=(Tool.CUSTODIAN_KEYS,)),
    Job(size=LARGE, conditions=THROTTLED, tools=(Tool.CUSTODIAN_REPORT,)),
    Job(size=LARGE, conditions=UNTHROTTLED, tools=(Tool.CUSTODIAN_REPORT,)),
    Job(size=LARGE, conditions=THROTTLED, tools=(Tool.THREAD_POOL,)),
    Job(size=LARGE, conditions=THROTTLED, tools=(Tool.SEQUENTIAL,)),
    Job(size=LARGE, conditions=UNTHROTTLED, tools=(Tool.SEQUENTIAL,)),
    Job(size=MIDDLE, conditions=UNTHROTTLED, tools=ALL_TOOLS),
    Job(size=SMALL, conditions=UNTHROTTLED, tools=ALL_TOOLS),
    Job(size=SMALL, conditions=THROTTLED, tools=ALL_TOOLS),
    *(Job(size=size, conditions=UNTHROTTLED, tools=(PRODUCT,), all_days=False) for size in GROWTH),
)
"""Longest jobs first."""
QUICK_JOBS = (
    Job(size=SMALL, conditions=UNTHROTTLED, tools=(PRODUCT, Tool.MINIMAL_SCRIPT, Tool.THREAD_POOL)),
    Job(size=SMALL, conditions=THROTTLED, tools=(Tool.MINIMAL_SCRIPT, Tool.THREAD_POOL)),
)


def run_all_jobs(template: Path, *, without: Collection[Tool] = ()) -> list[Result]:
    """Run the jobs of a full bench, except some tools; `template` is a cloud assembly."""
    with ThreadPoolExecutor(PARALLEL_JOBS) as executor:

        def submit(job: Job) -> Future[list[Result]]:
            return executor.submit(run_job, job, template, without=without)

        longest = submit(LONGEST_JOB)
        first = [submit(job) for job in FIRST_JOBS]
        wait(first)
        others = [submit(job) for job in OTHER_JOBS]
        return [result for job in (longest, *first, *others) for result in job.result()]


def run_job(job: Job, template: Path, *, without: Collection[Tool] = ()) -> list[Result]:
    """Run the tools of a job, except some."""
    tools = [tool for tool in job.tools if tool not in without]
    results: list[Result] = []
    if not tools:
        return results
    with start_account(job.size) as account:
        log.info("%d users: the account is ready", job.size.users)
        for tool in tools:
            new = (
                run_product(account, template, job.conditions, all_days=job.all_days)
                if tool is PRODUCT
                else [run_tool(account, tool, job.conditions)]
            )
            _log_results(new)
            results += new
    return results


def _log_results(results: Sequence[Result]) -> None:
    for result in results:
        throttle = ", throttled" if result.conditions.rate else ""
        log.info(
            "%d users%s: %s: %d IAM calls, %.1f s %s",
            *(result.size.users, throttle, result.tool),
            *(result.total_iam_calls, result.seconds, result.note),
        )
