"""Mail to owners in a run: what came of earlier mails first, new ones after the digest."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from key_rotation.adapters.owner_mails import OwnerMails
from key_rotation.domain.model import Mode
from key_rotation.domain.owners.contacts import MailProblem, MailStep, OwnerContacts, OwnerNews
from key_rotation.domain.owners.sending import fitting, select_mails
from key_rotation.errors import MailNotSentError
from key_rotation.reporting.owner_mails import planned_mails
from key_rotation.reporting.report import Report
from key_rotation.service_layer.mail_delivery import DeliveryTurn, MailDelivery
from key_rotation.service_layer.mail_events import MailEventRecorder
from key_rotation.service_layer.owners import KnownOwners
from key_rotation.service_layer.run_context import RunContext


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerMailer:
    """Sends mails, and reads what came of them.

    known: what is stored of owners
    """

    known: KnownOwners
    delivery: MailDelivery
    recorder: MailEventRecorder

    @property
    def _mails(self) -> OwnerMails:
        return self.known.mails

    def begin(self, context: RunContext) -> OwnerContacts:
        """Record what came of earlier mails, send those that wait, and return what is known.

        Raises LedgerError and LeaseLostError.
        """
        unreachable = self._mails.read_unreachable()
        policy = self.known.policy(context, unreachable.by_address)
        failed = self.recorder.record(policy, context.now)
        stored = self._mails.read_pending().problems
        news = OwnerNews(problems=stored).with_problem(MailStep.FOLLOW, failed)
        news = self._send(news, context)
        self._save(stored, news.problems)
        unreachable = self._mails.read_unreachable()
        return OwnerContacts(
            policy=self.known.policy(context, unreachable.by_address),
            notice_mails=self.known.notice_mails(),
            news=replace(news, unreachable=unreachable.unreported),
        )

    def before_digest(self, report: Report) -> Report:
        """Return the report with how many mails of this run wait for a later one, and why."""
        planned, news = planned_mails(report), report.contacts.news
        if not planned:
            return report
        try:
            quota = self.delivery.sender.read_quota()
        except MailNotSentError as error:
            news = news.with_problem(MailStep.SEND, str(error))
            news = replace(news, waiting=news.waiting + len(planned))
        else:
            selection = select_mails(planned)
            sent = sum(map(len, selection.letters[: fitting(selection, quota)]))
            news = replace(news, waiting=news.waiting + len(planned) - sent)
        return replace(report, contacts=replace(report.contacts, news=news))

    def finish(self, report: Report, context: RunContext) -> None:
        """Record what the digest said of owners, and send what is pending.

        Raises LedgerError and LeaseLostError.
        """
        news = report.contacts.news
        if report.delivered:
            self._mails.mark_reported(news.unreachable, context.now.instant)
            reported = {step: replace(p, reported=True) for step, p in news.problems.items()}
            news = replace(news, problems=reported)
        self._save(self._mails.read_pending().problems, self._send(news, context).problems)

    def _send(self, news: OwnerNews, context: RunContext) -> OwnerNews:
        """Send what is pending, in enforce mode; returns the news with what came of it."""
        if context.mode is not Mode.ENFORCE:
            return replace(news, waiting=len(self._mails.read_pending().mails))
        turn = DeliveryTurn(
            now=context.now,
            clock=context.execution.clock,
            may_go_on=lambda: context.budget.allows_details,
            check=context.lease.check,
        )
        result = self.delivery.send_pending(turn)
        news = replace(news, waiting=result.waiting)
        return news if result.problem is None else news.with_problem(MailStep.SEND, result.problem)

    def _save(
        self, stored: Mapping[MailStep, MailProblem], problems: Mapping[MailStep, MailProblem]
    ) -> None:
        if problems != stored:
            self._mails.write_problems(problems)
