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

OTHER_ACCOUNTS = "Other accounts"
Account = Annotated[
    str | None,
    typer.Option(
        "--account", metavar="ID", help="Another account.", rich_help_panel=OTHER_ACCOUNTS
    ),
]
RoleName = Annotated[
    str | None,
    typer.Option(
        "--role",
        metavar="NAME",
        help="The role to assume in another account, with its path.",
        rich_help_panel=OTHER_ACCOUNTS,
    ),
]
ExternalId = Annotated[
    str | None,
    typer.Option(
        "--external-id",
        metavar="ID",
        help="What the trust policy of the role asks for.",
        rich_help_panel=OTHER_ACCOUNTS,
    ),
]
MemberProfile = Annotated[
    str | None,
    typer.Option(
        "--member-profile",
        metavar="NAME",
        help="Instead of --role: an AWS profile of the other account.",
        rich_help_panel=OTHER_ACCOUNTS,
    ),
]
