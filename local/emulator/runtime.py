"""A Lambda execution environment: a process with AWS's runtime client, and its Runtime API.

The process runs in `.venv-runtime`, which contains the packages of AWS's runtime (awslambdaric,
boto3) and no others. A package that is missing from the deployed bundle is therefore missing here
too. The memory size is passed to the function, but not enforced.
"""

import json
import os
import signal
import subprocess
import tempfile
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from queue import Empty
from typing import Any

from local.emulator.runtime_api import RuntimeApi, RuntimeResponse

ROOT = Path(__file__).parents[2]
RUNTIME_PYTHON = ROOT / ".venv-runtime" / "bin" / "python"
INIT_TIMEOUT = timedelta(seconds=10)  # AWS's limit for the Init phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """What a process needs to run a function.

    code: the folder of the extracted bundle
    reserved_variables: the variables that Lambda sets (name, Region, credentials, memory)
    variables: the variables of the function's configuration
    """

    arn: str
    code: Path
    handler: str
    timeout: timedelta
    reserved_variables: Mapping[str, str]
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationResult:
    """The result of one invocation.

    payload: what the handler returned, or the error document
    log: what the function printed
    """

    failed: bool
    payload: Any
    log: str


class ExecutionEnvironment:
    """A process that serves one function, one invocation at a time."""

    def __init__(
        self, function: Function, *, now: Callable[[], datetime], scratch: Path | None = None
    ) -> None:
        """Start the process. Its clock starts at `now()`, and is set again at each invocation."""
        self.function = function
        self._scratch = tempfile.TemporaryDirectory(prefix="lambda-", dir=scratch)
        self._api = RuntimeApi(arn=function.arn, deadline=lambda: now() + function.timeout)
        self._log = Path(self._scratch.name) / "log"
        self._process = self._start(now())
        threading.Thread(target=self._report_exit, daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether it can serve another invocation."""
        return self._running and not self._api.init_failed

    @property
    def _running(self) -> bool:
        return self._process.poll() is None

    def invoke(self, event: object) -> InvocationResult:
        """Run the handler once. As on Lambda, the process is killed at the timeout."""
        request_id = str(uuid.uuid4())
        seen = self._log.stat().st_size
        self._api.send_event(request_id, json.dumps(event).encode())
        self._api.init_finished.wait(INIT_TIMEOUT.total_seconds())
        try:
            answer = self._api.responses.get(timeout=self.function.timeout.total_seconds())
        except Empty:
            self.kill()
            answer = _timed_out(request_id, self.function.timeout)
        printed = self._log.read_bytes()[seen:].decode(errors="replace")
        return InvocationResult(
            failed=answer.failed, payload=json.loads(answer.payload), log=printed
        )

    def kill(self) -> None:
        """Kill the process."""
        if self._running:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def close(self) -> None:
        """Kill the process, and delete its files."""
        self.kill()
        self._api.close()
        self._scratch.cleanup()

    def _start(self, now: datetime) -> subprocess.Popen[bytes]:
        bootstrap = Path(__file__).with_name("lambda_bootstrap.py")
        with self._log.open("wb") as log:
            # -P keeps the folder of the bootstrap, which is this package, out of sys.path.
            return subprocess.Popen(
                [RUNTIME_PYTHON, "-P", bootstrap],
                cwd=self.function.code,
                env=self._environment(now),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _environment(self, now: datetime) -> dict[str, str]:
        """Return all variables of the process. None is inherited from this process."""
        return {
            **self.function.variables,
            **self.function.reserved_variables,
            "AWS_EXECUTION_ENV": "AWS_Lambda_python",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "HOME": self._scratch.name,
            "LAMBDA_TASK_ROOT": str(self.function.code),
            "LANG": "en_US.UTF-8",
            "LOCAL_NOW": now.isoformat(),
            "LOCAL_TIMEOUT": str(self.function.timeout.total_seconds()),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONTZPATH": "",  # Lambda has no time zone files; tzdata must be in the bundle
            "TMPDIR": self._scratch.name,
            "TZ": ":UTC",
            "_HANDLER": self.function.handler,
        }

    def _report_exit(self) -> None:
        """Send the end of the process as the response to a waiting invocation."""
        status = self._process.wait()
        message = f"Runtime exited with error: exit status {status}"
        self._api.put_response(_error("Runtime.ExitError", message))


def _timed_out(request_id: str, timeout: timedelta) -> RuntimeResponse:
    message = (
        f"RequestId: {request_id} Error: Task timed out after {timeout.total_seconds():.2f} seconds"
    )
    return _error("Sandbox.Timedout", message)


def _error(error_type: str, message: str) -> RuntimeResponse:
    payload = json.dumps({"errorType": error_type, "errorMessage": message})
    return RuntimeResponse(failed=True, payload=payload.encode())
