"""Writes a folder of files whole, or not at all."""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from key_rotation_cli.errors import CliError


def require_writable(folder: Path) -> None:
    """Raise CliError for a folder that exists and is not empty, or that cannot be created."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise CliError(f"{folder} is no folder. Nothing was written.")
    if folder.resolve() == Path.cwd():  # it could not be replaced
        raise CliError(f"{folder} is the current folder: name a new one. Nothing was written.")
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise CliError(f"The folder {folder} is not empty. Nothing was written.")
        folder.parent.mkdir(parents=True, exist_ok=True)
        Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-")).rmdir()
    except OSError as cause:
        raise _unwritable(folder, cause) from cause


def write_folder(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write files into a folder beside it, and then give that its name; raises CliError.

    files: their names, which may begin with folders, and what they have; each is written before
        the next is asked for
    """
    try:
        beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    except OSError as cause:
        raise _unwritable(folder, cause) from cause
    try:
        for name, content in files:
            (beside / name).parent.mkdir(parents=True, exist_ok=True)
            (beside / name).write_bytes(content)
        beside.replace(folder)  # over an empty folder too, and never over one that is not
    except OSError as cause:
        raise _unwritable(folder, cause) from cause
    finally:  # also after Ctrl-C; once it has its name, nothing is left to remove
        shutil.rmtree(beside, ignore_errors=True)


def _unwritable(folder: Path, cause: OSError) -> CliError:
    return CliError(f"{folder} cannot be written ({cause.strerror}). Nothing was written.")
