"""The emulator listens on the loopback interface only, and leaves only its log."""

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.emulator.account import LocalAccount
from local.emulator.process import EmulatorStartError
from tests.local.emulator import sample_stack

START = datetime(2027, 1, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[3]


def _port(endpoint: str) -> int:
    return int(endpoint.rsplit(":", 1)[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_only_the_log_remains_after_the_emulator_stops(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with LocalAccount.start(now=START, state=state) as account:
        account.deploy(sample_stack.write(tmp_path / "sample"), sample_stack.STACK)
        account.invoke({})
        port = _port(account.endpoint)
    assert sorted(each.name for each in state.iterdir()) == ["emulator.log", "emulator.out"]
    assert not _listens(port)


def test_the_emulator_stops_when_its_parent_process_is_killed(tmp_path: Path) -> None:
    start = (
        "from datetime import *; from pathlib import Path;"
        "from local.emulator.account import LocalAccount;"
        f"a = LocalAccount.start(now=datetime.now(UTC), state=Path({str(tmp_path)!r}));"
        "print(a.endpoint, flush=True); input()"
    )
    parent = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-c", start],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout
    port = _port(parent.stdout.readline().strip())
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()
    deadline = time.monotonic() + 10
    while _listens(port) or list(tmp_path.glob("tmp*")):
        assert time.monotonic() < deadline, "the emulator still runs"
        time.sleep(0.05)


def test_a_port_in_use_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EmulatorStartError, match="Address already in use"):
            LocalAccount.start(now=START, port=port)
