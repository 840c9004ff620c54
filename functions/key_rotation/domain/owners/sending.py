"""Which mails are sent now, how many at once, and which have been overtaken."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from key_rotation.domain.owners.mail import ANNOUNCING, OwnerMail

MAX_SINGLE = 5
"""An owner with more keys than this in one run gets one mail with a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendQuota:
    """What SES lets the account send (SES API Reference, GetAccount).

    left: recipients in the 24 hours from now; None for no limit
    per_second: recipients in a second
    """

    left: int | None
    per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The pending mails, divided.

    messages: what SES gets: each has one mail, or several that become one with a table
    overtaken: those that a later mail about the same key makes wrong: they are not sent
    """

    messages: tuple[tuple[OwnerMail, ...], ...]
    overtaken: tuple[OwnerMail, ...]


def select_mails(pending: Iterable[OwnerMail]) -> Selection:
    """Divide the pending mails into what is sent, the oldest first, and what is not.

    A notice or reminder that waited until something later is to be said about its key names a day
    that is wrong by now.
    """
    ordered = sorted(pending, key=lambda mail: (mail.at, mail.mail_id))
    last = {(mail.account_id, mail.access_key_id): mail.mail_id for mail in ordered}
    overtaken: list[OwnerMail] = []
    sent: list[OwnerMail] = []
    for mail in ordered:
        is_last = last[mail.account_id, mail.access_key_id] == mail.mail_id
        (sent if is_last or mail.kind not in ANNOUNCING else overtaken).append(mail)
    return Selection(messages=tuple(_messages(sent)), overtaken=tuple(overtaken))


def _messages(mails: Sequence[OwnerMail]) -> Iterable[tuple[OwnerMail, ...]]:
    """Put the mails of one run to the same addresses together, where they are many."""

    def run_and_recipients(mail: OwnerMail) -> tuple[object, ...]:
        return mail.at, mail.run_id, mail.owner.addresses

    ordered = sorted(mails, key=run_and_recipients)
    for _, group in groupby(ordered, key=run_and_recipients):
        together = tuple(group)
        if len(together) > MAX_SINGLE:
            yield together
        else:
            yield from ((mail,) for mail in together)


def fitting(selection: Selection, quota: SendQuota) -> int:
    """Return how many messages may be sent today: each recipient counts."""
    if quota.left is None:
        return len(selection.messages)
    used = 0
    for count, message in enumerate(selection.messages):
        used += len(message[0].owner.addresses)
        if used > quota.left:
            return count
    return len(selection.messages)
