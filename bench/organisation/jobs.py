"""The measurements in organizations: of the hub as accounts are added, and beside c7n-org."""

import json
import logging
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.competitors import CUSTODIAN_POLICIES
from bench.jobs import LATENCY
from bench.organisation.custodian import ROLE, break_account, create_roles, run_custodian
from bench.organisation.hub import Hub
from bench.organisation.results import HubResult, RunnerResult
from bench.organisation.seeded_organisation import SeededOrganisation, start_organisation
from bench.product import DAYS
from bench.proxy import Conditions
from bench.seeded_account import Size
from bench.tools import Tool
from local.demo.synthesis import synthesise

AT_ONCE = 6
SIZE = Size(users=20, stale=4)
"""Of each account."""
GROWTH = (25, 50, 100)
COMPARED = 20
QUICK = 3
MACHINE = Conditions(report_delay=0)
"""Nothing waits, so that the time is that of the product and the emulator on this machine."""
NETWORK = Conditions(latency=LATENCY)
log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class OrganisationResults:
    """All measurements in organizations.

    hub: executions of the hub without latency
    compared: executions of the hub in the accounts of `runner`, with latency
    runner: runs of c7n-org
    """

    hub: list[HubResult] = field(default_factory=list)
    compared: list[HubResult] = field(default_factory=list)
    runner: list[RunnerResult] = field(default_factory=list)


def measure_organisations(*, without: Collection[Tool] = ()) -> OrganisationResults:
    """Measure the hub in organizations of all sizes, and beside c7n-org."""
    results = OrganisationResults()
    for accounts in GROWTH:
        days = DAYS if accounts == max(GROWTH) else (Tool.FULL_SCAN_DAY, Tool.QUIET_DAY)
        results.hub += measure_hub(accounts, days)
    tools = [tool for tool in CUSTODIAN_POLICIES if tool not in without]
    for broken in (False, True):
        compare(results, tools, broken=broken)
    return results


def measure_hub(accounts: int, days: Collection[Tool]) -> list[HubResult]:
    """Deploy a hub into a new organization, and measure some days."""
    with start_hub(accounts) as (_, hub):
        return [log_result(hub.run(day, MACHINE)) for day in days]


def compare(results: OrganisationResults, tools: Sequence[Tool], *, broken: bool) -> None:
    """Measure the hub and c7n-org over the same accounts on the day that deactivates.

    broken: whether one account refuses the roles of both
    """
    with start_hub(COMPARED) as (organisation, hub):
        for day in DAYS:
            if broken and day is Tool.DEACTIVATION_DAY:
                break_account(organisation, organisation.accounts[0], [hub.member_role])
            result = log_result(hub.run(day, NETWORK))
            if day is Tool.DEACTIVATION_DAY or not broken:
                results.compared.append(result)
        create_roles(organisation)
        if broken:
            break_account(organisation, organisation.accounts[0], [ROLE])
        for tool in tools:
            run = run_custodian(organisation, tool, NETWORK, at_once=AT_ONCE)
            log.info("%d accounts: %s: %.1f s, exit %d", COMPARED, tool, run.seconds, run.status)
            results.runner.append(run)


@contextmanager
def start_hub(accounts: int) -> Iterator[tuple[SeededOrganisation, Hub]]:
    """Start an organization, and deploy a hub that looks at its accounts."""
    with (
        start_organisation(accounts, SIZE) as organisation,
        tempfile.TemporaryDirectory(prefix="bench-cdk-") as folder,
    ):
        context = {
            "accounts-at-once": f"{AT_ONCE}",
            "organization": organisation.organization_id,
            "targets": organisation.unit,
        }
        template = synthesise(Path(folder), email="security@example.com", context=context)
        yield organisation, Hub(organisation, template)


def log_result(result: HubResult) -> HubResult:
    """Log a result, and return it."""
    log.info(
        "%d accounts: %s: %.1f s, %d IAM calls, %s",
        *(result.accounts, result.day, result.seconds, result.iam_calls),
        json.dumps({step: round(seconds, 1) for step, seconds in result.cpu.items()}),
    )
    return result
