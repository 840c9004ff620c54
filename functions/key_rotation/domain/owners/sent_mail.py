"""A mail that SES accepted, and what its events change."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from key_rotation.domain.owners.mail import ANNOUNCING, MailKind, OwnerMail
from key_rotation.domain.owners.mail_event import MailEvent, MailState
from key_rotation.domain.owners.notice_mail import NoticeMail
from key_rotation.domain.owners.owner import OwnerPolicy, OwnerSource, Unreachable, fallback_owner

MAX_VALUES = 50
"""Texts that are remembered with one address, so that its item stays small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """A mail that SES accepted.

    message_id: what SES calls it
    accepted_at: when the run began that sent it
    words: of SES, where it was not delivered
    lost: the addresses that did not accept it
    """

    mail: OwnerMail
    message_id: str
    accepted_at: datetime
    state: MailState = MailState.ACCEPTED
    words: str = ""
    lost: tuple[str, ...] = ()

    @property
    def is_lost(self) -> bool:
        """Whether none of its addresses accepted it."""
        return self.state is MailState.REJECTED or set(self.lost) >= set(self.mail.owner.addresses)

    @property
    def notice_mail(self) -> NoticeMail | None:
        """What is remembered with the notice that it is about; None for another kind of mail."""
        if self.mail.kind is not MailKind.NOTICE:
            return None
        return NoticeMail(
            thread_id=self.mail.thread_id,
            subject_day=self.mail.subject_day,
            accepted_at=self.accepted_at,
            owner=self.mail.owner,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEffect:
    """What an event changes.

    unreachable: the addresses that accept no mail any more
    notice_mail: what is remembered with the notice, if nobody got the mail about it
    again: the mail to the fallback in place of one that nobody got
    """

    sent: SentMail
    unreachable: tuple[Unreachable, ...] = ()
    notice_mail: NoticeMail | None = None
    again: OwnerMail | None = None


def after_event(
    sent: SentMail, event: MailEvent, policy: OwnerPolicy, today: date
) -> EventEffect | None:
    """Return what an event of a mail changes; None for one of another mail, or a repeated one.

    An event counts only for the addresses that the mail went to: no event makes others unreachable.
    """
    named = {address.casefold() for address in event.addresses}  # servers change capitals
    addresses = [a for a in sent.mail.owner.addresses if a.casefold() in named]
    if event.message_id != sent.message_id or not addresses:
        return None
    if event.state is MailState.DELIVERED:
        known = sent.state is not MailState.ACCEPTED
        return None if known else EventEffect(sent=replace(sent, state=MailState.DELIVERED))
    if event.state is sent.state and set(addresses) <= set(sent.lost):
        return None
    lost = tuple(dict.fromkeys((*sent.lost, *addresses)))
    after = replace(sent, state=event.state, words=event.words, lost=lost)
    unreachable = tuple(
        Unreachable(
            address=address,
            since=_since(policy.unreachable.get(address), today),
            values=_values(sent, policy.unreachable.get(address), address, today),
            words=event.words,
            user_name=sent.mail.user_name,
            access_key_id=sent.mail.access_key_id,
            account_id=sent.mail.account_id,
        )
        for address in addresses
        if event.unreachable
    )
    if not after.is_lost or sent.is_lost:
        return EventEffect(sent=after, unreachable=unreachable)
    notice = sent.notice_mail
    return EventEffect(
        sent=after,
        unreachable=unreachable,
        notice_mail=notice and replace(notice, accepted_at=None, lost_on=today),
        again=_to_fallback(after, policy, unreachable, today),
    )


def _since(known: Unreachable | None, today: date) -> date:
    """Return since when an address accepts no mail: 90 days count from the first time."""
    return known.since if known and known.is_recent(today) else today


def _values(
    sent: SentMail, known: Unreachable | None, address: str, today: date
) -> tuple[str, ...]:
    """Return all that the address came from: several tags can name it in different ways."""
    value = sent.mail.owner.value or address
    before = known.values if known and known.is_recent(today) else ()
    return tuple(dict.fromkeys((*before, value)))[-MAX_VALUES:]


def is_overtaken(sent: SentMail, others: Iterable[SentMail], today: date) -> bool:
    """Return whether a mail is not worth sending again: what it says is not true any more.

    others: all mails about the key that SES accepted
    """
    mail = sent.mail
    later = any(other.mail.at > mail.at for other in others)
    over = mail.kind in ANNOUNCING and mail.due is not None and mail.due < today
    return later or over


def _to_fallback(
    sent: SentMail, policy: OwnerPolicy, unreachable: tuple[Unreachable, ...], today: date
) -> OwnerMail | None:
    """Return the same mail to the fallback; None if it went there, or nobody is there."""
    if sent.mail.owner.source is OwnerSource.FALLBACK:
        return None
    known = {**policy.unreachable, **{found.address: found for found in unreachable}}
    problem = f"{', '.join(sent.lost)} did not accept the mail ({sent.words})"
    owner = fallback_owner([problem], replace(policy, unreachable=known), today)
    if not owner.addresses:
        return None
    return replace(sent.mail, mail_id=f"{sent.mail.mail_id}-fallback", owner=owner)
