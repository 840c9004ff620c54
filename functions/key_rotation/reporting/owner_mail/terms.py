"""What all mails of a deployment share."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from key_rotation.domain.owners.mail import OwnerMail


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTerms:
    """What all mails of a deployment share.

    sender: the address that they come from
    contact: whom to ask for more time: an address or a URL; empty if there is none
    reply_to: the address that answers go to; empty if there is none
    partition: `aws`, `aws-cn` or `aws-us-gov`
    zone: the calendar
    """

    sender: str
    contact: str
    reply_to: str
    partition: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One mail, on the day on which it is sent."""

    mail: OwnerMail
    terms: MailTerms
    today: date

    def day(self, instant: datetime) -> date:
        """The calendar day on which an aware instant falls."""
        return instant.astimezone(self.terms.zone).date()
