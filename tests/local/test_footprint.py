"""The function's memory, the duration of its cold start and the size of its asset."""

import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.demo.synthesis import STACK
from local.emulator.account import LocalAccount
from local.emulator.runtime import RUNTIME_PYTHON
from tests.local.daily_runs import disable_schedule
from tests.local.processes import peak_memory

FEW_USERS, SOME_USERS, USERS = 100, 500, 5_000
UNTIL_NEXT_SCAN = timedelta(days=8)
MANY_NOTICES = 200
MOST_MEMORY_MB = 144  # of the 256 MB that the function has
MOST_OF_A_CLIENT = 2.5
MOST_BYTES = 2_000_000
STARTED = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
COLD_START = """
import json, sys, time
sys.path.insert(0, ".")
began = time.process_time()
import boto3
boto3.Session().client("iam")
one_client = time.process_time()
import key_rotation.handler
print(json.dumps((time.process_time() - one_client) / (one_client - began)))
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
    "LONGEST_GAP_HOURS": "24",
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


def test_a_cold_start_takes_little_more_than_the_clients_that_it_needs(
    asset: Path, tmp_path: Path
) -> None:
    """Compared with the import of boto3 and one client, so that the machine does not matter.

    Processor time is measured, with cached bytecode, in the environment of the Lambda runtime. The
    function builds six clients. The fastest of three starts counts: other work slows one down.
    """
    code = shutil.copytree(asset, tmp_path / "code")  # Python writes its bytecode there
    assert min(_cold_start(code) for _ in range(3)) < MOST_OF_A_CLIENT


def _cold_start(code: Path) -> float:
    command = [str(RUNTIME_PYTHON), "-I", "-c", COLD_START]
    ran = subprocess.run(  # noqa: S603 - fixed
        command, cwd=code, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    ratio: float = json.loads(ran.stdout.splitlines()[-1])
    return ratio


@pytest.fixture
def account(synthesised: Path, tmp_path: Path) -> Iterator[LocalAccount]:
    """Deploy the stack into a new account, and disable its schedule."""
    with LocalAccount.start(now=STARTED, state=tmp_path) as account:
        account.deploy(synthesised, STACK)
        disable_schedule(account)
        yield account


@pytest.mark.soak
def test_the_peak_memory_extrapolated_to_5000_users_is_below_144_mb(
    account: LocalAccount, tmp_path: Path
) -> None:
    """Two full scans of few users show how much memory each user needs.

    After them all keys become stale; the parts of that run need less than the limit too.
    """
    _create_users_with_two_keys(account, range(FEW_USERS))
    _run_full_scan(account, users=FEW_USERS)
    before = peak_memory(tmp_path)
    _create_users_with_two_keys(account, range(FEW_USERS, SOME_USERS))
    account.move_clock(to=account.now + UNTIL_NEXT_SCAN)
    _run_full_scan(account, users=SOME_USERS)
    peak = peak_memory(tmp_path)
    growth = (peak - before) / (SOME_USERS - FEW_USERS)
    assert peak + growth * (USERS - SOME_USERS) < MOST_MEMORY_MB
    assert _peak_with_stale_keys(account, tmp_path) < MOST_MEMORY_MB


@pytest.mark.soak
def test_the_peak_memory_for_5000_users_and_10000_keys_is_below_144_mb(
    account: LocalAccount, tmp_path: Path
) -> None:
    _create_users_with_two_keys(account, range(USERS))
    _run_full_scan(account, users=USERS)
    assert _peak_with_stale_keys(account, tmp_path) < MOST_MEMORY_MB


def _create_users_with_two_keys(account: LocalAccount, numbers: range) -> None:
    iam = account.client("iam")

    def create(number: int) -> None:
        name = f"user{number:04}"
        iam.create_user(UserName=name)
        for _ in range(2):
            iam.create_access_key(UserName=name)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(create, numbers))


def _run_full_scan(account: LocalAccount, *, users: int) -> None:
    answer = account.invoke({}).answer
    assert (answer["users"], answer["keys"]) == (users, 2 * users)


def _peak_with_stale_keys(account: LocalAccount, state: Path) -> float:
    """Run when all keys are stale, wait for all parts of the run, and return the peak memory."""
    account.move_clock(to=account.now + timedelta(days=100))
    assert len(account.invoke({}).answer["noticed"]) >= MANY_NOTICES
    account.wait()
    return peak_memory(state)
