"""The mails about one key since its last notice: their thread, and whether one was accepted."""

from dataclasses import dataclass
from datetime import date, datetime

from key_rotation.domain.watch import Noticed


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeMail:
    """What is remembered of the mails about the last notice of a key.

    thread_id, subject_day: of all mails since that notice
    accepted_at: when SES accepted a mail about the notice; None if none was accepted, or if no
        address that it went to accepts mail any more
    lost_on: the day on which that became known
    """

    thread_id: str
    subject_day: date
    accepted_at: datetime | None = None
    lost_on: date | None = None

    def counts_for(self, notice: Noticed) -> datetime | None:
        """Return when the owner got mail about a notice; None if nobody did."""
        accepted = self.accepted_at
        return accepted if accepted and accepted >= notice.at else None
