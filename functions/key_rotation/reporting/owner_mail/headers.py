"""The headers of a mail that keep a thread together and out-of-office answers away.

SES gives each mail a Message-ID of its own (SES Developer Guide, "Header fields"), so a thread has
one constant id to which all its mails refer, and which no mail has.
"""

from collections.abc import Mapping, Sequence

from key_rotation.domain.owners.mail import OwnerMail

MAX_HEADER = 995
"""Characters of a header's value (SES v2 API, `MessageHeader`)."""


def mail_headers(mails: Sequence[OwnerMail], sender: str) -> Mapping[str, str]:
    """Return the headers; a mail about several keys belongs to the threads of all, as they fit.

    sender: the address that the mails come from
    """
    domain = sender.rpartition("@")[2]
    headers = {"Auto-Submitted": "auto-generated"}
    references = ""
    for mail in mails:
        longer = f"{references} <{mail.thread_id}@{domain}>".lstrip()
        if len(longer) > MAX_HEADER:
            break
        references = longer
    if references:
        headers |= {"References": references, "In-Reply-To": references.split(" ", 1)[0]}
    return headers
