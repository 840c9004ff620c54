"""Which accounts of the organization a run looks at, and what the register keeps of each."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from key_rotation.domain.exemptions import NONE, Exemption
from key_rotation.domain.model import Now
from key_rotation.domain.organisation import leave_out
from key_rotation.domain.organisation.accounts import (
    ACTIVE,
    Account,
    AccountSettings,
    Coverage,
    RegisteredAccount,
)
from key_rotation.domain.organisation.organisation_run import OrganisationRun
from key_rotation.domain.organisation.overrides import Overrides

REST_REASON = "the account was not looked at until then"
REST = f"* until {{}} # {REST_REASON}"
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterTerms:
    """What decides about the accounts in one run.

    targets: the ids of the root or of the organizational units whose accounts are looked at
    management_id: the organization's management account
    """

    now: Now
    run: OrganisationRun
    targets: frozenset[str]
    management_id: str
    leave_out: tuple[Exemption, ...]
    overrides: Overrides

    def register(
        self, account: Account, before: RegisteredAccount | None, *, unreadable: bool = False
    ) -> RegisteredAccount:
        """Return what the register says of a listed account in this run.

        before: what it said; None for a new account
        unreadable: whether it said something that cannot be read, so that `before` is None
        """
        coverage, entry = self._coverage(account)
        rested = self._rested_until(coverage, before, unreadable=unreadable)
        settings = self.overrides.for_account(account) if coverage is Coverage.COVERED else ()
        new = RegisteredAccount(
            account=account,
            coverage=coverage,
            run_id=self.run.run_id,
            event_id=self.run.event_id,
            report_only=self.run.report_only,
            is_management=account.account_id == self.management_id,
            left_out_reason=entry.reason if entry else None,
            left_out_until=entry.until if entry else None,
            first_seen=self.now.instant,
            settings=self._with_rest(settings, rested),
            problems=settings if isinstance(settings, tuple) else (),
            rested_until=rested,
            moved_at=self.now.instant,
        )
        return new if before is None else _remembering(new, before)

    def leave(self, before: RegisteredAccount, open_watches: int) -> RegisteredAccount:
        """Return what the register says of an account that is no longer listed.

        open_watches: how many of its keys are watched
        """
        return replace(
            before,
            coverage=Coverage.LEFT,
            run_id=self.run.run_id,
            event_id=self.run.event_id,
            settings=None,
            problems=(),
            changes_allowed=None,
            failing_since=None,
            failure_reported=None,
            left_on=self.now.today,
            open_watches=open_watches,
            rested_until=self.now.today,
            moved_at=self.now.instant,
        )

    def still_left(self, before: RegisteredAccount) -> RegisteredAccount:
        """Return the row of an account that left before, which this run's digest names again."""
        return replace(before, run_id=self.run.run_id, event_id=self.run.event_id)

    def _coverage(self, account: Account) -> tuple[Coverage, Exemption | None]:
        """Say whether an account is looked at, and which entry leaves it out."""
        if self.targets.isdisjoint(account.ous):
            return Coverage.OUTSIDE_TARGETS, None
        if account.state != ACTIVE:
            return Coverage.NOT_ACTIVE, None
        entry = leave_out.entry_for(account, self.leave_out, self.now.today)
        return (Coverage.LEFT_OUT if entry else Coverage.COVERED), entry

    def _rested_until(
        self, coverage: Coverage, before: RegisteredAccount | None, *, unreadable: bool
    ) -> date | None:
        """Return the last day on which the account was not looked at on purpose.

        Where the register cannot be read, it may have been so until now: in doubt, notices and
        windows start again, and none gets shorter.
        """
        if coverage is not Coverage.COVERED:
            return self.now.today
        yesterday = self.now.today - ONE_DAY
        if before is None:
            return yesterday if unreadable else None
        if before.coverage is Coverage.LEFT:
            return yesterday
        # A rest that ended within the day counts until yesterday: an exemption that lasts through
        # today would end tomorrow only.
        return before.rested_until and min(before.rested_until, yesterday)

    def _with_rest(
        self, settings: AccountSettings | tuple[str, ...], rested: date | None
    ) -> AccountSettings | None:
        """Add an exemption of all keys that has ended, where the account was not looked at.

        What follows the end of an exemption is what follows a rest: a full notice for an active
        key, a new window for an inactive one (`docs/rules.md`).
        """
        if isinstance(settings, tuple):
            return None
        if rested is None:
            return settings
        found = settings.raw["exemptions"]
        lines = [] if found.value == NONE else [found.value]
        exemptions = replace(found, value="\n".join([*lines, REST.format(rested)]))
        return replace(settings, raw={**settings.raw, "exemptions": exemptions})


def _remembering(new: RegisteredAccount, before: RegisteredAccount) -> RegisteredAccount:
    """Return a row with what is remembered of the account from earlier runs."""
    returned = before.coverage is Coverage.LEFT
    failing = before if new.coverage is Coverage.COVERED else new
    return replace(
        new,
        first_seen=before.first_seen,
        last_looked_at=before.last_looked_at,
        failing_since=failing.failing_since,
        failure_reported=failing.failure_reported,
        moved_at=new.moved_at if returned else before.moved_at,
    )
