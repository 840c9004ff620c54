"""Builders of accounts, of parameters below the path, and of what is registered."""

from datetime import datetime
from typing import Any

from key_rotation.domain.model import Mode, Now
from key_rotation.domain.organisation import leave_out
from key_rotation.domain.organisation.accounts import (
    ACTIVE,
    Account,
    AccountSettings,
    Coverage,
    RegisteredAccount,
)
from key_rotation.domain.organisation.coverage import RegisterTerms
from key_rotation.domain.organisation.organisation_run import OrganisationRun
from key_rotation.domain.organisation.overrides import Overrides
from key_rotation.domain.organisation.parameter_scopes import FoundParameters
from key_rotation.domain.settings import Parameter
from tests.unit.builders import NOON, NOW, VALUES

PATH = "/key-rotation"
ROOT = "r-root"
DIVISION, TEAM, OTHER = "ou-root-division", "ou-root-team0001", "ou-root-other001"
FIRST, SECOND, THIRD = "111122223333", "444455556666", "777788889999"
ORGANISATION = {"organisation/leave-out": "none", "organisation/max-changes-per-run": "250"}


def an_account(
    account_id: str = FIRST, *, ous: tuple[str, ...] = (ROOT, DIVISION, TEAM), state: str = ACTIVE
) -> Account:
    """Return an account, by default in an organizational unit within another."""
    return Account(account_id=account_id, name=f"name-{account_id[:4]}", ous=ous, state=state)


def found(
    parameters: dict[str, str | None] | None = None,
    *,
    types: dict[str, str] | None = None,
    version: int = 1,
) -> FoundParameters:
    """Return the base and the parameters of the organization, with some added or changed.

    A value of None removes a parameter.
    """
    values = {**VALUES, **ORGANISATION, **(parameters or {})}
    by_name = {
        name: Parameter(value=value, version=version)
        for name, value in values.items()
        if value is not None
    }
    return FoundParameters(by_name=by_name, other_types=types or {})


def overrides(
    parameters: dict[str, str | None] | None = None,
    *accounts: Account,
    types: dict[str, str] | None = None,
) -> Overrides:
    """Sort the base and some parameters, for some accounts."""
    listed = accounts or (an_account(), an_account(SECOND, ous=(ROOT, OTHER)))
    return Overrides.of(found(parameters, types=types), PATH, listed)


def settings_of(
    parameters: dict[str, str | None], account: Account | None = None
) -> AccountSettings:
    """Return what applies to an account, whose overrides are accepted."""
    account = account or an_account()
    settings = overrides(parameters, account).for_account(account)
    assert isinstance(settings, AccountSettings), settings
    return settings


def problems_of(
    parameters: dict[str, str | None], account: Account | None = None, **kwargs: Any
) -> tuple[str, ...]:
    """Return what is wrong with the overrides of an account; none if they are accepted."""
    account = account or an_account()
    others = an_account(THIRD, ous=(ROOT, OTHER))
    settings = overrides(parameters, account, others, **kwargs).for_account(account)
    return settings if isinstance(settings, tuple) else ()


def a_run(
    run_id: str = "run-1", *, started: datetime = NOON, report_only: bool = False, **fields: Any
) -> OrganisationRun:
    """Return a run that is under way."""
    return OrganisationRun(
        run_id=run_id,
        execution_arn=f"arn:{run_id}",
        event_id=f"event of {run_id}",
        started=started,
        mode=Mode.ENFORCE,
        report_only=report_only,
        **fields,
    )


def register_terms(
    *,
    now: Now = NOW,
    run: OrganisationRun | None = None,
    targets: tuple[str, ...] = (ROOT,),
    leave_out_text: str = "none",
    parameters: dict[str, str | None] | None = None,
) -> RegisterTerms:
    """Return what decides about the accounts in one run."""
    return RegisterTerms(
        now=now,
        run=run or a_run(started=now.instant),
        targets=frozenset(targets),
        management_id=THIRD,
        leave_out=leave_out.parse(leave_out_text)[0],
        overrides=overrides(parameters or {}),
    )


def a_row(
    account: Account | None = None, *, coverage: Coverage = Coverage.COVERED, **fields: Any
) -> RegisteredAccount:
    """Return a row of the register that an earlier run wrote."""
    return RegisteredAccount(
        account=account or an_account(),
        coverage=coverage,
        run_id="run-0",
        event_id="event of run-0",
        **{"first_seen": NOON, **fields},
    )
