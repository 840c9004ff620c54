"""Runs Cloud Custodian or a baseline against a seeded account, in a process of its own."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import ROOT
from bench.custodian_policies import BY_KEYS, BY_REPORT
from bench.proxy import Conditions
from bench.results import Result
from bench.seeded_account import SeededAccount
from bench.tools import Tool

CUSTODIAN_POLICIES = {Tool.CUSTODIAN_REPORT: BY_REPORT, Tool.CUSTODIAN_KEYS: BY_KEYS}
VENV = ROOT / ".bench" / "custodian"
_CUSTODIAN = str(VENV / "bin" / "custodian")
_LOCK = Path(__file__).with_name("custodian-requirements.txt")
_INSTALLED = VENV / "installed.txt"
"""The lock that was installed last."""


class CustodianInstallError(Exception):
    """Raised when Cloud Custodian cannot be installed; the message is the reason."""


def install_custodian() -> str:
    """Install Cloud Custodian into a virtual environment of its own; return its version."""
    uv = Path(sys.executable).with_name("uv")
    try:
        if not _INSTALLED.exists() or _INSTALLED.read_text() != _LOCK.read_text():
            _run_command([sys.executable, "-m", "venv", "--without-pip", "--clear", str(VENV)])
            install = [
                str(uv),
                "pip",
                "install",
                "--quiet",
                "--python",
                str(VENV / "bin" / "python"),
            ]
            _run_command([*install, "--require-hashes", "-r", str(_LOCK)])
            _INSTALLED.write_text(_LOCK.read_text())
        return _run_command([_CUSTODIAN, "version"]).strip()
    except OSError as error:
        raise CustodianInstallError(str(error)) from error
    except subprocess.CalledProcessError as error:
        raise CustodianInstallError(error.stderr.strip().splitlines()[-1]) from error


def run_tool(account: SeededAccount, tool: Tool, conditions: Conditions) -> Result:
    """Run a tool on the measured day, and undo its deactivations."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        command = _command(tool, Path(home))
        account.start_day(0, conditions)
        start = time.perf_counter()
        process = subprocess.run(
            command,
            cwd=ROOT,
            env=custodian_environment(account.proxy.url, home),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        seconds = time.perf_counter() - start
    statistics = account.proxy.read()
    stale, fresh = account.reactivate_keys()
    return Result(
        tool=tool,
        size=account.size,
        conditions=conditions,
        seconds=seconds,
        statistics=statistics,
        stale_deactivated=stale,
        fresh_deactivated=fresh,
        unhandled_throttles=_unhandled_throttles(tool, process.stdout),
        note=f"exit {process.returncode}" if process.returncode else "",
    )


def _command(tool: Tool, home: Path) -> Sequence[str]:
    if tool not in CUSTODIAN_POLICIES:
        return [sys.executable, "-m", "bench.baselines", tool.name]
    policy = home / "policy.yml"
    policy.write_text(CUSTODIAN_POLICIES[tool])
    return [_CUSTODIAN, "run", "-s", str(home / "out"), "-r", "us-east-1", str(policy)]


def custodian_environment(endpoint: str, home: str) -> dict[str, str]:
    """Return the environment of a tool: the account's administrator, at an endpoint."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return clean | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_SECRET_ACCESS_KEY": "test",
        "HOME": home,
    }


def _unhandled_throttles(tool: Tool, output: str) -> int:
    lines = output.splitlines()
    if tool not in CUSTODIAN_POLICIES:
        return int(lines[-1])
    return sum("Throttling" in line and "error" in line.lower() for line in lines)


def _run_command(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
