"""The extracted bundles of functions, which all emulators of a checkout share.

Python compiles what a function imports when it first starts, and keeps the bytecode beside it. The
bundle of a new emulator is usually one that an earlier emulator has extracted, so that a process
starts in half the time.
"""

import hashlib
import io
import os
import shutil
import tempfile
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

KEPT_FOR = timedelta(days=7)
"""How long a bundle stays after a function last used it: `make local` may run for days."""


@dataclass(frozen=True, slots=True)
class BundleFolder:
    """A folder with one folder for each bundle, named after its content."""

    path: Path

    def extract(self, bundle: bytes) -> Path:
        """Return the folder of a zip archive; extract it if it is new, and delete old ones."""
        extracted = self.path / hashlib.sha256(bundle).hexdigest()[:16]
        if not extracted.exists():
            self._extract_to(extracted, bundle)
        os.utime(extracted)
        return extracted

    def _extract_to(self, extracted: Path, bundle: bytes) -> None:
        """Rename a complete folder: another emulator may extract the same bundle now."""
        self.path.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=self.path, prefix="new-"))
        self._delete_old(now=folder.stat().st_mtime)
        zipfile.ZipFile(io.BytesIO(bundle)).extractall(folder)
        try:
            folder.rename(extracted)
        except OSError:  # the other one was first
            shutil.rmtree(folder)

    def _delete_old(self, *, now: float) -> None:
        """Delete what was not used for long; `now` is of the file system: ours is an emulator's."""
        oldest = now - KEPT_FOR.total_seconds()
        for folder in self.path.glob("*"):
            with suppress(FileNotFoundError):  # another emulator deletes them now
                if folder.stat().st_mtime < oldest:
                    shutil.rmtree(folder, ignore_errors=True)
