"""Mail to the owners of keys in all accounts, which the digest step sends."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from aws_lambda_powertools import Logger

from key_rotation.domain.execution import Clock, TimeBudget
from key_rotation.domain.model import Mode, Now
from key_rotation.domain.owners.mail import OwnerMail
from key_rotation.errors import LeaseLostError
from key_rotation.organisation.run_collector import CollectedRun
from key_rotation.reporting.owner_mails import without_announcement
from key_rotation.service_layer.mail_delivery import DeliveryTurn
from key_rotation.service_layer.owner_mailer import AccountKey, OwnerMailer

log = Logger(child=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationOwners:
    """Mails owners in one run of the organization.

    mailer: None if owners get no mail
    budget: the time of the step
    """

    mailer: OwnerMailer | None
    now: Now
    clock: Clock
    budget: TimeBudget

    def begin(self, run: CollectedRun, check: Callable[[], None]) -> CollectedRun:
        """Record what came of earlier mails, send those that wait, and return the run with both.

        check: raises LeaseLostError if another run has begun

        Raises LedgerError and LeaseLostError.
        """
        if self.mailer is None:
            return run
        turn = self._turn(check, lambda: self.budget.allows_earlier_mails)
        news = self.mailer.begin(turn, sends=_sends(run))
        news = self.mailer.drop_overtaken(news, _over(run))
        news = self.mailer.before_digest(news, _planned(run))
        return replace(run, report=replace(run.report, owners=news))

    def finish(
        self, run: CollectedRun, check: Callable[[], None], *, delivered: bool = False
    ) -> None:
        """Send what is pending, after the run has ended; a later run that has begun sends the rest.

        delivered: whether a digest with the news of owners was delivered

        Raises LedgerError.
        """
        news = run.report.owners
        if self.mailer is None or news is None:
            return
        turn = self._turn(check, lambda: self.budget.allows_details)
        if delivered:
            news = self.mailer.after_digest(news, turn)
        try:
            self.mailer.finish(news, _over(run), turn, sends=_sends(run))
        except LeaseLostError:
            log.info("mails_left_to_the_next_run")

    def _turn(self, check: Callable[[], None], may_go_on: Callable[[], bool]) -> DeliveryTurn:
        return DeliveryTurn(now=self.now, clock=self.clock, may_go_on=may_go_on, check=check)


def _sends(run: CollectedRun) -> bool:
    """Return whether a run may send mail: one that enforces no account sends none."""
    enforced = any(account.report.mode is Mode.ENFORCE for account in run.report.accounts)
    return enforced and not run.is_manual_report


def _over(run: CollectedRun) -> set[AccountKey]:
    """Return the keys of which no announced day is true any more."""
    return {
        (account.account_id, key)
        for account in run.report.accounts
        for key in without_announcement(account.report.outcomes)
    }


def _planned(run: CollectedRun) -> list[OwnerMail]:
    """Return the mails that become pending if the digest names all keys."""
    return [
        mail
        for account in run.accounts
        for change in account.changes.values()
        for mail in change.mails
    ]
