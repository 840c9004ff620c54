"""Writes docs/examples/preview-organisation.txt; a test compares it."""

import io
from pathlib import Path

from rich.console import Console

from key_rotation_cli.preview.organisation.organisation_preview import OrganisationPreview
from key_rotation_cli.preview.organisation.screen import print_preview
from tests.cli.preview.builders import a_preview, an_observed_key, some_keys
from tests.cli.preview.organisation.builders import an_organisation

FILE = Path(__file__).parents[4] / "docs/examples/preview-organisation.txt"


def as_text(preview: OrganisationPreview, width: int = 100) -> str:
    """Return what a terminal of a width shows, without colours."""
    file = io.StringIO()
    print_preview(Console(file=file, width=width, highlight=False), preview)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def example_preview() -> str:
    """Return the screen of a small organization."""
    denied = (
        "AssumeRole: AccessDenied: User: arn:aws:sts::123456789012:assumed-role/Audit/me is not "
        "authorized to perform: sts:AssumeRole on resource: "
        "arn:aws:iam::222222222000:role/OrganizationAccountAccessRole"
    )
    payments = [
        an_observed_key(1, user="deploy", age=412, used=1, service="ecr"),
        an_observed_key(2, user="reporting", age=380),
        an_observed_key(3, user="alice", age=85, used=2),
    ]
    return as_text(
        an_organisation(
            {
                "sandbox": a_preview(
                    *[key for key in some_keys(8) if key.last_use and not key.last_use.at]
                ),
                "payments": a_preview(*payments),
                "website": a_preview(an_observed_key(4, user="bob", age=10, used=1)),
            },
            unread={"acquired-company": denied},
            not_active=2,
        )
    )


if __name__ == "__main__":
    FILE.write_text(example_preview(), encoding="utf-8")
