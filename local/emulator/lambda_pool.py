"""The processes of the deployed functions: a warm one is used again, as on AWS."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from local.emulator.runtime import ExecutionEnvironment, Function, InvocationResult


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedFunction:
    """A function as it is deployed: its configuration, its bundle and its role's credentials."""

    arn: str
    name: str
    region: str
    handler: str
    timeout: timedelta
    memory: int
    log_format: str
    variables: Mapping[str, str]
    credentials: Mapping[str, str]
    bundle: bytes


class PoolClosedError(Exception):
    """Raised when a function is to run while the emulator ends, such as by a retry."""


class ExecutionEnvironmentPool:
    """Runs deployed functions.

    `endpoint` is where a function finds AWS; a test may put a proxy there. `sleep_speedup` is how
    many times shorter a function's own pauses are, such as those between two tries of a call.
    """

    def __init__(self, *, scratch: Path, endpoint: str, now: Callable[[], datetime]) -> None:
        """Keep everything that the processes need under `scratch`."""
        self.endpoint = endpoint
        self.sleep_speedup = 1.0
        self._scratch = scratch
        self._now = now
        self._idle: list[ExecutionEnvironment] = []
        self._busy: list[ExecutionEnvironment] = []
        self._closed = False
        self._lock = threading.Lock()

    def run(self, deployment: DeployedFunction, event: object) -> InvocationResult:
        """Run a function once; raises PoolClosedError where nothing runs any more."""
        function = self._function(deployment)
        with self._lock:
            environment = self._acquire(function)
        outcome = environment.invoke(event)
        with self._lock:
            self._release(environment)
        return outcome

    def kill(self) -> int:
        """Kill every process in the middle of its work, and tell how many there were."""
        with self._lock:
            for environment in self._busy:
                environment.kill()
            return len(self._busy)

    def close(self) -> None:
        """End all processes, those at work as well, and start no other."""
        with self._lock:
            self._closed = True
            for environment in self._busy:
                environment.kill()
            for environment in self._idle:
                environment.close()

    def _acquire(self, function: Function) -> ExecutionEnvironment:
        """Take a waiting process of just this function, or a new one; older versions end."""
        if self._closed:
            raise PoolClosedError(function.arn)
        mine = [each for each in self._idle if each.function.arn == function.arn]
        fit = [each for each in mine if each.function == function and each.alive]
        taken = (
            fit[0] if fit else ExecutionEnvironment(function, now=self._now, scratch=self._scratch)
        )
        outdated = [each for each in mine if each not in fit]
        self._idle = [each for each in self._idle if each not in [taken, *outdated]]
        self._busy.append(taken)
        for environment in outdated:
            environment.close()
        return taken

    def _release(self, environment: ExecutionEnvironment) -> None:
        self._busy.remove(environment)
        if environment.alive and not self._closed:
            self._idle.append(environment)
        else:
            environment.close()

    def _function(self, deployment: DeployedFunction) -> Function:
        return Function(
            arn=deployment.arn,
            code=self._unpack(deployment.bundle),
            handler=deployment.handler,
            timeout=deployment.timeout,
            reserved_variables=self._reserved_variables(deployment),
            variables=deployment.variables,
        )

    def _unpack(self, bundle: bytes) -> Path:
        code = self._scratch / "code" / hashlib.sha256(bundle).hexdigest()[:16]
        if not code.exists():
            zipfile.ZipFile(io.BytesIO(bundle)).extractall(code)
        return code

    def _reserved_variables(self, deployment: DeployedFunction) -> dict[str, str]:
        """Build the variables that Lambda reserves, and the way to the emulator."""
        return {
            **deployment.credentials,
            "AWS_DEFAULT_REGION": deployment.region,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(deployment.memory),
            "AWS_LAMBDA_FUNCTION_NAME": deployment.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_FORMAT": deployment.log_format,
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{deployment.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_REGION": deployment.region,
            "LOCAL_SLEEP_SPEEDUP": str(self.sleep_speedup),
        }
