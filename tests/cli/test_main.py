"""What a person sees of a command that is not there, or fails."""

import pytest

from key_rotation import __version__
from tests.cli.terminal import key_rotation


@pytest.mark.parametrize("arguments", [("preveiw",), ("--nonsense",)])
def test_an_unknown_command_or_flag_is_bad_usage(arguments: tuple[str, ...]) -> None:
    finished = key_rotation(*arguments)
    assert (finished.exit_code, finished.stdout) == (2, "")
    assert arguments[0] in finished.stderr


def test_help_is_shown_and_is_no_failure() -> None:
    finished = key_rotation("--help")
    assert finished.exit_code == 0
    assert "key-rotation" in finished.stdout


def test_the_version_is_that_of_the_function() -> None:
    assert key_rotation("--version").stdout == f"key-rotation {__version__}\n"
