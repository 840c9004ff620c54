"""A mail to the owner of one key or of several, ready to be sent."""

from collections.abc import Sequence
from datetime import date

from key_rotation.domain.owners.mail import OwnerMail
from key_rotation.reporting.composed_mail import ComposedMail
from key_rotation.reporting.owner_mail.blocks import Document
from key_rotation.reporting.owner_mail.headers import mail_headers
from key_rotation.reporting.owner_mail.html import to_html
from key_rotation.reporting.owner_mail.single import single_document
from key_rotation.reporting.owner_mail.subject import subject, table_subject
from key_rotation.reporting.owner_mail.table import table_document, urgent_first
from key_rotation.reporting.owner_mail.terms import MailTerms, Reading
from key_rotation.reporting.owner_mail.text import to_text

__all__ = ["ComposedMail", "MailTerms", "compose_mail"]

SHOWN = (200, 100, 50, 25)
"""How many keys a mail lists: as many as fit into `MAX_TABLE`."""
MAX_TABLE = 200_000
"""Bytes of the HTML of a mail about several keys."""


def compose_mail(mails: Sequence[OwnerMail], terms: MailTerms, *, today: date) -> ComposedMail:
    """Write one mail, about one key in full or about several in a table.

    mails: at least one, all for the same addresses
    today: the day on which it is sent, in the calendar of the terms

    Raises ValueError if there are no mails.
    """
    if not mails:
        raise ValueError("there is no key to write about")
    if len(mails) == 1:
        document = single_document(Reading(mail=mails[0], terms=terms, today=today))
        line, html = subject(mails[0]), to_html(document)
    else:
        mails = urgent_first(mails)
        document, html = _table(mails, terms, today)
        line = table_subject(mails)
    return ComposedMail(
        subject=line,
        text=to_text(document),
        html=html,
        headers=mail_headers(mails, terms.sender),
    )


def _table(mails: Sequence[OwnerMail], terms: MailTerms, today: date) -> tuple[Document, str]:
    """Return the mail with as many keys as fit."""
    for shown in SHOWN[:-1]:
        document = table_document(mails, terms, today=today, shown=shown)
        html = to_html(document)
        if len(html.encode()) < MAX_TABLE:
            return document, html
    document = table_document(mails, terms, today=today, shown=SHOWN[-1])
    return document, to_html(document)
