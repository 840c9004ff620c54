"""The processes of the deployed functions. As on AWS, a warm process is reused."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from local.emulator.bundle_folder import BundleFolder
from local.emulator.runtime import ExecutionEnvironment, Function, InvocationResult


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedFunction:
    """A deployed function: its configuration, its bundle and its role's credentials.

    memory: in MB
    bundle: the zip archive
    """

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
    """Raised when a function is invoked while the emulator stops, for example by a retry."""


class ExecutionEnvironmentPool:
    """Runs deployed functions.

    bundles: the extracted bundles
    endpoint: the URL at which functions call AWS; a test may set that of a proxy
    sleep_speedup: the factor by which sleeps in a function are shortened, such as between two
      retries
    """

    def __init__(
        self, *, scratch: Path, bundles: BundleFolder, endpoint: str, now: Callable[[], datetime]
    ) -> None:
        """Keep the files of the processes in the folder `scratch`."""
        self.endpoint = endpoint
        self.sleep_speedup = 1.0
        self._scratch = scratch
        self._bundles = bundles
        self._now = now
        self._idle: list[ExecutionEnvironment] = []
        self._busy: list[ExecutionEnvironment] = []
        self._closed = False
        self._lock = threading.Lock()

    def run(self, deployed: DeployedFunction, event: object) -> InvocationResult:
        """Run a function once. Raises PoolClosedError after `close`."""
        with self._lock:
            environment = self._acquire(self._function(deployed))
        result = environment.invoke(event)
        with self._lock:
            self._release(environment)
        return result

    def kill(self) -> int:
        """Kill every process that is running a function, and return their number."""
        with self._lock:
            for environment in self._busy:
                environment.kill()
            return len(self._busy)

    def close(self) -> None:
        """Kill all processes, and start no more."""
        with self._lock:
            self._closed = True
            for environment in self._busy:
                environment.kill()
            for environment in self._idle:
                environment.close()

    def _acquire(self, function: Function) -> ExecutionEnvironment:
        """Return an idle process of this function or a new one; close those of earlier versions."""
        if self._closed:
            raise PoolClosedError(function.arn)
        idle = [each for each in self._idle if each.function.arn == function.arn]
        usable = [each for each in idle if each.function == function and each.alive]
        acquired = (
            usable[0]
            if usable
            else ExecutionEnvironment(function, now=self._now, scratch=self._scratch)
        )
        outdated = [each for each in idle if each not in usable]
        self._idle = [each for each in self._idle if each not in [acquired, *outdated]]
        self._busy.append(acquired)
        for environment in outdated:
            environment.close()
        return acquired

    def _release(self, environment: ExecutionEnvironment) -> None:
        self._busy.remove(environment)
        if environment.alive and not self._closed:
            self._idle.append(environment)
        else:
            environment.close()

    def _function(self, deployment: DeployedFunction) -> Function:
        return Function(
            arn=deployment.arn,
            code=self._bundles.extract(deployment.bundle),
            handler=deployment.handler,
            timeout=deployment.timeout,
            reserved_variables=self._reserved_variables(deployment),
            variables=deployment.variables,
        )

    def _reserved_variables(self, deployment: DeployedFunction) -> dict[str, str]:
        """Return the variables that Lambda itself sets, and the URL of the emulator."""
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
