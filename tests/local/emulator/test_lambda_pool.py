"""The pool of execution environments, with its processes."""

import io
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest

from local.emulator.bundle_folder import BundleFolder
from local.emulator.lambda_pool import DeployedFunction, ExecutionEnvironmentPool
from local.emulator.runtime import InvocationResult

STARTS = 8
FOLDERS = 200


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[ExecutionEnvironmentPool]:
    """Create a pool without an AWS endpoint."""
    pool = ExecutionEnvironmentPool(
        scratch=tmp_path,
        bundles=BundleFolder(tmp_path / "bundles"),
        endpoint="http://127.0.0.1:9",
        now=lambda: datetime.now(UTC),
    )
    yield pool
    pool.close()


def _function(bundle: bytes) -> DeployedFunction:
    return DeployedFunction(
        arn="arn:aws:lambda:eu-west-1:000000000000:function:f",
        name="f",
        region="eu-west-1",
        handler="app.handler",
        timeout=timedelta(seconds=60),
        memory=128,
        log_format="Text",
        variables={},
        credentials={},
        bundle=bundle,
    )


def _bundle() -> bytes:
    """Zip a handler that counts the modules of its bundle; `app.py` is the last file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(FOLDERS):
            archive.writestr(f"package{number}/module.py", "")
        archive.writestr(
            "app.py",
            "import pathlib\n"
            "def handler(*_):\n"
            "    return len(list(pathlib.Path(__file__).parent.glob('*/module.py')))\n",
        )
    return packed.getvalue()


def test_many_cold_starts_at_once_find_the_whole_bundle(pool: ExecutionEnvironmentPool) -> None:
    function, together = _function(_bundle()), Barrier(STARTS)

    def start(_: int) -> InvocationResult:
        together.wait()
        return pool.run(function, {})

    with ThreadPoolExecutor(STARTS) as threads:
        results = list(threads.map(start, range(STARTS)))
    assert [(each.failed, each.payload) for each in results] == [(False, FOLDERS)] * STARTS
