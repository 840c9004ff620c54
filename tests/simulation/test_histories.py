"""The promises in months of random days.

`HISTORIES=long` runs 20,000 histories, `HISTORIES=<number>` runs that many. A failing history is
shrunk only with `SHRINK=1`, since that is slow.
"""

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulation.state_machine import HistoryMachine

HISTORY_COUNT = os.environ.get("HISTORIES", "short")
SHORT, LONG = 50, 20_000
COUNTS = {"short": SHORT, "long": LONG}
PROFILE = settings(
    max_examples=COUNTS.get(HISTORY_COUNT) or int(HISTORY_COUNT),
    stateful_step_count=25,
    derandomize=HISTORY_COUNT == "short",
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink) if os.environ.get("SHRINK") else (Phase.generate,),
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


def test_every_promise_is_kept_in_random_histories() -> None:
    run_state_machine_as_test(HistoryMachine, settings=PROFILE)
