"""What starts a function's process, in the place of AWS's `/var/runtime/bootstrap`.

It runs in the runtime's own virtual environment, where nothing of this project is installed: AWS's
runtime client serves the handler, and time-machine lets its process follow the emulated clock.
"""

import os
import sys
import time
from datetime import UTC, datetime, timedelta

# All three are installed in the runtime's environment, where mypy does not look.
import time_machine
from awslambdaric import bootstrap  # type: ignore[import-not-found,unused-ignore]
from awslambdaric.lambda_runtime_client import (  # type: ignore[import-not-found,unused-ignore]
    LambdaRuntimeClient,
)


class ClockedClient(LambdaRuntimeClient):  # type: ignore[misc,unused-ignore]  # see the import
    """AWS's client, that sets the clock by each invocation's deadline."""

    def __init__(self, address: str, *, clock: time_machine.Traveller, timeout: timedelta) -> None:
        """Serve one Runtime API."""
        super().__init__(address)
        self._clock = clock
        self._timeout = timeout

    def wait_next_invocation(self) -> object:
        """Wait for an invocation: it was handed out one timeout before its deadline."""
        request = super().wait_next_invocation()
        deadline = datetime.fromtimestamp(int(request.deadline_time_in_ms) / 1000, tz=UTC)
        self._clock.move_to(deadline - self._timeout)
        return request


def _speed_up_sleep(times: float) -> None:
    """Shorten every pause: botocore's between two tries sum up to a minute a call."""
    sleep = time.sleep
    time.sleep = lambda seconds: sleep(float(seconds) / times)


def main() -> None:
    """Serve the handler until the process is ended."""
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
