"""The part of the bench in organizations."""

import json
import time
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

from bench.organisation.calculation import calculate
from bench.organisation.jobs import (
    QUICK,
    OrganisationResults,
    measure_hub,
    measure_organisations,
)
from bench.organisation.page import OrganisationPage
from bench.organisation.targets import check_organisation_targets
from bench.output import FOLDER, NOT_MEASURED, QUICK_FOLDER, load, measured_context, write
from bench.targets import Target
from bench.tools import Tool


def measure_quickly() -> None:
    """Measure a small organization, and write into .bench/quick."""
    start, load_before = time.monotonic(), load()
    days = (Tool.FULL_SCAN_DAY, Tool.QUIET_DAY)
    results = OrganisationResults(hub=measure_hub(QUICK, days))
    _write_results(QUICK_FOLDER, results)
    page = OrganisationPage(
        results=results,
        paper=None,
        targets=[],
        context=measured_context("make bench-quick", start, custodian=NOT_MEASURED),
        load=f"{load_before} and {load()}",
    )
    write(QUICK_FOLDER / "organisation.md", str(page))


def measure(custodian: str, without: Collection[Tool]) -> list[Target]:
    """Measure all organizations, write docs/bench/organisation.*, and return the targets.

    custodian: the version of Cloud Custodian, or why the tools `without` are not measured
    """
    start, load_before = time.monotonic(), load()
    results = measure_organisations(without=without)
    _write_results(FOLDER, results)
    paper = calculate(results)
    page = OrganisationPage(
        results=results,
        paper=paper,
        targets=check_organisation_targets(results, paper),
        context=measured_context("make bench", start, custodian=custodian),
        load=f"{load_before} and {load()}",
    )
    write(FOLDER / "organisation.md", str(page))
    return list(page.targets)


def _write_results(folder: Path, results: OrganisationResults) -> None:
    write(folder / "organisation.json", json.dumps(asdict(results), indent=1) + "\n")
