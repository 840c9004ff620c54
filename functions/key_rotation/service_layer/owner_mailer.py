"""Mail to owners in a run: what came of earlier mails first, new ones after the digest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from key_rotation.adapters.owner_mails import OwnerMails
from key_rotation.domain.owners.contacts import MailProblem, MailStep, OwnerNews
from key_rotation.domain.owners.mail import OwnerMail
from key_rotation.domain.owners.owner import OwnerPolicy
from key_rotation.domain.owners.sending import fitting, select_mails
from key_rotation.errors import MailNotSentError
from key_rotation.service_layer.mail_delivery import DeliveryTurn, MailDelivery
from key_rotation.service_layer.mail_events import MailEventRecorder


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerMailer:
    """Sends mails, and reads what came of them.

    fallback: who gets a mail that was not delivered
    """

    mails: OwnerMails
    delivery: MailDelivery
    recorder: MailEventRecorder
    fallback: OwnerPolicy

    def begin(self, turn: DeliveryTurn, *, sends: bool) -> OwnerNews:
        """Record what came of earlier mails, and send those that wait.

        sends: whether a mail may be sent: not in report mode

        Returns what a digest has to report. Raises LedgerError and LeaseLostError.
        """
        unreachable = self.mails.read_unreachable().by_address
        policy = replace(self.fallback, unreachable=unreachable)
        failed = self.recorder.record(policy, turn.now, turn.may_go_on)
        stored = self.mails.read_pending().problems
        news = OwnerNews(problems=stored).with_problem(MailStep.FOLLOW, failed)
        news = self._send(news, turn, sends=sends)
        self._save(stored, news.problems)
        found, today = self.mails.read_unreachable(), turn.now.today
        known = sum(each.is_recent(today) for each in found.by_address.values())
        return replace(news, unreachable=found.unreported, known_unreachable=known)

    def before_digest(self, news: OwnerNews, planned: Sequence[OwnerMail]) -> OwnerNews:
        """Return the news with how many of the planned mails wait for a later run, and why."""
        if not planned:
            return news
        try:
            quota = self.delivery.sender.read_quota()
        except MailNotSentError as error:
            news = news.with_problem(MailStep.SEND, str(error))
            return replace(news, waiting=news.waiting + len(planned))
        selection = select_mails(planned)
        sent = sum(map(len, selection.letters[: fitting(selection, quota)]))
        return replace(news, waiting=news.waiting + len(planned) - sent)

    def after_digest(self, news: OwnerNews, turn: DeliveryTurn) -> OwnerNews:
        """Record that a digest was delivered with the news; raises LedgerError."""
        self.mails.mark_reported(news.unreachable, turn.now.instant)
        problems = {step: replace(p, reported=True) for step, p in news.problems.items()}
        return replace(news, problems=problems)

    def finish(self, news: OwnerNews, turn: DeliveryTurn, *, sends: bool) -> None:
        """Send what is pending by now; raises LedgerError and LeaseLostError."""
        stored = self.mails.read_pending().problems
        self._save(stored, self._send(news, turn, sends=sends).problems)

    def _send(self, news: OwnerNews, turn: DeliveryTurn, *, sends: bool) -> OwnerNews:
        if not sends:
            return replace(news, waiting=len(self.mails.read_pending().mails))
        result = self.delivery.send_pending(turn)
        news = replace(news, waiting=result.waiting)
        return news if result.problem is None else news.with_problem(MailStep.SEND, result.problem)

    def _save(
        self, stored: Mapping[MailStep, MailProblem], problems: Mapping[MailStep, MailProblem]
    ) -> None:
        if problems != stored:
            self.mails.write_problems(problems)
