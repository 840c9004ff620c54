"""The processes of the deployed functions: a warm one is used again, as on AWS."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from local.emulator.runtime import ExecutionEnvironment, Function, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
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


class HostingEndedError(Exception):
    """Raised when a function is to run while the emulator ends, such as by a retry."""


class Hosting:
    """Runs deployed functions.

    `endpoint` is where a function finds AWS; a test may put a proxy there. `haste` is how many
    times shorter a function's own pauses are, such as those between two tries of a call.
    """

    def __init__(self, *, scratch: Path, endpoint: str, now: Callable[[], datetime]) -> None:
        """Keep everything that the processes need under `scratch`."""
        self.endpoint = endpoint
        self.haste = 1.0
        self._scratch = scratch
        self._now = now
        self._idle: list[ExecutionEnvironment] = []
        self._busy: list[ExecutionEnvironment] = []
        self._ended = False
        self._lock = threading.Lock()

    def run(self, deployment: Deployment, event: object) -> Outcome:
        """Run a function once; raises HostingEndedError where nothing runs any more."""
        function = self._function(deployment)
        with self._lock:
            environment = self._take(function)
        outcome = environment.invoke(event)
        with self._lock:
            self._give_back(environment)
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
            self._ended = True
            for environment in self._busy:
                environment.kill()
            for environment in self._idle:
                environment.close()

    def _take(self, function: Function) -> ExecutionEnvironment:
        """Take a waiting process of just this function, or a new one; older versions end."""
        if self._ended:
            raise HostingEndedError(function.arn)
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

    def _give_back(self, environment: ExecutionEnvironment) -> None:
        self._busy.remove(environment)
        if environment.alive and not self._ended:
            self._idle.append(environment)
        else:
            environment.close()

    def _function(self, deployment: Deployment) -> Function:
        return Function(
            arn=deployment.arn,
            code=self._unpacked(deployment.bundle),
            handler=deployment.handler,
            timeout=deployment.timeout,
            identity=self._identity(deployment),
            variables=deployment.variables,
        )

    def _unpacked(self, bundle: bytes) -> Path:
        code = self._scratch / "code" / hashlib.sha256(bundle).hexdigest()[:16]
        if not code.exists():
            zipfile.ZipFile(io.BytesIO(bundle)).extractall(code)
        return code

    def _identity(self, deployment: Deployment) -> dict[str, str]:
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
            "LOCAL_HASTE": str(self.haste),
        }
