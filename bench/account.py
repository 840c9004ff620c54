"""The part of the bench in one account."""

import json
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from bench import ROOT
from bench.jobs import QUICK_JOBS, run_all_jobs, run_job
from bench.output import FOLDER, NOT_MEASURED, QUICK_FOLDER, measured_context, write
from bench.report_page import page
from bench.results import Result
from bench.targets import Target, check_targets
from bench.tools import Tool
from local.demo.synthesis import synthesise


def measure_quickly() -> None:
    """Measure small accounts, and write into .bench/quick."""
    start = time.monotonic()
    with _assembly() as template:
        results = [result for job in QUICK_JOBS for result in run_job(job, template)]
    context = measured_context("make bench-quick", start, custodian=NOT_MEASURED)
    write(QUICK_FOLDER / "README.md", page(results, [], context))
    write(QUICK_FOLDER / "results.json", _to_json(results))


def measure(custodian: str, without: Collection[Tool]) -> list[Target]:
    """Measure all accounts, write docs/bench/README.md, and return the targets.

    custodian: the version of Cloud Custodian, or why the tools `without` are not measured
    """
    start = time.monotonic()
    with _assembly() as template:
        results = run_all_jobs(template, without=without)
    targets = check_targets(results)
    context = measured_context("make bench", start, custodian=custodian)
    write(FOLDER / "README.md", page(results, targets, context))
    write(ROOT / ".bench" / "results.json", _to_json(results))
    return targets


@contextmanager
def _assembly() -> Iterator[Path]:
    """Synthesise the stack of one account."""
    with tempfile.TemporaryDirectory(prefix="bench-cdk-") as folder:
        yield synthesise(Path(folder), email="security@example.com")


def _to_json(results: Sequence[Result]) -> str:
    return json.dumps([asdict(result) for result in results], indent=1) + "\n"
