"""The function's memory, the duration of its cold start and the size of its asset."""

import io
import json
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench.processes import peak_mb, serving
from local.demo.synthesis import STACK
from local.emulator.account import LocalAccount
from local.emulator.runtime import RUNTIME_PYTHON

USERS, KEYS = 5_000, 10_000
MANY_NOTICES = 200
MOST_MEMORY_MB = 128
MOST_SECONDS_OF_INIT = 0.5
MOST_BYTES = 2_000_000
STARTED = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
COLD_START = """
import json, sys, time
sys.path.insert(0, ".")
import boto3
boto3_itself = time.process_time()
import key_rotation.handler
print(json.dumps(time.process_time() - boto3_itself))
"""
ENVIRONMENT = {
    "ACCOUNT_ID": "123456789012",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "PARAMETER_PATH": "/key-rotation",
    "POWERTOOLS_METRICS_NAMESPACE": "KeyRotation",
    "POWERTOOLS_SERVICE_NAME": "key-rotation",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONTZPATH": "",
    "TABLE_NAME": "ledger",
    "TIMEZONE": "UTC",
    "TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:topic",
}


@pytest.fixture(scope="module")
def asset(synthesised: Path) -> Path:
    """The folder of the deployed code."""
    manifest = json.loads((synthesised / "KeyRotation.assets.json").read_text())
    [packed] = [f for f in manifest["files"].values() if f["source"]["packaging"] == "zip"]
    return synthesised / str(packed["source"]["path"])


def test_the_zipped_asset_is_smaller_than_2_mb(asset: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in asset.rglob("*"):
            archive.write(file, file.relative_to(asset))
    assert packed.tell() < MOST_BYTES


def test_a_cold_start_takes_less_than_half_a_second_without_boto3(asset: Path) -> None:
    """In the environment of the Lambda runtime, with the creation of the clients.

    The shortest processor time of several starts is independent of the load of this machine.
    """
    assert min(_cold_start(asset) for _ in range(5)) < MOST_SECONDS_OF_INIT


def _cold_start(asset: Path) -> float:
    command = [str(RUNTIME_PYTHON), "-I", "-B", "-c", COLD_START]
    ran = subprocess.run(  # noqa: S603 - fixed
        command, cwd=asset, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    seconds: float = json.loads(ran.stdout.splitlines()[-1])
    return seconds


def test_the_peak_memory_for_5000_users_and_10000_keys_is_below_128_mb(
    synthesised: Path, tmp_path: Path
) -> None:
    """The peak memory of two runs: one without stale keys, one with stale keys only.

    The latter is split into parts. The first part needs as much memory as any other.
    """
    with LocalAccount.start(now=STARTED, state=tmp_path) as account:
        account.deploy(synthesised, STACK)
        _delete_schedules(account)
        _create_users_and_keys(account)
        answer = account.invoke({}).answer
        assert (answer["users"], answer["keys"]) == (USERS, KEYS)
        account.move_clock(to=STARTED + timedelta(days=100))
        assert len(account.invoke({}).answer["noticed"]) >= MANY_NOTICES
        peak = max(map(peak_mb, serving(tmp_path)))
    assert peak < MOST_MEMORY_MB


def _delete_schedules(account: LocalAccount) -> None:
    schedules = account.client("scheduler")
    for each in schedules.list_schedules()["Schedules"]:
        schedules.delete_schedule(Name=each["Name"], GroupName=each["GroupName"])


def _create_users_and_keys(account: LocalAccount) -> None:
    iam = account.client("iam")

    def make(number: int) -> None:
        name = f"user{number:04}"
        iam.create_user(UserName=name)
        for _ in range(KEYS // USERS):
            iam.create_access_key(UserName=name)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(USERS)))
