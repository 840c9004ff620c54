"""One mail to the owner of a key, with what its text needs."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from key_rotation.domain.key_details import KeyToDelete, NewerKey
from key_rotation.domain.model import LastUse, Reason
from key_rotation.domain.owners.owner import Owner


class MailKind(StrEnum):
    """What a mail says of a key."""

    NOTICE = "notice"
    REMINDER = "reminder"
    DEACTIVATED = "deactivated"
    DELETED = "deleted"
    WITHDRAWN = "withdrawn"
    EXTENDED = "extended"


ANNOUNCING = frozenset({MailKind.NOTICE, MailKind.REMINDER})
"""Mails that name a day to come, and are wrong once something else has happened to the key."""


class Coming(StrEnum):
    """What happens to a key on the day that a mail names."""

    DEACTIVATION = "deactivation"
    DELETION = "deletion"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerMail:
    """One mail about one key.

    mail_id: letters, digits, `-` and `_`; the same when it is sent again
    thread_id: the same for a notice and for all that follows it
    account_alias: empty if there is none, or it is not known
    description: of the key
    at: when the run began that reported it
    reason: the row of the rules
    due: the day of what comes; None if nothing does
    subject_day: the day in the subject: the first one that a mail of the thread named
    deletes: whether an unused key is deleted at the end of its grace window
    last_use: None if it is not known
    newer: the newest active key of the user, if newer
    to_delete: the key that the user must delete before IAM accepts a new one
    lost_on: the day on which it became known that nobody got an earlier mail about the notice
    """

    mail_id: str
    thread_id: str
    kind: MailKind
    owner: Owner
    account_id: str
    account_alias: str
    user_name: str
    access_key_id: str
    description: str | None
    created: datetime
    run_id: str
    at: datetime
    reason: Reason
    due: date | None
    comes: Coming
    subject_day: date
    age_days: int
    max_age_days: int
    grace_days: int
    deletes: bool
    last_use: LastUse | None = None
    newer: NewerKey | None = None
    to_delete: KeyToDelete | None = None
    lost_on: date | None = None
