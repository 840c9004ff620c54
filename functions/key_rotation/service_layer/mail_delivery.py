"""Sends the pending mails, as far as the quota, the time and SES allow."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from aws_lambda_powertools import Logger

from key_rotation.adapters.owner_mails import OwnerMails
from key_rotation.adapters.ses import MailSender
from key_rotation.domain.execution import Clock
from key_rotation.domain.model import Now
from key_rotation.domain.owners.mail import OwnerMail
from key_rotation.domain.owners.mail_event import MailEvent, MailState
from key_rotation.domain.owners.owner import OwnerPolicy
from key_rotation.domain.owners.sending import SendQuota, fitting, select_mails
from key_rotation.domain.owners.sent_mail import SentMail, after_event
from key_rotation.errors import MailNotSentError, RecipientRefusedError
from key_rotation.reporting.owner_mail.compose import compose_mail
from key_rotation.reporting.owner_mail.terms import MailTerms

MAX_FAILURES = 3
"""Mails in a row that are not sent: after these, the reason is not one mail, and no more are
tried."""
ROUNDS = 2
"""How often the pending mails are read and sent: a refused recipient leads to another one."""
log = Logger(child=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryTurn:
    """When mails are sent, and for how long.

    may_go_on: returns whether there is time for another mail
    check: raises LeaseLostError if another run has begun
    """

    now: Now
    clock: Clock
    may_go_on: Callable[[], bool]
    check: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryResult:
    """What came of sending.

    waiting: how many mails are still pending
    problem: why, in AWS's words; empty if all that was tried was sent, None if nothing was tried
    """

    waiting: int
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailDelivery:
    """Sends mails, and records each that SES accepted.

    terms: what all mails share
    fallback: who gets a mail whose recipients SES refuses
    """

    mails: OwnerMails
    sender: MailSender
    terms: MailTerms
    fallback: OwnerPolicy

    def send_pending(self, turn: DeliveryTurn) -> DeliveryResult:
        """Send what is pending; raises LedgerError and LeaseLostError.

        SES has no token that makes a call idempotent, so a mail whose answer is lost stays pending,
        and may come twice.
        """
        problem: str | None = None
        for _ in range(ROUNDS):
            pending = self.mails.read_pending().mails
            if not pending:
                break
            sent = [mail for mail in pending if self.mails.is_sent(mail)]
            selection = select_mails(mail for mail in pending if mail not in sent)
            self.mails.drop([*sent, *selection.overtaken])
            try:
                quota = self.sender.read_quota()
            except MailNotSentError as error:
                return DeliveryResult(waiting=len(pending), problem=str(error))
            letters = selection.letters[: fitting(selection, quota)]
            if not letters:
                break
            problem = self._send_all(letters, quota, turn)
            if problem:
                break
        return DeliveryResult(waiting=len(self.mails.read_pending().mails), problem=problem)

    def _send_all(
        self, letters: Sequence[Sequence[OwnerMail]], quota: SendQuota, turn: DeliveryTurn
    ) -> str:
        """Send letters one after the other; returns why the last ones were not sent."""
        failures: list[str] = []
        for number, letter in enumerate(letters):
            if not turn.may_go_on() or len(failures) == MAX_FAILURES:
                break
            if number:
                recipients = len(letters[number - 1][0].owner.addresses)
                turn.clock.sleep(recipients / quota.per_second)
            turn.check()
            try:
                self._send(letter, turn)
                failures.clear()
            except MailNotSentError as error:
                log.warning("mail_not_sent", mail_id=letter[0].mail_id, why=str(error))
                failures.append(str(error))
        return failures[-1] if failures else ""

    def _send(self, letter: Sequence[OwnerMail], turn: DeliveryTurn) -> None:
        first = letter[0]
        mail = compose_mail(letter, self.terms, today=turn.now.today)
        try:
            message_id = self.sender.send(mail, first.owner.addresses)
        except RecipientRefusedError as error:
            log.warning("mail_refused", mail_id=first.mail_id, why=str(error))
            for each in letter:
                self._refused(each, error, turn)
        else:
            self.mails.accept(letter, message_id, turn.now.instant)
            log.info("mail_accepted", mail_id=first.mail_id, message_id=message_id)

    def _refused(self, mail: OwnerMail, error: RecipientRefusedError, turn: DeliveryTurn) -> None:
        """Record that SES refused recipients, as if the mail had bounced from them."""
        event = MailEvent(
            state=MailState.BOUNCED,
            message_id="",
            addresses=error.addresses,
            unreachable=True,
            words=str(error),
        )
        sent = SentMail(mail=mail, message_id="", accepted_at=turn.now.instant)
        unreachable = self.mails.read_unreachable().by_address
        policy = replace(self.fallback, unreachable=unreachable)
        effect = after_event(sent, event, policy, turn.now.today)
        if effect is None:
            return
        left = tuple(a for a in mail.owner.addresses if a not in error.addresses)
        if left:  # nobody has got it yet: SES refuses a mail as a whole
            again = replace(mail, owner=replace(mail.owner, addresses=left))
            effect = replace(effect, again=again)
        self.mails.write_effect(effect, turn.now.instant)
        if not left:
            self.mails.drop([mail])
