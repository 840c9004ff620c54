"""The processes of the deployed functions: a warm one is used again, as on AWS."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from local.runtime import ExecutionEnvironment, Function, Outcome


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


class Hosting:
    """Runs deployed functions.

    `endpoint` is where a function finds AWS; a test may put a proxy there.
    """

    def __init__(self, *, scratch: Path, endpoint: str, now: Callable[[], datetime]) -> None:
        """Keep everything that the processes need under `scratch`."""
        self.endpoint = endpoint
        self._scratch = scratch
        self._now = now
        self._idle: list[ExecutionEnvironment] = []
        self._lock = threading.Lock()

    def run(self, deployment: Deployment, event: object) -> Outcome:
        """Run a function once."""
        function = self._function(deployment)
        environment = self._warm(function) or ExecutionEnvironment(
            function, now=self._now, scratch=self._scratch
        )
        outcome = environment.invoke(event)
        self._keep(environment)
        return outcome

    def close(self) -> None:
        """End all processes that wait for work."""
        with self._lock:
            idle, self._idle = self._idle, []
        for environment in idle:
            environment.close()

    def _warm(self, function: Function) -> ExecutionEnvironment | None:
        """Take a waiting process of just this function; those of an older version end."""
        with self._lock:
            mine = [each for each in self._idle if each.function.arn == function.arn]
            fit = [each for each in mine if each.function == function and each.alive]
            taken = fit[0] if fit else None
            outdated = [each for each in mine if each not in fit]
            self._idle = [each for each in self._idle if each not in [taken, *outdated]]
        for environment in outdated:
            environment.close()
        return taken

    def _keep(self, environment: ExecutionEnvironment) -> None:
        if not environment.alive:
            environment.close()
            return
        with self._lock:
            self._idle.append(environment)

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
        }
