"""The only module that reads the clock and the environment: once for each invocation."""

import os
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from aws_lambda_powertools.utilities.typing import LambdaContext

from key_rotation.domain.execution import Clock, TimeBudget
from key_rotation.domain.model import Now, days_between_runs

CLOCK: Clock = time
"""Measures and waits."""


def read_environment(names: Iterable[str]) -> Mapping[str, str]:
    """Return the variables of the function; raises KeyError for one that is missing."""
    return {name: os.environ[name] for name in names}


def read_optional(names: Iterable[str]) -> Mapping[str, str]:
    """Return those variables of the function that are set and not empty."""
    return {name: os.environ[name] for name in names if os.environ.get(name)}


def current_time(environment: Mapping[str, str]) -> Now:
    """Return this instant, in the calendar of TIMEZONE and LONGEST_GAP_HOURS."""
    return Now(
        instant=datetime.now(UTC),
        zone=ZoneInfo(environment["TIMEZONE"]),
        days_between_runs=days_between_runs(int(environment["LONGEST_GAP_HOURS"])),
    )


def time_budget(context: LambdaContext) -> TimeBudget:
    """Return the time that this invocation may take."""
    time_left = partial(_time_left, context)
    return TimeBudget(time_left, time_left())


def _time_left(context: LambdaContext) -> timedelta:
    return timedelta(milliseconds=context.get_remaining_time_in_millis())
