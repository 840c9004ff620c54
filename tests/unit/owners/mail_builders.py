"""Builders of mails to owners."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from key_rotation.domain.model import LastUse, Reason
from key_rotation.domain.owners.mail import Coming, MailKind, OwnerMail
from key_rotation.domain.owners.owner import Owner, OwnerSource
from key_rotation.reporting.owner_mail.compose import ComposedMail, MailTerms, compose_mail

AT = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)
TODAY = AT.date()
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
OTHER_ID = "AKIAI44QH8DHBEXAMPLE"
"""Ids that the AWS documentation uses in its examples."""
TERMS = MailTerms(
    sender="key-rotation@example.com",
    contact="cloud-security@example.com",
    reply_to="",
    partition="aws",
    zone=ZoneInfo("UTC"),
)
BY_TAG = Owner(addresses=("bob@example.com",), source=OwnerSource.TAG, tag="owner-email")
BY_NAME = Owner(addresses=("bob@example.com",), source=OwnerSource.USER_NAME)
BY_FALLBACK = Owner(
    addresses=("keys@example.com",),
    source=OwnerSource.FALLBACK,
    problem="tag email: 'bob' is no e-mail address",
)
COMES = {
    MailKind.NOTICE: (Coming.DEACTIVATION, 7),
    MailKind.REMINDER: (Coming.DEACTIVATION, 1),
    MailKind.DEACTIVATED: (Coming.DELETION, 30),
    MailKind.EXTENDED: (Coming.DELETION, 28),
    MailKind.WITHDRAWN: (Coming.NOTHING, None),
    MailKind.DELETED: (Coming.NOTHING, None),
}
"""What comes after a mail of a kind, and in how many days."""
REASONS = {
    MailKind.NOTICE: Reason.STALE,
    MailKind.REMINDER: Reason.NOTICE_RUNNING,
    MailKind.DEACTIVATED: Reason.NOTICE_OVER,
    MailKind.EXTENDED: Reason.USED_IN_WINDOW,
    MailKind.WITHDRAWN: Reason.THRESHOLDS_CHANGED,
    MailKind.DELETED: Reason.UNUSED,
}
SINCE_NOTICE = {
    MailKind.NOTICE: 0,
    MailKind.REMINDER: 6,
    MailKind.DEACTIVATED: 7,
    MailKind.EXTENDED: 17,
    MailKind.WITHDRAWN: 3,
    MailKind.DELETED: 37,
}
"""Days from the notice to a mail of a kind."""


def used(days_ago: int) -> LastUse:
    """Return a last use of some days ago."""
    at = AT - timedelta(days=days_ago, hours=3)
    return LastUse(at=at, service="s3", region="eu-west-1")


def an_owner_mail(kind: MailKind = MailKind.NOTICE, **changed: Any) -> OwnerMail:
    """Return a mail about a key of bob; the days are those of a key that nobody replaces."""
    comes, days = COMES[kind]
    since = SINCE_NOTICE[kind]
    mail = OwnerMail(
        mail_id=f"m-{kind}",
        thread_id="t-2026-11-26-AKIAIOSFODNN7EXAMPLE",
        kind=kind,
        owner=BY_TAG,
        account_id="123456789012",
        account_alias="example-prod",
        user_name="bob",
        access_key_id=KEY_ID,
        description="nightly upload",
        created=AT - timedelta(days=83 + since),
        run_id="run-2",
        at=AT,
        reason=REASONS[kind],
        due=None if days is None else TODAY + timedelta(days=days),
        comes=comes,
        subject_day=TODAY + timedelta(days=7 - since),
        age_days=83 + since,
        max_age_days=90,
        grace_days=30,
        deletes=True,
        last_use=used(2),
    )
    return replace(mail, **changed)


def composed(
    *mails: OwnerMail, terms: MailTerms = TERMS, today: date = TODAY, **changed: Any
) -> ComposedMail:
    """Compose one mail; without mails, a notice with some values changed."""
    return compose_mail(mails or (an_owner_mail(**changed),), terms, today=today)
