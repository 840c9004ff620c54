"""Builders of an organization's report: accounts, what was looked at, and what was not."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from key_rotation.domain.inventory import Inventory
from key_rotation.domain.model import Mode, User
from key_rotation.domain.organisation.accounts import Account, Coverage, RegisteredAccount
from key_rotation.domain.organisation.organisation_run import OrganisationRun
from key_rotation.domain.settings import Parameter
from key_rotation.reporting.organisation.digest import compose
from key_rotation.reporting.organisation.report import (
    AccountReport,
    NotLookedAt,
    OrganisationReport,
    ParameterChange,
)
from key_rotation.reporting.outcome import Outcome
from key_rotation.reporting.sns_message import Message
from tests.unit.builders import (
    NOON,
    NOW,
    TODAY,
    a_key,
    a_report,
    an_inventory,
    days_ago,
    observed_key,
)

ORGANIZATION = "o-exampleorg1"
HUB = "999988887777"
EXECUTION = f"arn:aws:states:eu-west-1:{HUB}:execution:KeyRotation:run-7"
NAMES = ("payments-prod", "payments-dev", "data-lake", "website", "build", "sandbox-anna")
OUS = ("ou-ab12-11111111", "ou-ab12-22222222", "ou-ab12-33333333")
REFUSED = (
    "AssumeRole: AccessDenied: User: arn:aws:sts::999988887777:assumed-role/KeyRotationHub/"
    "key-rotation is not authorized to perform: sts:AssumeRole on resource: "
    "arn:aws:iam::{id}:role/key-rotation/KeyRotationMember"
)


def id_of(number: int) -> str:
    """Return the id of the account with a number."""
    return f"{111_122_223_000 + number:012}"


def registered(
    number: int = 1, coverage: Coverage = Coverage.COVERED, **values: Any
) -> RegisteredAccount:
    """Return an account of the register; the values are its fields, or those of its account."""
    account = Account(
        account_id=id_of(number),
        name=values.pop("name", NAMES[number % len(NAMES)]),
        ous=values.pop("ous", ("r-ab12", OUS[number % len(OUS)])),
        state="ACTIVE",
    )
    known: dict[str, Any] = {"run_id": "run-7", "event_id": "event-7", "first_seen": days_ago(200)}
    return RegisteredAccount(account=account, coverage=coverage, **(known | values))


def an_account(
    number: int = 1,
    *outcomes: Outcome,
    users: int = 3,
    metrics: Mapping[str, int] | None = None,
    complete: bool = True,
    known: RegisteredAccount | None = None,
    **options: Any,
) -> AccountReport:
    """Return an account that was looked at; the options are those of `a_report`."""
    inventory = options.pop("inventory", None) or inventory_of(users)
    return AccountReport(
        registered=known or registered(number),
        report=replace(
            a_report(*outcomes, inventory=inventory, **options), account_id=id_of(number)
        ),
        metrics=metrics or {},
        complete=complete,
    )


def inventory_of(users: int) -> Inventory:
    """Return some users with a key each."""
    owners = [User(name=f"user{n}", path="/", user_id=f"AIDA{n}") for n in range(users)]
    return an_inventory(*(observed_key(a_key(user=user)) for user in owners))


def in_report_mode(number: int, *outcomes: Outcome, **options: Any) -> AccountReport:
    """Return an account in report mode; its outcomes are dry runs."""
    would = [replace(outcome, dry_run=True) for outcome in outcomes]
    return an_account(number, *would, mode=Mode.REPORT, setting="report", **options)


def missing(
    number: int = 9, *, reason: str = "", since: int = 0, new: bool = False, **options: Any
) -> NotLookedAt:
    """Return an account that could not be looked at; `since` is in days before today."""
    triggers = options.pop("triggers_digest", True)
    return NotLookedAt(
        registered=registered(number, **options),
        reason=reason or REFUSED.format(id=id_of(number)),
        since=TODAY - timedelta(days=since),
        new_without_role=new,
        triggers_digest=triggers,
    )


def a_change(
    name: str = "mode",
    *,
    was: str | None = "report",
    now: str | None = "enforce",
    reach: int = 2,
    editor: str | None = "arn:aws:sts::999988887777:assumed-role/Admin/alice",
) -> ParameterChange:
    """Return a parameter that was edited; None for a value that is not there."""
    return ParameterChange(
        name=name,
        before=None if was is None else Parameter(value=was, version=1),
        now=None if now is None else Parameter(value=now, version=2),
        editor=editor,
        reach=reach,
    )


def a_run(**values: Any) -> OrganisationRun:
    """Return a run in enforce mode over all accounts, with a limit of 250 changes."""
    usual: dict[str, Any] = {"mode": Mode.ENFORCE, "change_limit": 250}
    return OrganisationRun(
        run_id="run-7",
        execution_arn=EXECUTION,
        event_id="event-7",
        started=NOON,
        **(usual | values),
    )


def organisation(
    *accounts: AccountReport, run: Mapping[str, Any] | None = None, **values: Any
) -> OrganisationReport:
    """Return the report of an organization; `run` are fields of its run."""
    return OrganisationReport(
        run=a_run(**(run or {})),
        organization_id=ORGANIZATION,
        now=NOW,
        accounts=accounts,
        **values,
    )


def single(report: OrganisationReport) -> Message:
    """Return the only message of a report."""
    [(message, _)] = compose(report)
    return message


def body(report: OrganisationReport) -> str:
    """Return the text of the only e-mail."""
    return single(report).variants["email"]


def words(report: OrganisationReport) -> str:
    """Return the text of the only e-mail without its line breaks."""
    return " ".join(body(report).replace("\n    | ", " ").replace("\n| ", " ").split())


def data_of(message: Message) -> dict[str, Any]:
    """Return the JSON that programs receive."""
    document: dict[str, Any] = json.loads(message.variants.get("sqs", message.variants["default"]))
    return document


def data(report: OrganisationReport) -> dict[str, Any]:
    """Return the JSON of the only message."""
    return data_of(single(report))


def day(text: date) -> str:
    """Return a day as texts write it."""
    return f"{text:%a} {text.day} {text:%b %Y}"


def all_outcomes(report: OrganisationReport) -> Iterable[Outcome]:
    """Return the outcomes of all accounts."""
    return (outcome for _, outcome in report.outcomes())
