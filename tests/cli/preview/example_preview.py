"""The screen that docs/examples shows.

To write it again: `PYTHONPATH=.:functions:cli python -m tests.cli.preview.example_preview`.
"""

import io
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from key_rotation.domain import exemptions
from key_rotation_cli.preview.preview import Preview
from key_rotation_cli.preview.screen import print_preview
from tests.cli.preview.builders import a_preview, an_observed_key
from tests.unit.builders import settings

FILE = Path(__file__).parents[3] / "docs" / "examples" / "preview.txt"


def as_text(preview: Preview, width: int = 80) -> str:
    """Return the screen as plain text, without the blanks at the ends of lines."""
    file = io.StringIO()
    print_preview(Console(file=file, width=width, color_system=None), preview)
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())


def example_preview() -> str:
    """Return the screen of an account with a backlog, keys in use, and an exempt key."""
    keys = [
        an_observed_key(1, user="alice", age=412, used=3),
        an_observed_key(2, user="build-server", age=380, used=0, service="ecr"),
        an_observed_key(3, user="carol@example.com", age=140, used=61),
        an_observed_key(4, user="deploy", age=88, used=1, service="sts"),
        an_observed_key(5, user="erin", age=45),
        an_observed_key(6, user="vendor-backup", age=700, used=1),
        *(an_observed_key(n, user=f"old-job-{n}", age=300 + n) for n in range(10, 60)),
    ]
    text = "vendor-backup until 2027-03-31 # moves to a role in March"
    (entries, _) = exemptions.parse(text)
    current = replace(settings(), exemptions=entries)
    return as_text(a_preview(*keys, current=current))


if __name__ == "__main__":
    FILE.write_text(example_preview(), encoding="utf-8")
