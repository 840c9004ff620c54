"""Writes files whole or not at all."""

import secrets
from pathlib import Path

from key_rotation_cli.errors import CliError


def check_writable(path: Path) -> None:
    """Raise CliError if a file cannot be written here; nothing stays behind."""
    try:
        if path.is_dir():
            raise CliError(f"{path} is a folder: name a file. Nothing was written.")
        if not _is_special(path):
            temporary = _temporary(path)
            temporary.touch()
            temporary.unlink()
    except OSError as cause:
        raise _not_written(path, cause) from cause


def write_whole(path: Path, text: str) -> None:
    """Write a file, or leave it as it was; raises CliError.

    A device or a pipe is written to, since a file would take its place.
    """
    temporary = _temporary(path)
    try:
        if _is_special(path):
            path.write_text(text, encoding="utf-8", newline="")
            return
        temporary.write_text(text, encoding="utf-8", newline="")
        temporary.replace(_target(path))
    except OSError as cause:
        raise _not_written(path, cause) from cause
    finally:
        temporary.unlink(missing_ok=True)


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _temporary(path: Path) -> Path:
    """Name a file beside it, so that it can be renamed to it in one step."""
    return _target(path).with_name(f".key-rotation-{secrets.token_hex(4)}.partial")


def _target(path: Path) -> Path:
    """Follow the symbolic links; raises CliError if they lead back to themselves."""
    try:
        return path.resolve()
    except RuntimeError as cause:  # OSError from Python 3.13 on
        raise CliError(f"{path} cannot be written: its links lead to themselves.") from cause


def _not_written(path: Path, cause: OSError) -> CliError:
    return CliError(f"{path} cannot be written: {cause.strerror}. The file was left as it was.")
