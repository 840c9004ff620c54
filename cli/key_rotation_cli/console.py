"""The terminal: results on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from key_rotation_cli.errors import CliError

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)


def print_json(document: Mapping[str, object]) -> None:
    """Write a document to stdout, and nothing else."""
    json.dump(document, sys.stdout, indent=2)
    sys.stdout.write("\n")


def show(text: str = "", style: str = "") -> None:
    """Write a text to stdout as it is: others may have written a part of it."""
    out.print(text, style=style, markup=False, soft_wrap=True)


def note(text: str) -> None:
    """Write to stderr what is not the result."""
    err.print(text, markup=False, soft_wrap=True)


def print_command(command: str) -> None:
    """Show the equivalent command of the AWS CLI, in one line that can be copied."""
    err.print(f"  {command}", markup=False, soft_wrap=True, style="dim")


def confirm(question: str, *, yes: bool) -> None:
    """Ask before a write, unless `--yes`; raises CliError for anything but `y`."""
    if yes:
        return
    err.print(f"{question} [y/N] ", end="", markup=False)
    if sys.stdin.readline().strip().lower() != "y":
        raise CliError("Nothing was changed.")


@contextmanager
def progress(description: str) -> Iterator[Progress]:
    """Show progress on stderr, where stderr is a terminal; it disappears at the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    shown = err.is_terminal  # elsewhere a hidden bar still writes an empty line
    with Progress(
        *columns, TimeElapsedColumn(), console=err, transient=True, disable=not shown
    ) as bar:
        bar.add_task(description, total=None)
        yield bar


def print_error(text: str) -> None:
    """Write one line to stderr."""
    err.print(f"key-rotation: {text}", style="bold red", markup=False, soft_wrap=True)
