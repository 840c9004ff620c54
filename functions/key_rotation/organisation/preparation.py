"""The step `prepare`, on one screen: claim -> facts -> register -> shares -> write."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from key_rotation.adapters.clients import HubClients
from key_rotation.adapters.organisation_runs import OrganisationRuns
from key_rotation.adapters.register import Register
from key_rotation.adapters.sns_topic import SnsTopic
from key_rotation.domain.model import Mode, Now
from key_rotation.domain.organisation.accounts import Coverage, RegisteredAccount
from key_rotation.domain.organisation.coverage import RegisterTerms
from key_rotation.domain.organisation.named_accounts import require_looked_at
from key_rotation.domain.organisation.organisation_run import (
    OrganisationRun,
    OrganisationState,
    ParameterSnapshot,
)
from key_rotation.domain.organisation.request import OrganisationRequest
from key_rotation.errors import OrganizationUnreadableError, RunInProgressError
from key_rotation.organisation.due_changes import AccountLedgers, is_enforced, share_changes
from key_rotation.organisation.facts import Facts, HubEnvironment, read_facts
from key_rotation.organisation.parameters import empty_targets, snapshot, unread_names
from key_rotation.organisation.turn import claim_turn
from key_rotation.service_layer.run_context import Execution

MAX_ITEMS = 16_000
"""A state has room for 256 KiB (Step Functions Developer Guide, "Service quotas"), and an id takes
16 bytes with the space that Lambda writes behind each comma."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """What the step leaves to the others.

    rows: the accounts that this run is about, as the register has them now
    unreadable: the rows that could not be read and were written anew, each with the reason
    """

    run: OrganisationRun
    rows: tuple[RegisteredAccount, ...]
    unreadable: Mapping[str, str]

    @property
    def account_ids(self) -> tuple[str, ...]:
        """The accounts in which the run takes place."""
        return tuple(row.account.account_id for row in self.rows if row.is_item)


def prepare(
    request: OrganisationRequest,
    environment: HubEnvironment,
    clients: HubClients,
    execution: Execution,
) -> Preparation:
    """Prepare one run of the organization: nothing but the ledger is changed.

    The run is claimed first, so that no other execution writes the register meanwhile. If the step
    dies, its retry begins anew with the same run; the next execution takes an unfinished one over.

    Raises RunInProgressError that names the execution to which this one leaves the work, and
    RunStoppedError.
    """
    runs = OrganisationRuns(clients.table)
    claimed = claim_turn(request, runs, clients.states, execution)
    previous = runs.read_state()
    facts = read_facts(environment, clients)
    terms = _terms(claimed, facts, environment, execution.now)
    listed = _listed(facts, terms)
    rows = _rows_of(request, listed)
    if any(map(is_enforced, rows)):
        SnsTopic(clients.sns, environment.topic_arn).require_listener()
    hub = environment.hub(clients.table)
    rows, run = share_changes(rows, _with_parameters(claimed, facts), hub, execution.now)
    left = () if request.account_ids else tuple(_left(facts, terms, AccountLedgers(hub)))
    copy = _snapshot(clients, facts, listed, previous, terms)
    if not runs.claim(run, claimed):  # a whole run no longer waits for this partial one
        other = runs.read()
        raise RunInProgressError(other.execution_arn if other else None)
    Register(clients.table).write((*rows, *left))
    runs.write_snapshot(run, copy)
    return Preparation(run=run, rows=rows, unreadable=facts.register.unreadable)


def _terms(
    run: OrganisationRun, facts: Facts, environment: HubEnvironment, now: Now
) -> RegisterTerms:
    return RegisterTerms(
        now=now,
        run=run,
        targets=environment.targets,
        management_id=facts.organization.management_id,
        leave_out=facts.settings.leave_out,
        overrides=facts.overrides,
    )


def _listed(facts: Facts, terms: RegisterTerms) -> Mapping[str, RegisteredAccount]:
    """Return the new rows of all accounts of the organization, by id."""
    before = facts.register
    return {
        account.account_id: terms.register(
            account,
            before.by_id.get(account.account_id),
            unreadable=account.account_id in before.unreadable,
        )
        for account in facts.organization.accounts
    }


def _rows_of(
    request: OrganisationRequest, listed: Mapping[str, RegisteredAccount]
) -> tuple[RegisteredAccount, ...]:
    """Return the rows that the run is about: those that a person named, or all.

    The others keep the id of an earlier run, so that no step of this one accepts them.
    """
    if not request.account_ids:
        rows = tuple(listed.values())
        _require_room(rows)
        return rows
    require_looked_at(request.account_ids, listed)
    return tuple(listed[account_id] for account_id in request.account_ids)


def _require_room(rows: Sequence[RegisteredAccount]) -> None:
    """Raise OrganizationUnreadableError where a state has no room for the ids of all accounts.

    Step Functions ends such an execution by an error that no state can catch, so nobody would hear
    of it.
    """
    items = sum(row.is_item for row in rows)
    if items > MAX_ITEMS:
        raise OrganizationUnreadableError(
            f"{items:,} accounts are to be looked at, and a run has room for {MAX_ITEMS:,}: deploy "
            "with targets that contain fewer, or leave some out. Nothing was changed."
        )


def _with_parameters(run: OrganisationRun, facts: Facts) -> OrganisationRun:
    mode = Mode.REPORT if run.report_only else facts.overrides.base.mode
    return replace(run, mode=mode, change_limit=facts.settings.change_limit)


def _left(
    facts: Facts, terms: RegisterTerms, ledgers: AccountLedgers
) -> Iterator[RegisteredAccount]:
    """Return the rows of the accounts that left the organization, until a digest has named them."""
    listed = {account.account_id for account in facts.organization.accounts}
    for account_id, row in sorted(facts.register.by_id.items()):
        if account_id in listed:
            continue
        if row.coverage is not Coverage.LEFT:
            yield terms.leave(row, ledgers.open_watches(account_id))
        elif terms.run.has_news_of(row):
            yield terms.still_left(row)


def _snapshot(
    clients: HubClients,
    facts: Facts,
    listed: Mapping[str, RegisteredAccount],
    previous: OrganisationState,
    terms: RegisterTerms,
) -> ParameterSnapshot:
    covered = [row.account for row in listed.values() if row.coverage is Coverage.COVERED]
    accounts = facts.organization.accounts
    unread = {
        **unread_names(facts.settings, facts.overrides, accounts, terms.now),
        **empty_targets(terms.targets, accounts),
    }
    return snapshot(clients.ssm, facts.found, facts.overrides, unread, covered, previous)
