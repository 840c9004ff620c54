"""What is new about an organization as a whole: which accounts failed, and what was edited."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from key_rotation.domain.exemption_changes import changes_since, remembered
from key_rotation.domain.exemption_ends import bounded
from key_rotation.domain.exemptions import remembered_line
from key_rotation.domain.model import Now
from key_rotation.domain.organisation import leave_out
from key_rotation.domain.organisation.coverage import REST_REASON
from key_rotation.domain.organisation.organisation_run import (
    OrganisationState,
    ParameterSnapshot,
)
from key_rotation.domain.organisation.parameter_scopes import LEAVE_OUT, ORGANISATION, Place
from key_rotation.domain.reported_days import WEEK, is_news
from key_rotation.organisation.collected import CollectedAccount
from key_rotation.reporting.organisation.account_part import AccountFailure, FailedStep
from key_rotation.reporting.organisation.report import (
    NotLookedAt,
    OrganisationReport,
    ParameterChange,
    SettingsNews,
)

FIRST_DAY = timedelta(hours=24)
"""For so long, a new account may be without the member role."""


def not_looked_at(accounts: Iterable[CollectedAccount], now: Now) -> Iterator[NotLookedAt]:
    """Return the accounts that the run was to look at, and could not.

    One that is new triggers a digest when a run first finds it without the role, and anew once it
    counts as a failure: until then, the digest says that there is nothing to do.
    """
    for account in accounts:
        if account.failure is None or is_uncovered_management(account):
            continue
        registered, failure = account.registered, account.failure
        new = _lacks_role(account) and now.instant - registered.first_seen < FIRST_DAY
        first = registered.failing_since is None
        last = registered.failure_reported
        yield NotLookedAt(
            registered=registered,
            reason=failure.reason if isinstance(failure, AccountFailure) else failure,
            since=registered.failing_since or now.today,
            new_without_role=new,
            triggers_digest=first if new else is_news(last, now.today, WEEK),
        )


def is_uncovered_management(account: CollectedAccount) -> bool:
    """Return whether it is the management account without the member role.

    A stack set never makes it there (CloudFormation API Reference, DeploymentTargets): it exists
    only if somebody deployed it by hand.
    """
    return account.registered.is_management and _lacks_role(account)


def _lacks_role(account: CollectedAccount) -> bool:
    """Return whether the role could not be assumed, and never was."""
    failure = account.failure
    at_role = isinstance(failure, AccountFailure) and failure.step is FailedStep.ROLE
    return at_role and account.registered.last_looked_at is None


def settings_news(
    snapshot: ParameterSnapshot,
    previous: OrganisationState,
    accounts: Sequence[CollectedAccount],
    today: date,
    *,
    is_whole: bool,
) -> SettingsNews:
    """Return what is new about the parameters since the last digest.

    is_whole: whether the run takes place in all accounts, so that it knows what matches nothing
    """
    ended = ended_entries(snapshot, accounts, today)
    unmatched = tuple(
        line
        for line in (_unmatched(accounts) if is_whole else ())
        if is_news(previous.unmatched.get(remembered_line(line)), today, WEEK)
    )
    return SettingsNews(
        changes=tuple(_changes(snapshot, previous)),
        unread=snapshot.unread,
        unread_is_new=any(name not in previous.unread for name in snapshot.unread),
        ended=tuple(line for line in ended if remembered_line(line) not in previous.ended),
        unmatched=unmatched,
        unmatched_is_new=bool(unmatched),
    )


def _changes(snapshot: ParameterSnapshot, previous: OrganisationState) -> Iterator[ParameterChange]:
    if not previous.parameters:
        return  # before the first digest, nothing counts as edited
    for change in changes_since(previous.parameters, snapshot.parameters):
        yield ParameterChange(
            name=change.name,
            before=change.before,
            now=change.now,
            editor=snapshot.editors.get(change.name),
            reach=snapshot.reach.get(Place.of(change.name).scope, 0),
        )


def ended_entries(
    snapshot: ParameterSnapshot, accounts: Iterable[CollectedAccount], today: date
) -> tuple[str, ...]:
    """Return the entries of exemptions and of `leave-out` whose last day has passed, as lines."""
    found = snapshot.parameters.get(f"{ORGANISATION}/{LEAVE_OUT}")
    entries = leave_out.parse(found.value)[0] if found else ()
    lines = [str(entry) for entry in entries if entry.ended(today)]
    for account in accounts:
        for report in account.reports[:1]:
            lines += report.settings.ended_exemptions(today)
    return tuple(line for line in dict.fromkeys(lines) if not line.endswith(f"# {REST_REASON}"))


def _unmatched(accounts: Sequence[CollectedAccount]) -> Iterator[str]:
    """Return the exemptions that match nothing in any account that they reach.

    Only a run that read every key of these accounts can know it: that is the weekly full scan. An
    account that could not be looked at may have the user or key that an exemption is meant for.
    """
    if not all(account.reports for account in accounts):
        return
    reached, unmatched, unknown = Counter[str](), Counter[str](), set[str]()
    for account in accounts:
        lines = {str(entry) for entry in account.reports[0].settings.exemptions}
        reached.update(lines)
        unmatched.update({line for part in account.parts[:1] for line in part.unmatched})
        if not account.parts[0].saw_all_keys:
            unknown |= lines
    for line, count in unmatched.items():
        if line not in unknown and reached[line] == count:
            yield line


def state_after_run(
    previous: OrganisationState,
    snapshot: ParameterSnapshot,
    report: OrganisationReport,
    ended: Collection[str],
    *,
    delivered: bool,
) -> OrganisationState:
    """Return what digests have reported, after a run over all accounts.

    ended: all entries that have ended, as lines
    delivered: whether its digest was published, and counts as read

    What no digest has reported is not remembered as reported. Before the first digest nothing is
    news of the parameters, so those of the first run are remembered in any case.
    """
    parameters = remembered(snapshot.parameters)
    if not delivered:
        return replace(previous, parameters=previous.parameters or parameters, stopped="")
    # The entries of an account that could not be looked at are not known today.
    kept = previous.ended if report.not_looked_at else ()
    lines = dict.fromkeys((*map(remembered_line, ended), *kept))
    named = dict.fromkeys(map(remembered_line, report.settings.unmatched), report.now.today)
    recent = {x: day for x, day in previous.unmatched.items() if report.now.today - day < WEEK}
    unmatched = {**recent, **named}
    return replace(
        previous,
        parameters=parameters,
        unread=tuple(snapshot.unread),
        ended=bounded(lines),
        unmatched={line: unmatched[line] for line in bounded(unmatched)},
        left_out=tuple(each.account.account_id for each in report.left_out),
        not_covered=(
            *previous.not_covered,
            *(each.account.account_id for each in report.not_covered),
        ),
        stopped="",
        chat_failure="",
    )
