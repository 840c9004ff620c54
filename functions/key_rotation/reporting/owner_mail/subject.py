"""The subject of a mail: in ASCII, the same for all mails of a thread."""

from collections import Counter
from collections.abc import Sequence

from key_rotation.domain.owners.mail import MailKind, OwnerMail
from key_rotation.reporting.formatting import format_date, sanitize_line
from key_rotation.reporting.owner_mail.blocks import word

SUBJECT_LIMIT = 200
KEY_END = 4
"""Characters of an access key id in a subject, which may stand on a locked screen."""


def subject(mail: OwnerMail) -> str:
    """Write the first day that the thread named, and the key; later mails answer the first."""
    answer = "" if mail.kind is MailKind.NOTICE else "Re: "
    key_end = sanitize_line(mail.access_key_id)[-KEY_END:]
    user = word(mail.user_name).text
    day = format_date(mail.subject_day)
    return _ascii(f"{answer}Action needed by {day}: AWS access key ...{key_end} of {user}")


def table_subject(mails: Sequence[OwnerMail]) -> str:
    """Write the first day on which something happens, and the number of keys."""
    keys = f"{len(mails):,} AWS access keys"
    days = [mail.due for mail in mails if mail.due is not None]
    if days:
        return _ascii(f"Action needed by {format_date(min(days))}: {keys}")
    counts = Counter(str(mail.kind) for mail in mails)
    return _ascii(f"{keys}: {', '.join(f'{count} {kind}' for kind, count in counts.items())}")


def _ascii(line: str) -> str:
    return line.encode("ascii", "replace").decode("ascii")[:SUBJECT_LIMIT]
