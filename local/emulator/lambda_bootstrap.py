"""The program of a function's process, in place of AWS's `/var/runtime/bootstrap`.

It runs in the virtual environment of the Lambda runtime, which contains nothing of this project.
AWS's runtime client calls the handler; time-machine sets the process to the emulated time.
"""

import os
import sys
import time
from datetime import UTC, datetime, timedelta

# The packages are installed in the environment of the Lambda runtime, which mypy does not read.
import time_machine
from awslambdaric import bootstrap  # type: ignore[import-not-found,unused-ignore]
from awslambdaric.lambda_runtime_client import (  # type: ignore[import-not-found,unused-ignore]
    LambdaRuntimeClient,
)


class ClockedClient(LambdaRuntimeClient):  # type: ignore[misc,unused-ignore]  # see the import
    """AWS's runtime client, which also sets the clock at each invocation."""

    def __init__(self, address: str, *, clock: time_machine.Traveller, timeout: timedelta) -> None:
        """Connect to a Runtime API."""
        super().__init__(address)
        self._clock = clock
        self._timeout = timeout

    def wait_next_invocation(self) -> object:
        """Wait for an invocation, and set the clock to its start.

        The start is one timeout before the deadline.
        """
        request = super().wait_next_invocation()
        deadline = datetime.fromtimestamp(int(request.deadline_time_in_ms) / 1000, tz=UTC)
        self._clock.move_to(deadline - self._timeout)
        return request


def _speed_up_sleep(times: float) -> None:
    """Shorten every sleep: botocore's pauses between retries can add up to a minute a call."""
    sleep = time.sleep
    time.sleep = lambda seconds: sleep(float(seconds) / times)


def main() -> None:
    """Serve invocations until the process is killed."""
    _speed_up_sleep(float(os.environ.pop("LOCAL_SLEEP_SPEEDUP", "1")))
    starts_at = datetime.fromisoformat(os.environ.pop("LOCAL_NOW"))
    timeout = timedelta(seconds=float(os.environ.pop("LOCAL_TIMEOUT")))
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    with time_machine.travel(starts_at, tick=True) as clock:
        address = os.environ["AWS_LAMBDA_RUNTIME_API"]
        client = ClockedClient(address, clock=clock, timeout=timeout)
        bootstrap.run(os.environ["_HANDLER"], client)


if __name__ == "__main__":
    main()
