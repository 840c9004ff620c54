"""What a person sees of a command that is not there, or fails."""

import pytest

from key_rotation import __version__
from key_rotation_cli.session import Session
from tests.cli.terminal import key_rotation


@pytest.mark.parametrize("arguments", [("preveiw",), ("--nonsense",)])
def test_an_unknown_command_or_flag_is_bad_usage(arguments: tuple[str, ...]) -> None:
    finished = key_rotation(*arguments)
    assert (finished.exit_code, finished.stdout) == (2, "")
    assert arguments[0] in finished.stderr


def test_ctrl_c_is_named_and_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Session, "open", interrupt)
    finished = key_rotation("status")
    assert (finished.exit_code, finished.stdout) == (1, "")
    assert finished.stderr.strip() == "key-rotation: Interrupted."


@pytest.mark.parametrize("command", ["status", "preview"])
@pytest.mark.usefixtures("account")
def test_an_empty_region_is_named(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "")
    finished = key_rotation(command)
    assert (finished.exit_code, finished.stdout) == (1, "")
    assert finished.stderr.startswith("key-rotation: The Region is empty: name one (--region)")


def test_help_is_shown_and_is_no_failure() -> None:
    finished = key_rotation("--help")
    assert finished.exit_code == 0
    assert "key-rotation" in finished.stdout


def test_the_version_is_that_of_the_function() -> None:
    assert key_rotation("--version").stdout == f"key-rotation {__version__}\n"
