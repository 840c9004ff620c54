"""Builds the function's package from its modules and locked wheels, without Docker or network."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_ROOT = Path(__file__).parents[1]

# Files that pip writes and Lambda does not need. They differ between machines: the first line of a
# script is a local path, and RECORD contains the script's hash.
_EXCLUDED = ("bin", "*.dist-info/RECORD", "*.dist-info/direct_url.json", "**/__pycache__")


class WheelMissingError(Exception):
    """Raised when .wheels does not contain what functions/requirements.txt locks."""

    def __init__(self, reason: str) -> None:
        """Give the last line of pip's error and the command that fixes it."""
        super().__init__(f"the function's wheels are missing or changed: run make setup ({reason})")


@contextmanager
def bundled_package(root: Path = _ROOT) -> Iterator[Path]:
    """Build the package in a temporary folder, which is deleted at the end of the `with` block.

    The CDK computes the asset hash from file names and contents only, so the same sources and
    wheels give the same hash in any folder and on any machine.
    Raises WheelMissingError if a wheel is missing or changed.
    """
    with TemporaryDirectory(prefix="key-rotation-") as folder:
        package = Path(folder)
        _install_wheels(root, package)
        for pattern in _EXCLUDED:
            for path in list(package.glob(pattern)):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(
            root / "functions" / "key_rotation",
            package / "key_rotation",
            ignore=shutil.ignore_patterns("__pycache__", ".*"),
        )
        yield package


def _install_wheels(root: Path, package: Path) -> None:
    """Install the wheels for the Lambda runtime, not for the Python and machine in use."""
    # fmt: off
    pip = [
        sys.executable, "-m", "pip", "install",
        "--isolated",  # without the user's pip configuration
        "--quiet", "--disable-pip-version-check", "--root-user-action=ignore",
        "--no-index", "--find-links", str(root / ".wheels"), "--require-hashes",
        "--only-binary=:all:", "--platform", "manylinux2014_aarch64",
        "--implementation", "cp", "--python-version", "3.13",
        "--no-deps", "--no-compile", "--target", str(package),
        "--requirement", str(root / "functions" / "requirements.txt"),
    ]
    # fmt: on
    run = subprocess.run(pip, capture_output=True, text=True, check=False)  # noqa: S603  # fixed
    if run.returncode != 0:
        lines = run.stderr.strip().splitlines() or [f"pip exited with {run.returncode}"]
        raise WheelMissingError(lines[-1])
