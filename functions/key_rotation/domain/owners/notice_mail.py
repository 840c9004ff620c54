"""What came of the mail about a notice, for the rule that an owner must have got it."""

from dataclasses import dataclass
from datetime import date, datetime

from key_rotation.domain.watch import Noticed


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeMail:
    """The last mail about the notice of one key.

    accepted_at: when SES accepted it; None if no address that it went to accepts mail any more
    lost_on: the day on which that became known
    """

    accepted_at: datetime | None
    lost_on: date | None = None

    def counts_for(self, notice: Noticed) -> datetime | None:
        """Return when the owner got mail about a notice; None if nobody did."""
        accepted = self.accepted_at
        return accepted if accepted and accepted >= notice.at else None
