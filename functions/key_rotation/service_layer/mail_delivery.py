"""Sends the pending mails, as far as the quota, the time and SES allow."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from aws_lambda_powertools import Logger

from key_rotation.adapters.owner_mails import OwnerMails
from key_rotation.adapters.ses import MailSender
from key_rotation.domain.execution import Clock
from key_rotation.domain.model import Now
from key_rotation.domain.owners.mail import MailKind, OwnerMail
from key_rotation.domain.owners.mail_event import MailEvent, MailState
from key_rotation.domain.owners.owner import OwnerPolicy, blocked_addresses
from key_rotation.domain.owners.sending import SendQuota, fitting, select_mails
from key_rotation.domain.owners.sent_mail import SentMail, after_event
from key_rotation.errors import MailNotSentError, MailThrottledError, RecipientRefusedError
from key_rotation.reporting.composed_mail import ComposedMail
from key_rotation.reporting.owner_mail.compose import compose_mail
from key_rotation.reporting.owner_mail.terms import MailTerms

MAX_FAILURES = 3
"""Mails in a row that are not sent for a reason that concerns all: then no more are tried."""
PAUSES = (1.0, 2.0, 4.0)
"""Seconds before each further try of a mail that SES throttled."""
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

    def send_pending(
        self, pending: Sequence[OwnerMail], turn: DeliveryTurn, *, kinds: Collection[MailKind]
    ) -> DeliveryResult:
        """Send mails; raises LedgerError and LeaseLostError.

        pending: all of these kinds that SES has not accepted, as they were just read

        SES has no token that makes a call idempotent, so a mail whose answer is lost stays pending,
        and may come twice.
        """
        problem: str | None = None
        for _ in range(ROUNDS):
            if not pending:
                break
            selection = select_mails(pending)
            self._drop_overtaken(selection.overtaken)
            pending = [mail for message in selection.messages for mail in message]
            try:
                quota = self.sender.read_quota()
            except MailNotSentError as error:
                return DeliveryResult(waiting=len(pending), problem=str(error))
            messages = selection.messages[: fitting(selection, quota)]
            if not messages:
                break
            unreachable = self.mails.read_unreachable().by_address
            policy = replace(self.fallback, unreachable=unreachable)
            problem = self._send_all(messages, quota, policy, turn)
            pending = [mail for mail in self.mails.read_pending().mails if mail.kind in kinds]
            if problem:
                break
        return DeliveryResult(waiting=len(pending), problem=problem)

    def _send_all(
        self,
        messages: Sequence[Sequence[OwnerMail]],
        quota: SendQuota,
        policy: OwnerPolicy,
        turn: DeliveryTurn,
    ) -> str | None:
        """Send messages one after the other; returns why the last ones were not sent.

        Returns an empty text if all that was tried was sent, and None if there was no time to try.
        """
        failed: str | None = None
        no_answers = 0
        for number, message in enumerate(messages):
            if not turn.may_go_on() or no_answers == MAX_FAILURES:
                break
            if number:
                recipients = len(messages[number - 1][0].owner.addresses)
                turn.clock.sleep(recipients / quota.per_second)
            turn.check()
            failed = failed or ""
            try:
                self._send_unless_sent(message, policy, turn)
                no_answers = 0
            except MailNotSentError as error:
                log.warning("mail_not_sent", mail_id=message[0].mail_id, why=str(error))
                failed = str(error)
                no_answers += error.concerns_all
        return failed

    def _send_unless_sent(
        self, message: Sequence[OwnerMail], policy: OwnerPolicy, turn: DeliveryTurn
    ) -> None:
        """Send what is not recorded as accepted; a run may have died right after it was."""
        sent = self.mails.sent_among(message)
        self.mails.drop(sent)
        if left := [mail for mail in message if mail not in sent]:
            self._send(left, policy, turn)

    def _send(self, message: Sequence[OwnerMail], policy: OwnerPolicy, turn: DeliveryTurn) -> None:
        first = message[0]
        addresses = first.owner.addresses
        if blocked := blocked_addresses(first.owner, policy, turn.now.today):
            error = RecipientRefusedError("; ".join(blocked.values()), [*blocked])
            self._refused(message, error, policy, turn, unreachable=False)
            return
        mail = compose_mail(message, self.terms, today=turn.now.today)
        try:
            message_id = self._send_at_rate(mail, addresses, turn)
        except RecipientRefusedError as error:
            self._refused(message, error, policy, turn, unreachable=True)
        else:
            self.mails.accept(message, message_id, turn.now.instant)
            log.info("mail_accepted", mail_id=first.mail_id, message_id=message_id)

    def _send_at_rate(
        self, mail: ComposedMail, addresses: Sequence[str], turn: DeliveryTurn
    ) -> str:
        """Send a mail; returns its id. One that is throttled was not sent, and is tried again."""
        for pause in PAUSES:
            try:
                return self.sender.send(mail, addresses)
            except MailThrottledError:
                turn.clock.sleep(pause)
        return self.sender.send(mail, addresses)

    def _drop_overtaken(self, mails: Sequence[OwnerMail]) -> None:
        self.mails.drop(mails)
        for mail in mails:
            log.info("mail_overtaken", mail_id=mail.mail_id)

    def _refused(
        self,
        message: Sequence[OwnerMail],
        error: RecipientRefusedError,
        policy: OwnerPolicy,
        turn: DeliveryTurn,
        *,
        unreachable: bool,
    ) -> None:
        """Record of each mail that recipients were refused, as if it had bounced from them."""
        log.warning("mail_refused", mail_id=message[0].mail_id, why=str(error))
        event = MailEvent(
            state=MailState.BOUNCED,
            message_id="",
            addresses=error.addresses,
            unreachable=unreachable,
            words=str(error),
        )
        for mail in message:
            self._replace(mail, event, policy, turn)

    def _replace(
        self, mail: OwnerMail, event: MailEvent, policy: OwnerPolicy, turn: DeliveryTurn
    ) -> None:
        """Make the mail pending for those of its recipients that are left, or for the fallback."""
        sent = SentMail(mail=mail, message_id="", accepted_at=turn.now.instant)
        effect = after_event(sent, event, policy, turn.now.today)
        if effect is None:
            return
        left = tuple(a for a in mail.owner.addresses if a not in event.addresses)
        if left:  # nobody has got it yet: SES refuses a mail as a whole
            again = replace(mail, owner=replace(mail.owner, addresses=left))
            effect = replace(effect, again=again)
        self.mails.write_effect(effect, turn.now.instant)
        if not left:
            self.mails.drop([mail])
