"""Measures the tools, writes the report and checks the targets.

A full bench writes docs/bench/README.md, and exits with 1 if a target is missed; its raw results
are in .bench/results.json. A quick bench measures small accounts, without Cloud Custodian and
targets, and writes only into .bench/quick.
"""

import argparse
import json
import logging
import os
import platform
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from bench import ROOT
from bench.competitors import CUSTODIAN_POLICIES, CustodianInstallError, install_custodian
from bench.jobs import QUICK_JOBS, run_all_jobs, run_job
from bench.report_page import Context, page
from bench.results import Result
from bench.targets import check_targets
from bench.tools import Tool
from local.demo.synthesis import synthesise

log = logging.getLogger("bench")


def main() -> None:
    """Run the bench that the command line selects."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="measure small accounts")
    quick: bool = parser.parse_args().quick
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    log.setLevel(logging.INFO)
    with tempfile.TemporaryDirectory(prefix="bench-cdk-") as folder:
        template = synthesise(Path(folder), email="security@example.com")
        sys.exit(_run_quick(template) if quick else _run_full(template))


def _run_quick(template: Path) -> int:
    start = time.monotonic()
    results = [result for job in QUICK_JOBS for result in run_job(job, template)]
    context = _context("make bench-quick", start, custodian="(not measured)")
    folder = ROOT / ".bench" / "quick"
    _write(folder / "README.md", page(results, [], context))
    _write(folder / "results.json", _to_json(results))
    return 0


def _run_full(template: Path) -> int:
    start = time.monotonic()
    log.info("a full bench takes about 14 minutes")
    custodian, without = _install_custodian()
    results = run_all_jobs(template, without=without)
    targets = check_targets(results)
    context = _context("make bench", start, custodian=custodian)
    _write(ROOT / "docs" / "bench" / "README.md", page(results, targets, context))
    _write(ROOT / ".bench" / "results.json", _to_json(results))
    for target in targets:
        met = "met" if target.met else "MISSED"
        log.info("target %s: %s: %s", met, target.requirement, target.measured)
    return 0 if all(target.met for target in targets) else 1


def _install_custodian() -> tuple[str, Collection[Tool]]:
    """Return the version of Cloud Custodian, or the reason and the tools that cannot run."""
    try:
        return install_custodian(), ()
    except CustodianInstallError as error:
        log.warning("Cloud Custodian cannot be installed: %s", error)
        return f"(not measured: {error})", CUSTODIAN_POLICIES


def _context(command: str, start: float, *, custodian: str) -> Context:
    python = f"Python {platform.python_version()}"
    return Context(
        command=command,
        day=datetime.now(UTC).date(),
        machine=f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, {python}",
        seconds=time.monotonic() - start,
        custodian=custodian,
    )


def _to_json(results: Sequence[Result]) -> str:
    return json.dumps([asdict(result) for result in results], indent=1) + "\n"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    log.info("wrote %s", file.relative_to(ROOT))


if __name__ == "__main__":
    main()
