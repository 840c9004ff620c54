"""Calculates a quiet day of a large organization from the results of a bench."""

from bench.organisation.assumptions import Assumptions
from bench.organisation.jobs import AT_ONCE, OrganisationResults
from bench.organisation.measured import Measured
from bench.organisation.paper import Paper
from bench.tools import Tool


def calculate(results: OrganisationResults) -> Paper:
    """Continue from the smallest and the largest quiet day to the accounts that are assumed."""
    quiet = [each for each in results.hub if each.day is Tool.QUIET_DAY]
    (waiting,) = [each for each in results.compared if each.day is Tool.QUIET_DAY]
    assumed = Assumptions()
    measured = Measured.extrapolate(
        min(quiet, key=lambda each: each.accounts),
        max(quiet, key=lambda each: each.accounts),
        waiting,
        accounts=int(assumed.accounts.value),
        at_once=AT_ONCE,
    )
    return Paper(measured=measured, assumed=assumed)
