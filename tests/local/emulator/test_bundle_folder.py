"""The extracted bundles that emulators share."""

import io
import os
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

from local.emulator.bundle_folder import KEPT_FOR, BundleFolder


def a_bundle(text: str) -> bytes:
    """Zip one file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", text)
    return packed.getvalue()


def test_emulators_that_extract_a_bundle_at_once_share_one_folder(tmp_path: Path) -> None:
    bundle = a_bundle("1")
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lambda _: BundleFolder(tmp_path).extract(bundle), range(32)))
    assert [each.name for each in tmp_path.iterdir()] == [each.name for each in found]
    assert [(each / "app.py").read_text() for each in found] == ["1"]


def test_a_bundle_that_was_extracted_before_is_not_extracted_again(tmp_path: Path) -> None:
    first = BundleFolder(tmp_path).extract(a_bundle("1"))
    (first / "app.pyc").touch()
    assert (BundleFolder(tmp_path).extract(a_bundle("1")) / "app.pyc").exists()
    assert BundleFolder(tmp_path).extract(a_bundle("2")) != first


def test_a_bundle_in_use_stays_whatever_the_emulated_time_is(tmp_path: Path) -> None:
    used = BundleFolder(tmp_path).extract(a_bundle("1"))
    with time_machine.travel(datetime.now(UTC) + timedelta(days=400)):
        BundleFolder(tmp_path).extract(a_bundle("2"))
    assert (used / "app.py").exists()


def test_a_bundle_that_no_function_used_for_long_is_deleted(tmp_path: Path) -> None:
    folder = BundleFolder(tmp_path)
    unused, used = folder.extract(a_bundle("1")), folder.extract(a_bundle("2"))
    long_ago = time.time() - KEPT_FOR.total_seconds() - 60
    for each in (unused, used):
        os.utime(each, (long_ago, long_ago))
    folder.extract(a_bundle("2"))
    folder.extract(a_bundle("3"))
    assert (unused.exists(), used.exists()) == (False, True)
