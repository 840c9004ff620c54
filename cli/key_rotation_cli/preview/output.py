"""What a preview writes: the screen, and the files that the caller named."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from key_rotation_cli import console
from key_rotation_cli.errors import BadUsageError
from key_rotation_cli.preview.csv_table import to_csv
from key_rotation_cli.preview.document import to_json
from key_rotation_cli.preview.files import check_writable, write_whole
from key_rotation_cli.preview.page import to_html
from key_rotation_cli.preview.preview import Preview
from key_rotation_cli.preview.screen import print_preview
from key_rotation_cli.preview.words import foreign

STDOUT = Path("-")


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
        for path in self._files:
            check_writable(path)
        if len({path.resolve() for path in named}) < len(named):
            raise BadUsageError("--html, --csv and --json each need a file of their own.")

    def write(self, preview: Preview) -> None:
        """Write everything; each file is written whole or not at all.

        The files come first, so that a reader of stdout that ends early does not prevent them.
        """
        for path, to_text in self._files.items():
            write_whole(path, to_text(preview))
            self.written.append(path)
            console.note(f"Written: {path}")
        if self.json == STDOUT:
            for text in preview.notes:
                console.note(f"Note: {foreign(text)}")
            sys.stdout.write(to_json(preview))
        else:
            print_preview(console.out, preview)

    @property
    def written_text(self) -> str:
        """Say which files were written."""
        if not self.written:
            return "Nothing was written."
        return f"Written by then: {', '.join(map(str, self.written))}."

    @property
    def _files(self) -> dict[Path, Callable[[Preview], str]]:
        writers = {self.html: to_html, self.csv: to_csv, self.json: to_json}
        return {path: write for path, write in writers.items() if path and path != STDOUT}
