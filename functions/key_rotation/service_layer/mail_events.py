"""Records what came of mails: the events that SES sent since the last run."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from aws_lambda_powertools import Logger

from key_rotation.adapters.mail_events import MailEvents, ReceivedEvent
from key_rotation.adapters.owner_mails import OwnerMails
from key_rotation.domain.model import Now
from key_rotation.domain.owners.owner import OwnerPolicy
from key_rotation.domain.owners.sent_mail import SentMail, after_event, is_overtaken
from key_rotation.errors import MailEventsUnreadableError

log = Logger(child=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailEventRecorder:
    """Records the effect of each event, and then deletes it: one that is lost comes again."""

    events: MailEvents
    mails: OwnerMails

    def record(self, policy: OwnerPolicy, now: Now, may_go_on: Callable[[], bool]) -> str:
        """Record all events; returns why some could not be read, or nothing.

        policy: who gets the mail instead, where one was not delivered
        may_go_on: returns whether there is time for another event; what is left comes again

        An event of another mail, or of another form, changes nothing. Raises LedgerError.
        """
        try:
            for received in self.events.receive():
                if not may_go_on():
                    break
                policy = self._record(received, policy, now)
                self.events.delete(received)
        except MailEventsUnreadableError as error:
            return f"what came of earlier mails cannot be read ({error})"
        return ""

    def _record(self, received: ReceivedEvent, policy: OwnerPolicy, now: Now) -> OwnerPolicy:
        """Record one event; returns the policy with the addresses that it made unreachable."""
        event = received.event
        if event is None:
            if received.problem:
                log.warning("mail_event_refused", why=received.problem)
            return policy
        for sent in self.mails.read_message(event.message_id):
            effect = after_event(sent, event, policy, now.today)
            if effect:
                if effect.again and self._is_overtaken(sent, now):
                    effect = replace(effect, again=None)
                self.mails.write_effect(effect, now.instant)
                found = {each.address: each for each in effect.unreachable}
                policy = replace(policy, unreachable={**policy.unreachable, **found})
                mail = sent.mail
                log.info("mail_event", mail_id=mail.mail_id, state=event.state, words=event.words)
        return policy

    def _is_overtaken(self, sent: SentMail, now: Now) -> bool:
        mail = sent.mail
        others = self.mails.read_sent(mail.account_id, mail.access_key_id)
        return is_overtaken(sent, others, now.today)
