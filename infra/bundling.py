"""The function's package: its own modules and its hash-locked wheels, without Docker or network."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_ROOT = Path(__file__).parents[1]

# What the installer writes that differs from machine to machine, or that Lambda has no use for:
# scripts (their first line is a path of this machine), and the record of their hashes.
_LEFT_OUT = ("bin", "*.dist-info/RECORD", "*.dist-info/direct_url.json", "**/__pycache__")


class WheelMissingError(Exception):
    """Raised when .wheels does not hold what functions/requirements.txt locks."""

    def __init__(self, reason: str) -> None:
        """Carry the installer's last word, and the way out."""
        super().__init__(f"the function's wheels are missing or changed: run make setup ({reason})")


@contextmanager
def bundled_package(root: Path = _ROOT) -> Iterator[Path]:
    """Build the package in a folder of its own and give it for as long as the app is put together.

    The CDK takes the asset's hash from names and contents alone, so the same sources and wheels
    give the same hash in any folder and on any machine.
    """
    with TemporaryDirectory(prefix="key-rotation-") as folder:
        package = Path(folder)
        _install_wheels(root, package)
        for pattern in _LEFT_OUT:
            for path in list(package.glob(pattern)):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(
            root / "functions" / "key_rotation",
            package / "key_rotation",
            ignore=shutil.ignore_patterns("__pycache__", ".*"),
        )
        yield package


def _install_wheels(root: Path, package: Path) -> None:
    """Install for the Lambda runtime, whatever Python and machine this is."""
    # fmt: off
    pip = [
        sys.executable, "-m", "pip", "install",
        "--isolated",  # no index, cache or option of this user's own
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
        lines = run.stderr.strip().splitlines() or [f"pip ended with {run.returncode}"]
        raise WheelMissingError(lines[-1])
