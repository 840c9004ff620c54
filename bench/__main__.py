"""`make bench`: measures everything in one go, and fails where a target is missed."""

import argparse
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import ROOT
from bench.capacity import most_calls_per_second
from bench.competitors import CUSTODIAN, CustodianInstallError, install_custodian
from bench.jobs import SMALL, run_jobs
from bench.report_page import Environment, write
from bench.seeded_account import start_account
from bench.targets import Target, check_targets
from local.demo.synthesis import synthesise


def main() -> None:
    """Measure, write the results, and compare with the targets."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "bench", help="its folder")
    folder: Path = parser.parse_args().out
    start = time.monotonic()

    def log(text: str) -> None:
        print(f"{time.monotonic() - start:6.0f} s  {text}", flush=True)

    log("about fourteen minutes, most of them waiting for the emulated latency")
    custodian, without = _custodian()
    log(f"Cloud Custodian: {custodian}")
    with tempfile.TemporaryDirectory(prefix="bench-cdk-") as out:
        template = synthesise(Path(out), email="security@example.com")
        with start_account(SMALL) as account:
            capacity = most_calls_per_second(account)
        log(f"the emulator answers up to {capacity:.0f} calls a second")
        results = run_jobs(template, log, without=without)
    targets = check_targets(results)
    environment = Environment(
        day=datetime.now(UTC).date(),
        custodian=custodian,
        capacity=capacity,
        took=time.monotonic() - start,
    )
    write(folder, results, targets, environment)
    log(f"written to {folder}")
    sys.exit(_judge(targets))


def _custodian() -> tuple[str, Collection[str]]:
    """Install Cloud Custodian; where that fails, say why and do without."""
    try:
        return install_custodian(), ()
    except CustodianInstallError as error:
        return f"(not measured: it could not be installed, {error})", CUSTODIAN


def _judge(targets: Sequence[Target]) -> int:
    for target in targets:
        print(f"{'met   ' if target.met else 'MISSED'}  {target.requirement}: {target.measured}")
    return 0 if all(target.met for target in targets) else 1


if __name__ == "__main__":
    main()
