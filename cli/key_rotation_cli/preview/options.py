"""The options of `preview`."""

from pathlib import Path
from typing import Annotated

import typer

from key_rotation.domain.settings import RANGES
from key_rotation_cli.options import OTHER_ACCOUNTS
from key_rotation_cli.preview.owner_flags import DEFAULT_TAGS, DOMAINS, FALLBACK, TAGS
from key_rotation_cli.preview.thresholds import DEFAULTS
from key_rotation_cli.preview.which import AT_ONCE, MOST_AT_ONCE

THRESHOLDS = "Thresholds; those of a deployment come before the defaults"
OUTPUT = "Output"
OWNERS = "Mail to owners; by itself that of a deployment that mails them"
MAX_DAYS = 366


def _threshold(flag: str, parameter: str, text: str) -> typer.models.OptionInfo:
    low, high = RANGES[parameter]
    shown = f"{text} Default: {DEFAULTS[parameter]}."
    option: typer.models.OptionInfo = typer.Option(
        flag, min=low, max=high, help=shown, rich_help_panel=THRESHOLDS, show_default=False
    )
    return option


def _of_owners(flag: str, text: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        flag, help=text, metavar="LIST", rich_help_panel=OWNERS, show_default=False
    )
    return option


def _file(flag: str, text: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        flag, help=text, metavar="FILE", rich_help_panel=OUTPUT
    )
    return option


Days = Annotated[
    int, typer.Option("--days", min=1, max=MAX_DAYS, help="Days to forecast, with today.")
]
MaxAge = Annotated[
    int | None, _threshold("--max-age", "max-age-days", "Days after which a key is stale.")
]
Notice = Annotated[
    int | None, _threshold("--notice", "notice-days", "Days from the notice to the deactivation.")
]
Grace = Annotated[
    int | None, _threshold("--grace", "grace-days", "Days from there to the deletion.")
]
MaxChanges = Annotated[
    int | None,
    _threshold("--max-changes", "max-changes-per-run", "Keys changed in one run; 0 is a pause."),
]
Exemptions = Annotated[
    Path | None,
    typer.Option(
        "--exemptions",
        metavar="FILE",
        help="Exemptions, one a line, as in the parameter; instead of those of the deployment.",
        rich_help_panel=THRESHOLDS,
    ),
]
OwnerDomains = Annotated[
    str | None,
    _of_owners(DOMAINS, "Domains that mail to owners may go to; shows who owns each key."),
]
OwnerFallback = Annotated[
    str | None, _of_owners(FALLBACK, "Addresses in them, for keys without an owner.")
]
OwnerTags = Annotated[
    str | None,
    _of_owners(TAGS, f"Tags of a user that name the owner. Default: {' '.join(DEFAULT_TAGS)}."),
]
Timezone = Annotated[
    str | None,
    typer.Option(
        "--timezone",
        help="Whose calendar counts the days. Default: that of the deployment, or UTC.",
    ),
]
Html = Annotated[Path | None, _file("--html", "Write a page with charts, for people to read.")]
Csv = Annotated[Path | None, _file("--csv", "Write the keys that come due, one row a key.")]
JsonFile = Annotated[Path | None, _file("--json", "Write JSON; - is stdout, and nothing else.")]
FailOnInUse = Annotated[
    bool,
    typer.Option(
        "--fail-on-in-use",
        help="Exit with 3 if a key that was used in the last 30 days would stop working.",
    ),
]
AllAccounts = Annotated[
    bool,
    typer.Option(
        "--all",
        help="Every active account of the organization; needs --role.",
        rich_help_panel=OTHER_ACCOUNTS,
    ),
]
Targets = Annotated[
    str | None,
    typer.Option(
        "--targets",
        metavar="OU,...",
        help="With --all: only the accounts in these organizational units, or in a root.",
        rich_help_panel=OTHER_ACCOUNTS,
    ),
]
AccountsAtOnce = Annotated[
    int | None,
    typer.Option(
        "--accounts-at-once",
        min=1,
        max=MOST_AT_ONCE,
        help=f"With --all: how many accounts are read at once. Default: {AT_ONCE}.",
        rich_help_panel=OTHER_ACCOUNTS,
        show_default=False,
    ),
]
