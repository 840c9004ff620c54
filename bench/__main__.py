"""Measures the tools, writes the report and checks the targets.

A full bench writes docs/bench, and exits with 1 if a target is missed; its raw results of one
account are in .bench/results.json. A quick bench measures small accounts and a small organization,
without Cloud Custodian and targets, and writes only into .bench/quick.
"""

import argparse
import logging
import sys
from collections.abc import Collection

from bench import account
from bench.competitors import CUSTODIAN_POLICIES, CustodianInstallError, install_custodian
from bench.organisation import part as organisation
from bench.tools import Tool

PARTS = {"account": account, "organisation": organisation}
log = logging.getLogger("bench")


def main() -> None:
    """Run the bench that the command line selects."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="measure small accounts")
    parser.add_argument("--part", choices=PARTS, help="measure only this part")
    given = parser.parse_args()
    parts = [PARTS[given.part]] if given.part else list(PARTS.values())
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    log.setLevel(logging.INFO)
    if given.quick:
        for part in parts:
            part.measure_quickly()
        return
    log.info("a full bench takes about 25 minutes")
    custodian, without = _install_custodian()
    targets = [target for part in parts for target in part.measure(custodian, without)]
    for target in targets:
        met = "met" if target.met else "MISSED"
        log.info("target %s: %s: %s", met, target.requirement, target.measured)
    sys.exit(0 if all(target.met for target in targets) else 1)


def _install_custodian() -> tuple[str, Collection[Tool]]:
    """Return the version of Cloud Custodian, or the reason and the tools that cannot run."""
    try:
        return install_custodian(), ()
    except CustodianInstallError as error:
        log.warning("Cloud Custodian cannot be installed: %s", error)
        return f"(not measured: {error})", CUSTODIAN_POLICIES


if __name__ == "__main__":
    main()
