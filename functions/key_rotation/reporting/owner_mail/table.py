"""What a mail about several keys says: keys by what happened to them, then steps for all."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from key_rotation.domain.owners.mail import MailKind, OwnerMail
from key_rotation.domain.owners.owner import OwnerSource
from key_rotation.reporting.formatting import format_date, pluralize
from key_rotation.reporting.owner_mail.blocks import (
    Block,
    Document,
    Fact,
    Facts,
    Heading,
    Line,
    Paragraph,
    Rows,
    Tone,
    word,
)
from key_rotation.reporting.owner_mail.closing import why_section
from key_rotation.reporting.owner_mail.opening import tone
from key_rotation.reporting.owner_mail.single import is_to_replace
from key_rotation.reporting.owner_mail.table_rows import row
from key_rotation.reporting.owner_mail.table_steps import steps_for_all
from key_rotation.reporting.owner_mail.terms import MailTerms, Reading
from key_rotation.reporting.owner_mail.words import account_text, ask

HEADINGS = {
    MailKind.DEACTIVATED: "Deactivated: these keys no longer work",
    MailKind.REMINDER: "Reminder: these keys are due soon",
    MailKind.NOTICE: "Notice: these keys will stop working",
    MailKind.EXTENDED: "Deleted later: these keys were used after their deactivation",
    MailKind.DELETED: "Deleted: these keys cannot be restored",
    MailKind.WITHDRAWN: "No action needed any more: these keys keep working",
}
"""The kinds, the most urgent one first."""
LABELS = {
    MailKind.DEACTIVATED: "Deactivated",
    MailKind.REMINDER: "Due soon",
    MailKind.NOTICE: "Notice",
    MailKind.EXTENDED: "Deleted later",
    MailKind.DELETED: "Deleted",
    MailKind.WITHDRAWN: "Withdrawn",
}
ANNOUNCING = set(MailKind) - {MailKind.DELETED, MailKind.WITHDRAWN}
URGENCY = {kind: place for place, kind in enumerate(HEADINGS)}
TONES = {Tone.BROKEN: 0, Tone.ACTION: 1, Tone.CALM: 2}


def urgent_first(mails: Sequence[OwnerMail]) -> list[OwnerMail]:
    """Sort by kind, then by day, then by account and user."""

    def order(mail: OwnerMail) -> tuple[int, date, str, str, str]:
        day = mail.due or date.max
        return URGENCY[mail.kind], day, mail.account_id, mail.user_name, mail.access_key_id

    return sorted(mails, key=order)


def table_document(
    mails: Sequence[OwnerMail], terms: MailTerms, *, today: date, shown: int
) -> Document:
    """Return what a mail about several keys says.

    mails: the most urgent ones first
    shown: how many of them are listed
    """
    one_account = len({mail.account_id for mail in mails}) == 1
    listed = [Reading(mail=mail, terms=terms, today=today) for mail in mails[:shown]]
    return Document(
        title=_title(mails),
        tone=min((tone(mail) for mail in mails), key=TONES.__getitem__),
        blocks=(
            _counts(mails, terms, one_account=one_account),
            *_groups(mails, listed, one_account=one_account),
            *_left_out(mails, terms, shown),
            *steps_for_all(mails, terms),
            *_if_nothing_is_done(mails),
            Heading("More time, or not your keys"),
            Paragraph(("If you need more time for a key, or it is not yours, ", *ask(terms), ".")),
            *why_section(_why_all(mails), max(mails, key=lambda mail: mail.at).run_id),
        ),
    )


def _title(mails: Sequence[OwnerMail]) -> str:
    stopping = [mail.due for mail in mails if is_to_replace(mail) and mail.due]
    if stopping:
        keys = f"{len(stopping):,} AWS access key{'s stop' if len(stopping) > 1 else ' stops'}"
        first = ", the first" if len(stopping) > 1 else ""
        return f"{keys} working{first} on {format_date(min(stopping))}"
    return f"News of {len(mails):,} AWS access keys"


def _counts(mails: Sequence[OwnerMail], terms: MailTerms, *, one_account: bool) -> Facts:
    counts = Counter(mail.kind for mail in mails)
    facts = [Fact(LABELS[kind], (pluralize(counts[kind], "key"),)) for kind in counts]
    if one_account:
        facts.insert(0, Fact("Account", account_text(mails[0], terms.partition), foreign=True))
    return Facts(tuple(facts))


def _groups(
    mails: Sequence[OwnerMail], listed: Sequence[Reading], *, one_account: bool
) -> Iterator[Block]:
    counts = Counter(mail.kind for mail in mails)
    for kind, heading in HEADINGS.items():
        if of_kind := [reading for reading in listed if reading.mail.kind is kind]:
            yield Heading(f"{heading} ({counts[kind]:,})")
            yield Rows(tuple(row(reading, with_place=not one_account) for reading in of_kind))


def _left_out(mails: Sequence[OwnerMail], terms: MailTerms, shown: int) -> Iterator[Block]:
    if len(mails) > shown:
        more = f"{len(mails) - shown:,} more"
        where = "All are in the e-mail of key rotation of the same day. For it, "
        heading = f"And {more} that do not fit into this mail"
        yield Heading(heading)
        yield Paragraph((f"The first {shown} keys are listed. {where}", *ask(terms), "."))


def _if_nothing_is_done(mails: Sequence[OwnerMail]) -> Iterator[Block]:
    if not any(mail.kind in ANNOUNCING for mail in mails):
        return
    yield Heading("If nothing is done")
    if any(map(is_to_replace, mails)):
        yield Paragraph(
            ("On its day a key is deactivated: AWS refuses it, and what uses it stops working.",)
        )
    yield Paragraph(
        (
            "Whoever may change the keys of a user can turn an inactive one on again, until it is",
            " deleted. A deleted key cannot be restored.",
        )
    )


def _why_all(mails: Sequence[OwnerMail]) -> Line:
    """Write from where the addresses of the mails come."""
    users: dict[tuple[bool, str], set[tuple[str, str]]] = {}
    for mail in mails:
        is_known = mail.owner.source in {OwnerSource.TAG, OwnerSource.USER_NAME}
        origin = is_known, mail.owner.tag or ""
        users.setdefault(origin, set()).add((mail.account_id, mail.user_name))
    line: Line = ("Your address comes from ",)
    for (is_known, tag), names in users.items():
        count = pluralize(len(names), "user")
        between = ("; from ",) if len(line) > 1 else ()
        named: Line = ("the tag ", word(tag, 128)) if tag else ("the name",)
        fallback: Line = (f"the addresses for {count} without a known owner",)
        line += (*between, *((*named, f" of {count}") if is_known else fallback))
    return (*line, ".")
