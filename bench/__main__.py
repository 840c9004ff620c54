"""`make bench`: measures everything in one go, and fails where a target is missed."""

import argparse
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.capacity import most_calls_per_second
from bench.lanes import SMALL, run_all
from bench.peers import CUSTODIAN, CustodianMissingError, install_custodian
from bench.targets import Target, targets
from bench.world import ROOT, open_world
from bench.written import Circumstances, write
from local.demo.synthesis import synthesise


def main() -> None:
    """Measure, write the results, and compare with the targets."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "bench", help="its folder")
    folder: Path = parser.parse_args().out
    start = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - start:6.0f} s  {text}", flush=True)

    tell("about fourteen minutes, most of them waiting for the emulated latency")
    custodian, without = _custodian()
    tell(f"Cloud Custodian: {custodian}")
    with tempfile.TemporaryDirectory(prefix="bench-cdk-") as out:
        template = synthesise(Path(out), email="security@example.com")
        with open_world(SMALL) as world:
            capacity = most_calls_per_second(world)
        tell(f"the emulator answers up to {capacity:.0f} calls a second")
        rows = run_all(template, tell, without=without)
    reached = targets(rows)
    around = Circumstances(
        day=datetime.now(UTC).date(),
        custodian=custodian,
        capacity=capacity,
        took=time.monotonic() - start,
    )
    write(folder, rows, reached, around)
    tell(f"written to {folder}")
    sys.exit(_judge(reached))


def _custodian() -> tuple[str, Collection[str]]:
    """Install Cloud Custodian; where that fails, say why and do without."""
    try:
        return install_custodian(), ()
    except CustodianMissingError as error:
        return f"(not measured: it could not be installed, {error})", CUSTODIAN


def _judge(reached: Sequence[Target]) -> int:
    for target in reached:
        print(f"{'met   ' if target.met else 'MISSED'}  {target.asked}: {target.measured}")
    return 0 if all(target.met for target in reached) else 1


if __name__ == "__main__":
    main()
