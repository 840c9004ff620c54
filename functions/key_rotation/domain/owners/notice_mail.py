"""The mails about one key since its last notice: their thread, and whether one was accepted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from key_rotation.domain.owners.owner import Owner, Unreachable
from key_rotation.domain.watch import Noticed


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeMail:
    """What is remembered of the mails about the last notice of a key.

    thread_id, subject_day: of all mails since that notice
    accepted_at: when SES accepted a mail about the notice; None if none was accepted, or if no
        address that it went to accepts mail any more
    lost_on: the day on which that became known
    owner: to whom the mail went that was accepted
    """

    thread_id: str
    subject_day: date
    accepted_at: datetime | None = None
    lost_on: date | None = None
    owner: Owner | None = None

    def known_on(self, today: date, unreachable: Mapping[str, Unreachable]) -> "NoticeMail":
        """Return it as it counts today: whatever mail showed that an address accepts none.

        unreachable: by address
        """
        if self.accepted_at is None or self.owner is None:
            return self
        lost = [
            found
            for address in self.owner.addresses
            if (found := unreachable.get(address))
            and found.applies(self.owner.value or address, today)
        ]
        if len(lost) < len(self.owner.addresses):
            return self
        return replace(self, accepted_at=None, lost_on=max(found.since for found in lost))

    def counts_for(self, notice: Noticed) -> datetime | None:
        """Return when the owner got mail about a notice; None if nobody did."""
        accepted = self.accepted_at
        return accepted if accepted and accepted >= notice.at else None


def known_notice_mails(
    stored: Mapping[str, NoticeMail], unreachable: Mapping[str, Unreachable], today: date
) -> Mapping[str, NoticeMail]:
    """Return what is stored, as it counts today; by access key id.

    unreachable: by address
    """
    return {key_id: mail.known_on(today, unreachable) for key_id, mail in stored.items()}
