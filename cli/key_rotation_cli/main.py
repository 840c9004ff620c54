"""The entry point: every command, and what is shown when one fails."""

import sys
from typing import Annotated

import typer

from key_rotation import __version__
from key_rotation_cli import console
from key_rotation_cli.aws_errors import AWS_ERRORS, describe
from key_rotation_cli.errors import CliError
from key_rotation_cli.evidence.command import evidence
from key_rotation_cli.exempt.commands import app as exempt
from key_rotation_cli.explain.command import explain
from key_rotation_cli.operate.pause import pause, resume
from key_rotation_cli.operate.release import release
from key_rotation_cli.operate.restore import restore
from key_rotation_cli.operate.run import run
from key_rotation_cli.preview.command import preview
from key_rotation_cli.status.command import status

INTERRUPTED = 130
"""The exit code of typer after Ctrl-C."""
app = typer.Typer(
    name="key-rotation",
    help="Preview, operate and prove the rotation of IAM users' access keys.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(exempt)

for command in (preview, status, explain, restore, release, pause, resume, run, evidence):
    app.command()(command)


def _show_version(asked: bool) -> None:  # noqa: FBT001  # typer passes it so
    if asked:
        console.show(f"key-rotation {__version__}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
]


@app.callback()
def _options_of_all_commands(*, version: Version = False) -> None:
    """Preview, operate and prove the rotation of IAM users' access keys."""


def main() -> None:
    """Run a command: exit code 0 if it is done, 1 if not, 2 for bad usage, 3 for a failed check."""
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """Run a command with its arguments; returns the exit code."""
    try:
        app(arguments, prog_name="key-rotation")
    except SystemExit as end:  # typer ends so, also after bad usage
        if end.code == INTERRUPTED:
            console.print_error("Interrupted.")
            return 1
        return int(end.code or 0)
    except CliError as error:
        console.print_error(str(error))
        return error.exit_code
    except AWS_ERRORS as error:
        console.print_error(describe(error))
        return 1
    except OSError as error:  # such as a full disk behind stdout
        what = error.filename or "The output cannot be written"
        console.print_error(f"{what}: {error.strerror}.")
        return 1
    return 0
