"""Mail to owners in a run: what came of earlier mails first, new ones after the digest."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from key_rotation.adapters.owner_mails import OwnerMails, PendingMails
from key_rotation.domain.owners.contacts import MailStep, OwnerNews
from key_rotation.domain.owners.mail import ANNOUNCING, MailKind, OwnerMail
from key_rotation.domain.owners.owner import OwnerPolicy
from key_rotation.domain.owners.sending import fitting, select_mails
from key_rotation.errors import MailNotSentError
from key_rotation.service_layer.mail_delivery import DeliveryTurn, MailDelivery
from key_rotation.service_layer.mail_events import MailEventRecorder

AccountKey = tuple[str, str]
"""The id of an account, and that of an access key in it."""


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
        """Record what came of earlier mails, and send those that say what has happened.

        Those that announce a day wait until this run knows whether that is still true.

        sends: whether a mail may be sent: not in report mode

        Returns what a digest has to report. Raises LedgerError and LeaseLostError.
        """
        unreachable = self.mails.read_unreachable().by_address
        policy = replace(self.fallback, unreachable=unreachable)
        failed = self.recorder.record(policy, turn.now, turn.may_go_on)
        pending = self.mails.read_pending()
        news = OwnerNews(problems=pending.problems).with_problem(MailStep.FOLLOW, failed)
        announcing = tuple(mail for mail in pending.mails if mail.kind in ANNOUNCING)
        news = self._send(news, pending, turn, sends=sends, kinds=frozenset(MailKind) - ANNOUNCING)
        news = replace(news, announcing=announcing)
        found, today = self.mails.read_unreachable(), turn.now.today
        known = sum(each.is_recent(today) for each in found.by_address.values())
        return replace(news, unreachable=found.unreported, known_unreachable=known)

    def drop_overtaken(self, news: OwnerNews, over: Collection[AccountKey]) -> OwnerNews:
        """Drop the mails of earlier runs that announce a day which is not true any more.

        over: the keys of which no announced day is true

        Returns the news with the mails that are left. Raises LedgerError.
        """
        return replace(news, announcing=self._without(over, news.announcing))

    def before_digest(self, news: OwnerNews, planned: Sequence[OwnerMail]) -> OwnerNews:
        """Return the news with how many of the planned mails wait for a later run, and why."""
        planned = [*news.announcing, *planned]
        if not planned:
            return news
        try:
            quota = self.delivery.sender.read_quota()
        except MailNotSentError as error:
            news = news.with_problem(MailStep.SEND, str(error))
            return replace(news, waiting=news.waiting + len(planned))
        selection = select_mails(planned)
        left = selection.messages[fitting(selection, quota) :]
        return replace(news, waiting=news.waiting + sum(map(len, left)))

    def after_digest(self, news: OwnerNews, turn: DeliveryTurn) -> OwnerNews:
        """Record that a digest was delivered with the news; raises LedgerError."""
        self.mails.mark_reported(news.unreachable, turn.now.instant)
        problems = {step: replace(p, reported=True) for step, p in news.problems.items()}
        return replace(news, problems=problems)

    def finish(
        self, news: OwnerNews, over: Collection[AccountKey], turn: DeliveryTurn, *, sends: bool
    ) -> None:
        """Send what is pending by now; raises LedgerError and LeaseLostError.

        over: as for `drop_overtaken`, which may have failed, or not have known all that is pending
        """
        pending = self.mails.read_pending()
        left = self._without(over, pending.mails)
        self._send(news, replace(pending, mails=left), turn, sends=sends)

    def _without(
        self, over: Collection[AccountKey], mails: Sequence[OwnerMail]
    ) -> tuple[OwnerMail, ...]:
        """Drop those of some mails that announce a day of these keys; returns the others."""
        wrong = [
            mail
            for mail in mails
            if mail.kind in ANNOUNCING and (mail.account_id, mail.access_key_id) in over
        ]
        self.mails.drop(wrong)
        return tuple(mail for mail in mails if mail not in wrong)

    def _send(
        self,
        news: OwnerNews,
        pending: PendingMails,
        turn: DeliveryTurn,
        *,
        sends: bool,
        kinds: Collection[MailKind] = frozenset(MailKind),
    ) -> OwnerNews:
        """Send what is pending, and record what prevents it; returns the news with both.

        kinds: the mails that are sent now
        """
        mails = [mail for mail in pending.mails if mail.kind in kinds]
        news = replace(news, waiting=len(mails))
        if sends:
            result = self.delivery.send_pending(mails, turn, kinds=kinds)
            news = replace(news, waiting=result.waiting)
            if result.problem is not None:
                news = news.with_problem(MailStep.SEND, result.problem)
        if news.problems != pending.problems:
            self.mails.write_problems(news.problems)
        return news
