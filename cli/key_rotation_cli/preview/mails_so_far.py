"""The mails to owners that a deployment sent or will send, as a forecast counts them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from key_rotation.domain.model import Now
from key_rotation.domain.owners.mail import MailKind, OwnerMail
from key_rotation.domain.owners.notice_mail import NoticeMail, known_notice_mails
from key_rotation.domain.owners.owner import Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class MailsSoFar:
    """The mails to owners so far.

    of_notices: what is remembered of the mails about notices, by access key id
    pending: what the next run sends after its digest, of all accounts
    """

    of_notices: Mapping[str, NoticeMail] = field(default_factory=dict)
    pending: tuple[OwnerMail, ...] = ()

    def known_today(
        self, unreachable: Mapping[str, Unreachable], today: date
    ) -> Mapping[str, NoticeMail]:
        """Return what the next run knows of the notices of an account when it decides.

        unreachable: by address
        """
        return known_notice_mails(self.of_notices, unreachable, today)

    def waiting_notices(self, account_id: str) -> frozenset[str]:
        """Return the ids of the keys of an account about whose notice a mail is pending."""
        return frozenset(
            mail.access_key_id
            for mail in self.pending
            if mail.account_id == account_id and mail.kind is MailKind.NOTICE
        )


def accepted_now(thread_id: str, now: Now) -> NoticeMail:
    """Return what is remembered of a mail about a notice that the present run sends."""
    return NoticeMail(thread_id=thread_id, subject_day=now.today, accepted_at=now.instant)
