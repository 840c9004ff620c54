"""The emulator as a child process, which stops when its parent process ends for any reason."""

import os
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
EMULATOR_PYTHON = ROOT / ".venv-emulator" / "bin" / "python"
_READY_PREFIX = "ready "
_STOP_TIMEOUT = 10  # seconds until the process is killed


class EmulatorStartError(Exception):
    """Raised when the emulator stops before it serves; the message is its error output."""


class EmulatorProcess:
    """A running emulator. Its process runs in `.venv-emulator`, which has ministack.

    Its standard input is a pipe from this process. When the pipe closes, even because this process
    was killed, the emulator stops and deletes its temporary files. The state folder is kept if the
    caller named it.
    """

    def __init__(self, *, now: datetime, port: int, state: Path | None, region: str) -> None:
        """Start the emulator, and wait until it serves."""
        self._temporary_folder = None if state else tempfile.mkdtemp(prefix="local-account-")
        self.state = state or Path(self._temporary_folder or "")
        self.state.mkdir(parents=True, exist_ok=True)
        self._process = self._start(now, port, region)
        with ExitStack() as undo:
            undo.callback(self.close)  # if it does not start, or on Ctrl-C
            self.endpoint = self._wait_until_ready()
            undo.pop_all()

    def close(self) -> None:
        """Stop the emulator, and wait until its process has ended."""
        pipe: IO[str] | None = self._process.stdin
        if pipe:
            pipe.close()
        try:
            self._process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        if self._temporary_folder:
            shutil.rmtree(self._temporary_folder, ignore_errors=True)

    def _start(self, now: datetime, port: int, region: str) -> subprocess.Popen[str]:
        options = {
            "--port": port,
            "--state": self.state,
            "--now": now.isoformat(),
            "--region": region,
        }
        arguments = [str(each) for pair in options.items() for each in pair]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        with (self.state / "emulator.out").open("w") as errors:
            return subprocess.Popen(
                [EMULATOR_PYTHON, "-m", "local.emulator", *arguments, "--until-stdin-closes"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,  # Ctrl-C reaches this process only, which closes the pipe
                text=True,
            )

    def _wait_until_ready(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line.startswith(_READY_PREFIX):
            raise EmulatorStartError((self.state / "emulator.out").read_text())
        return line.removeprefix(_READY_PREFIX).strip()
