"""Run the emulated account as a process: `python -m local.emulator --port 4566`.

The process runs ministack with the patches of `local/emulator/patches`, enforces IAM policies,
listens on the loopback interface only, and has its own clock. Its log stays in the state folder;
its temporary files are deleted when it stops.
"""

import argparse
import asyncio
import logging
import os
import shutil
import socket
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from local.emulator.bundle_folder import BundleFolder
from local.emulator.clock import Clock
from local.emulator.components import Components
from local.emulator.control import App, Control, with_control
from local.emulator.event_log import BackgroundTasks, EventLog
from local.emulator.lambda_pool import ExecutionEnvironmentPool
from local.emulator.ministack_internals import (
    enabled_schedules,
    import_ministack,
    next_cron,
    private_name,
)
from local.emulator.patches import install
from local.emulator.schedule import ScheduleRunner
from local.emulator.schedule_target import ScheduleTarget
from local.emulator.server import serve

HOST = "127.0.0.1"
BUNDLES = Path(__file__).parents[2] / ".local" / "bundles"
READY_PREFIX = "ready "


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The parsed command line."""

    port: int
    state: Path
    now: datetime
    region: str
    account: str
    until_stdin_closes: bool


def main() -> None:
    """Serve requests until the process is stopped."""
    options = _options(sys.argv[1:])
    listener = socket.create_server((HOST, options.port))
    port = listener.getsockname()[1]
    scratch = options.state / f"tmp-{port}"
    scratch.mkdir(parents=True, exist_ok=True)
    _set_environment(options, port, scratch)
    _log_to(options.state / "emulator.log")
    import_ministack()  # before the clock starts, because the import takes a second
    clock = Clock(starts_at=options.now)
    pool = ExecutionEnvironmentPool(
        scratch=scratch,
        bundles=BundleFolder(BUNDLES),
        endpoint=f"http://{HOST}:{port}",
        now=clock.now,
    )
    try:
        app = _assemble(clock, pool)
        print(f"{READY_PREFIX}http://{HOST}:{port}", flush=True)
        asyncio.run(serve(app, listener, pool, stop_with_stdin=options.until_stdin_closes))
    finally:
        clock.close()
        shutil.rmtree(scratch, ignore_errors=True)


def _options(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m local.emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=4566, help="0 selects a free port")
    parser.add_argument("--state", type=Path, default=Path(".local"), help="folder for the log")
    parser.add_argument("--now", type=_instant, default=datetime.now(UTC), help="ISO 8601")
    parser.add_argument("--region", default="eu-west-1", help="Region of unsigned requests")
    parser.add_argument("--account", default="000000000000", help="account ID")
    parser.add_argument("--until-stdin-closes", action="store_true", help="stop with the parent")
    parsed = vars(parser.parse_args(arguments))
    return Options(**{**parsed, "state": parsed["state"].absolute()})


def _instant(text: str) -> datetime:
    """Parse an ISO 8601 time; a time without an offset is in UTC."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _set_environment(options: Options, port: int, scratch: Path) -> None:
    """Set the variables that ministack reads when it is imported."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {
        "AUTH": "true",  # enforce IAM policies and verify signatures
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",  # it would listen on another port
        "LOG_LEVEL": "INFO",
        "MINISTACK_ACCOUNT_ID": options.account,
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": options.region,
        "SFTP_ENABLED": "0",  # it would listen on another port
        "TMPDIR": str(scratch),
    }
    tempfile.tempdir = None  # makes tempfile read TMPDIR again


def _log_to(file: Path) -> None:
    form = "%(asctime)s %(levelname)s %(name)s %(message)s"
    logging.basicConfig(filename=file, filemode="w", format=form, level=logging.INFO)


def _assemble(clock: Clock, pool: ExecutionEnvironmentPool) -> App:
    """Connect ministack, its patches and the control endpoint."""
    event_log, background_tasks = EventLog(), BackgroundTasks()
    schedule_runner = ScheduleRunner(
        clock=clock,
        schedules=enabled_schedules,
        next_cron=next_cron,
        invoke_target=ScheduleTarget(background_tasks).invoke,
    )
    components = Components(
        clock=clock,
        event_log=event_log,
        pool=pool,
        background_tasks=background_tasks,
        schedule_runner=schedule_runner,
    )
    install(components)
    app: App = private_name("app", "app")
    return with_control(app, Control(components))


if __name__ == "__main__":
    main()
