"""What programs read of owners in the JSON of a digest."""

from key_rotation.domain.owners.contacts import OwnerNews
from key_rotation.domain.owners.owner import Owner
from key_rotation.reporting.formatting import sanitize_line
from key_rotation.reporting.response import Document, iso_time


def owner_document(owner: Owner | None) -> Document | None:
    """Return who gets the mail about a key; None where owners get none."""
    if owner is None:
        return None
    return {
        "addresses": list(owner.addresses),
        "source": str(owner.source),
        "tag": owner.tag,
        "problem": owner.problem and sanitize_line(owner.problem, 400),
    }


def owners_document(news: OwnerNews) -> Document:
    """Return what a digest reports of mails to owners."""
    return {
        "owners_not_reached": [
            {
                "address": found.address,
                "account_id": found.account_id,
                "user": found.user_name,
                "access_key_id": found.access_key_id,
                "since": iso_time(found.since),
                "words": sanitize_line(found.words),
            }
            for found in news.unreachable
        ],
        "mail_problems": {
            str(step): sanitize_line(problem.text, 400) for step, problem in news.problems.items()
        },
        "mails_waiting": news.waiting,
    }
