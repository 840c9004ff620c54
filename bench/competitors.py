"""Runs a peer, or a yardstick, in a process of its own against a seeded account."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import ROOT, baselines, custodian_policies
from bench.proxy import Conditions
from bench.results import Result, make_result
from bench.seeded_account import SeededAccount

ENVIRONMENT = ROOT / ".bench" / "custodian"
LOCK = Path(__file__).with_name("custodian-requirements.txt")
CUSTODIAN = {
    "custodian-keys": custodian_policies.BY_KEYS,
    "custodian-report": custodian_policies.BY_REPORT,
}
NAMES = (*CUSTODIAN, *baselines.BASELINES)


class CustodianInstallError(Exception):
    """Raised when Cloud Custodian cannot be installed; it says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessResult:
    """How a process ended."""

    seconds: float
    memory: float
    status: int
    output: str


def install_custodian() -> str:
    """Install Cloud Custodian into an environment of its own, and name its version."""
    python = ENVIRONMENT / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    try:
        if not (ENVIRONMENT / "bin" / "custodian").exists():
            _run_command(
                [sys.executable, "-m", "venv", "--without-pip", "--clear", str(ENVIRONMENT)]
            )
            installer = [str(uv), "pip", "install", "--quiet", "--python", str(python)]
            _run_command([*installer, "--require-hashes", "-r", str(LOCK)])
        return _run_command([str(ENVIRONMENT / "bin" / "custodian"), "version"]).strip()
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise CustodianInstallError(said.strip().splitlines()[-1]) from error


def run_tool(account: SeededAccount, name: str, conditions: Conditions) -> Result:
    """Let one do its work, look at what came of it, and put everything back."""
    account.move_to_day(0)
    account.generate_credential_report()
    with tempfile.TemporaryDirectory(prefix="peer-") as home:
        account.proxy.reset(conditions)
        process_result = _run(_command(name, Path(home)), account.proxy.url, home)
    statistics = account.proxy.read()
    inactive = account.inactive_keys()
    account.reactivate(inactive)
    return make_result(
        name,
        account.size,
        conditions.rate,
        statistics,
        seconds=process_result.seconds,
        memory=process_result.memory,
        done=len(inactive & account.stale.keys()),
        touched=len(inactive & account.fresh.keys()),
        unhandled=_unhandled(name, process_result),
        note=f"exit {process_result.status}" if process_result.status else "",
    )


def _command(name: str, home: Path) -> Sequence[str]:
    if name not in CUSTODIAN:
        return [sys.executable, "-m", "bench.baselines", name]
    policy = home / "policy.yml"
    policy.write_text(CUSTODIAN[name])
    custodian = str(ENVIRONMENT / "bin" / "custodian")
    return [custodian, "run", "-s", str(home / "out"), "-r", "us-east-1", str(policy)]


def _run(command: Sequence[str], endpoint: str, home: str) -> ProcessResult:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = clean | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_SECRET_ACCESS_KEY": "test",
        "HOME": home,
    }
    output, measured = Path(home) / "output", Path(home) / "measured"
    with output.open("wb") as log:
        timed = [sys.executable, "-m", "bench.timed", str(measured), *command]
        subprocess.run(
            timed, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, check=True
        )
    return ProcessResult(
        **json.loads(measured.read_text()), output=output.read_text(errors="replace")
    )


def _unhandled(name: str, process_result: ProcessResult) -> int:
    """Count the throttling errors that it did not get over."""
    if name in CUSTODIAN:
        failed = [line for line in process_result.output.splitlines() if "Throttling" in line]
        return len([line for line in failed if "ClientError" in line or "error" in line.lower()])
    counted: int = json.loads(process_result.output.splitlines()[-1])["throttling"]
    return counted


def _run_command(command: Sequence[str]) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return ran.stdout
