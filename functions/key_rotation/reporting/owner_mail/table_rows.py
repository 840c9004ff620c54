"""What a mail about several keys says of each."""

from collections.abc import Iterator

from key_rotation.domain.owners.mail import Coming, MailKind
from key_rotation.reporting.formatting import format_date
from key_rotation.reporting.owner_mail.blocks import Line, Row, strong, word
from key_rotation.reporting.owner_mail.single import is_to_replace
from key_rotation.reporting.owner_mail.terms import Reading
from key_rotation.reporting.owner_mail.words import account_text, relative, use_of_other


def row(reading: Reading, *, with_place: bool) -> Row:
    """Return one key of several; `with_place` if their accounts differ."""
    mail = reading.mail
    return Row(
        user_name=word(mail.user_name),
        access_key_id=word(mail.access_key_id),
        place=account_text(mail, reading.terms.partition) if with_place else (),
        lines=tuple(_lines(reading)),
    )


def _lines(reading: Reading) -> Iterator[Line]:
    mail = reading.mail
    if mail.due and mail.comes is not Coming.NOTHING:
        deleted = mail.comes is Coming.DELETION
        what = "deleted on" if deleted else "stops working on"
        unused = ", if nothing uses it" if deleted else ""
        when = relative(mail.due, reading.today)
        yield (f"{what} ", strong(format_date(mail.due)), f", {when}{unused}")
    elif mail.kind in {MailKind.DEACTIVATED, MailKind.EXTENDED}:
        yield ("not deleted",)
    yield use_of_other(mail.last_use, reading)
    if is_to_replace(mail):
        yield from _differences(reading)


def _differences(reading: Reading) -> Iterator[Line]:
    """Write what is different in the steps for a key."""
    mail = reading.mail
    first = mail.to_delete
    if first and first.access_key_id == mail.access_key_id:
        yield ("delete this key before the new one is created",)
    elif first:
        yield ("delete ", word(first.access_key_id), " first")
    elif mail.newer:
        yield ("use the newer key ", word(mail.newer.access_key_id))
