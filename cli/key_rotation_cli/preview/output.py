"""What a preview writes: the screen, and the files that the caller named."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from rich.console import Console

from key_rotation_cli import console
from key_rotation_cli.errors import BadUsageError, CliError
from key_rotation_cli.preview.files import check_writable, write_whole
from key_rotation_cli.preview.words import foreign

STDOUT = Path("-")


class HasNotes(Protocol):
    """What people should know besides, a sentence each."""

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences."""


T = TypeVar("T", bound=HasNotes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formats(Generic[T]):
    """How a preview of one kind is written."""

    to_html: Callable[[T], str]
    to_csv: Callable[[T], str]
    to_json: Callable[[T], str]
    show: Callable[[Console, T], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Where a preview is written.

    html, csv, json: the files that the caller named; `-` as `json` is stdout
    written: the files that were written so far: it grows
    """

    html: Path | None
    csv: Path | None
    json: Path | None
    written: list[Path] = field(default_factory=list)

    def check(self) -> None:
        """Raise BadUsageError for names that contradict each other, and CliError for a bad one."""
        named = [path for path in (self.html, self.csv, self.json) if path]
        if STDOUT in {self.html, self.csv}:
            raise BadUsageError("--html and --csv accept a file; only --json accepts - for stdout.")
        for path in named:
            if path != STDOUT:
                check_writable(path)
        if len({path.resolve() for path in named}) < len(named):
            raise BadUsageError("--html, --csv and --json each need a file of their own.")

    def write(self, preview: T, formats: Formats[T]) -> None:
        """Write everything; each file is written whole or not at all.

        The files come first, so that a reader of stdout that ends early does not prevent them.
        """
        for path, to_text in self._writers(formats):
            write_whole(path, to_text(preview))
            self.written.append(path)
            console.note(f"Written: {path}")
        if self.json == STDOUT:
            for text in preview.notes:
                console.note(f"Note: {foreign(text)}")
            sys.stdout.write(formats.to_json(preview))
        else:
            formats.show(console.out, preview)

    @contextmanager
    def told_on_interrupt(self) -> Iterator[None]:
        """Say after Ctrl-C which files were written; raises CliError then."""
        try:
            yield
        except KeyboardInterrupt:
            raise CliError(f"Interrupted. {self._written_text}") from None

    @property
    def _written_text(self) -> str:
        """Say which files were written."""
        if not self.written:
            return "Nothing was written."
        return f"Written by then: {', '.join(map(str, self.written))}."

    def _writers(self, formats: Formats[T]) -> Iterator[tuple[Path, Callable[[T], str]]]:
        writers = (
            (self.html, formats.to_html),
            (self.csv, formats.to_csv),
            (self.json, formats.to_json),
        )
        return ((path, write) for path, write in writers if path and path != STDOUT)
