"""The options that several commands share."""

from typing import Annotated

import typer

Profile = Annotated[str | None, typer.Option("--profile", help="AWS profile.")]
Region = Annotated[str | None, typer.Option("--region", help="AWS Region.")]
Stack = Annotated[
    str | None,
    typer.Option("--stack", help="Name of the stack.  [default: KeyRotation]", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON to stdout, and nothing else.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="An access key id.")]
