"""The mails to owners that a deployment sent or will send, as a forecast counts them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from key_rotation.domain.model import Now
from key_rotation.domain.owners.mail import MailKind, OwnerMail
from key_rotation.domain.owners.notice_mail import NoticeMail


@dataclass(frozen=True, slots=True, kw_only=True)
class MailsSoFar:
    """The mails to owners so far.

    of_notices: what is remembered of the mails about notices, by access key id
    pending: what the next run sends before it decides, of all accounts
    """

    of_notices: Mapping[str, NoticeMail] = field(default_factory=dict)
    pending: tuple[OwnerMail, ...] = ()

    def at_next_run(self, account_id: str, now: Now) -> Mapping[str, NoticeMail]:
        """Return what the next run finds of an account, if SES accepts what is pending."""
        sent = {
            mail.access_key_id: accepted_now(mail.thread_id, now)
            for mail in self.pending
            if mail.account_id == account_id and mail.kind is MailKind.NOTICE
        }
        return {**self.of_notices, **sent}


def accepted_now(thread_id: str, now: Now) -> NoticeMail:
    """Return what is remembered of a mail about a notice that the present run sends."""
    return NoticeMail(thread_id=thread_id, subject_day=now.today, accepted_at=now.instant)
