"""Which mails the owners of keys get: one for each outcome that concerns them."""

from collections.abc import Iterable
from datetime import datetime

from key_rotation.domain.model import Mode, Reason
from key_rotation.domain.owners.mail import Coming, MailKind, OwnerMail
from key_rotation.domain.owners.notice_mail import NoticeMail
from key_rotation.reporting.formatting import age_days
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.report import Report

KINDS = {
    Section.NOTICED: MailKind.NOTICE,
    Section.UPCOMING: MailKind.REMINDER,
    Section.WAITING: MailKind.NOTICE,
    Section.DEACTIVATED: MailKind.DEACTIVATED,
    Section.DELETED: MailKind.DELETED,
    Section.WITHDRAWN: MailKind.WITHDRAWN,
    Section.EXTENDED: MailKind.EXTENDED,
}
_OVER = frozenset(
    {
        Section.HELD,
        Section.DEACTIVATED,
        Section.DELETED,
        Section.EXTENDED,
        Section.WITHDRAWN,
        Section.CLOSED,
        Section.EXEMPT,
    }
)
COMING = {
    MailKind.NOTICE: Coming.DEACTIVATION,
    MailKind.DEACTIVATED: Coming.DELETION,
    MailKind.EXTENDED: Coming.DELETION,
    MailKind.DELETED: Coming.NOTHING,
    MailKind.WITHDRAWN: Coming.NOTHING,
}


def is_about_owner(outcome: Outcome) -> bool:
    """Return whether the owner of the key hears of an outcome: news of what happens to a key."""
    return (
        outcome.triggers_digest and outcome.section in KINDS and outcome.access_key_id is not None
    )


def without_announcement(outcomes: Iterable[Outcome]) -> frozenset[str]:
    """Return the ids of the keys of which no announced day is true any more.

    Such a key was deactivated, deleted or exempted, for example, or is gone.
    """
    return frozenset(
        str(outcome.access_key_id)
        for outcome in outcomes
        if outcome.section in _OVER and not outcome.dry_run
    )


def mails_of(outcomes: Iterable[Outcome], report: Report) -> list[OwnerMail]:
    """Return the mails to owners about outcomes, in their order.

    Nobody gets mail about what only would have happened, or where no address is known.
    """
    found = (_mail(outcome, report) for outcome in outcomes if is_about_owner(outcome))
    return [mail for mail in found if mail]


def planned_mails(report: Report) -> list[OwnerMail]:
    """Return the mails that a run will send about its own outcomes; none in report mode."""
    return mails_of(report.outcomes, report) if report.mode is Mode.ENFORCE else []


def _mail(outcome: Outcome, report: Report) -> OwnerMail | None:
    owner, created, now = outcome.details.owner, outcome.created, report.now
    key_id, reason = outcome.access_key_id, outcome.reason
    if not owner or not owner.addresses or outcome.dry_run:
        return None
    if created is None or key_id is None or reason is None:
        return None
    kind = KINDS[outcome.section]
    known = report.contacts.notice_mails.get(key_id)
    if outcome.section is Section.NOTICED or known is None:
        known = NoticeMail(thread_id=_id(key_id, now.instant), subject_day=outcome.due or now.today)
    return OwnerMail(
        mail_id=f"{_id(key_id, now.instant)}-{kind}",
        thread_id=known.thread_id,
        kind=kind,
        owner=owner,
        account_id=report.account_id,
        account_alias=report.account_alias,
        user_name=outcome.user_name,
        access_key_id=key_id,
        description=outcome.details.description,
        created=created,
        run_id=report.run_id,
        at=now.instant,
        reason=reason,
        due=outcome.due,
        comes=_coming(kind, outcome, report),
        subject_day=known.subject_day,
        age_days=age_days(outcome, now) or 0,
        max_age_days=report.settings.max_age.days,
        grace_days=report.settings.grace.days,
        deletes=report.settings.delete_unused_keys,
        last_use=outcome.last_use,
        newer=outcome.details.newer,
        to_delete=outcome.details.to_delete,
        lost_on=known.lost_on,
    )


def _coming(kind: MailKind, outcome: Outcome, report: Report) -> Coming:
    """Return what happens on the day that a mail names."""
    if kind is MailKind.REMINDER:
        noticed = outcome.reason is Reason.NOTICE_RUNNING
        return Coming.DEACTIVATION if noticed else Coming.DELETION
    coming = COMING[kind]
    kept = coming is Coming.DELETION and not report.settings.delete_unused_keys
    return Coming.NOTHING if kept else coming


def _id(access_key_id: str, at: datetime) -> str:
    return f"{access_key_id}-{at:%Y%m%dT%H%M%S}"
