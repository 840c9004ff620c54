"""Runs a peer, or a yardstick, in a process of its own against a world."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import contenders, policies
from bench.meter import Weather
from bench.rows import Row, row
from bench.world import ROOT, World

ENVIRONMENT = ROOT / ".bench" / "custodian"
LOCK = Path(__file__).with_name("custodian-requirements.txt")
CUSTODIAN = {"custodian-keys": policies.BY_KEYS, "custodian-report": policies.BY_REPORT}
NAMES = (*CUSTODIAN, *contenders.CONTENDERS)


class CustodianMissingError(Exception):
    """Raised when Cloud Custodian cannot be installed; it says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
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
            _do([sys.executable, "-m", "venv", "--without-pip", "--clear", str(ENVIRONMENT)])
            installer = [str(uv), "pip", "install", "--quiet", "--python", str(python)]
            _do([*installer, "--require-hashes", "-r", str(LOCK)])
        return _do([str(ENVIRONMENT / "bin" / "custodian"), "version"]).strip()
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise CustodianMissingError(said.strip().splitlines()[-1]) from error


def run_peer(world: World, name: str, weather: Weather) -> Row:
    """Let one do its work, look at what came of it, and put everything back."""
    world.go_to(0)
    world.make_report()
    with tempfile.TemporaryDirectory(prefix="peer-") as home:
        world.gauge.reset(weather)
        ended = _run(_command(name, Path(home)), world.gauge.url, home)
    stats = world.gauge.read()
    inactive = world.inactive()
    world.reactivate(inactive)
    return row(
        name,
        world.size,
        weather.rate,
        stats,
        seconds=ended.seconds,
        memory=ended.memory,
        done=len(inactive & world.stale.keys()),
        touched=len(inactive & world.fresh.keys()),
        unhandled=_unhandled(name, ended),
        note=f"exit {ended.status}" if ended.status else "",
    )


def _command(name: str, home: Path) -> Sequence[str]:
    if name not in CUSTODIAN:
        return [sys.executable, "-m", "bench.contenders", name]
    policy = home / "policy.yml"
    policy.write_text(CUSTODIAN[name])
    custodian = str(ENVIRONMENT / "bin" / "custodian")
    return [custodian, "run", "-s", str(home / "out"), "-r", "us-east-1", str(policy)]


def _run(command: Sequence[str], endpoint: str, home: str) -> Ended:
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
    return Ended(**json.loads(measured.read_text()), output=output.read_text(errors="replace"))


def _unhandled(name: str, ended: Ended) -> int:
    """Count the throttling errors that it did not get over."""
    if name in CUSTODIAN:
        failed = [line for line in ended.output.splitlines() if "Throttling" in line]
        return len([line for line in failed if "ClientError" in line or "error" in line.lower()])
    counted: int = json.loads(ended.output.splitlines()[-1])["throttling"]
    return counted


def _do(command: Sequence[str]) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return ran.stdout
