"""The mails to owners that docs/examples shows.

To write them again: `PYTHONPATH=.:functions .venv/bin/python -m tests.unit.owners.example_mails`.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from key_rotation.domain.key_details import KeyToDelete, NewerKey
from key_rotation.domain.model import NEVER_USED
from key_rotation.domain.owners.mail import Coming, MailKind, OwnerMail
from key_rotation.reporting.owner_mail.compose import ComposedMail
from tests.unit.owners.mail_builders import (
    AT,
    BY_FALLBACK,
    BY_NAME,
    OTHER_ID,
    TODAY,
    an_owner_mail,
    composed,
    used,
)

FOLDER = Path(__file__).parents[3] / "docs" / "examples"
USERS = ("build-server-07", "deploy", "reporting-job", "carol@example.com")
ACCOUNTS = (("123456789012", "example-prod"), ("210987654321", "example-test"))
OTHER_KEY = KeyToDelete(access_key_id=OTHER_ID, status="Inactive", last_use=NEVER_USED, key_count=2)
NEWER_KEY = NewerKey(access_key_id=OTHER_ID, last_use=used(1))


def example_mails() -> dict[str, ComposedMail]:
    """Return each example by the name of its files, without their ends."""
    mails = {
        "notice": an_owner_mail(),
        "notice-two-keys": an_owner_mail(to_delete=OTHER_KEY, owner=BY_FALLBACK),
        "notice-newer-key": an_owner_mail(newer=NEWER_KEY, owner=BY_NAME),
        "reminder": an_owner_mail(MailKind.REMINDER),
        "reminder-deletion": an_owner_mail(
            MailKind.REMINDER,
            comes=Coming.DELETION,
            subject_day=TODAY - timedelta(days=29),
            created=AT - timedelta(days=119),
            age_days=119,
            last_use=used(40),
        ),
        "deactivated": an_owner_mail(MailKind.DEACTIVATED),
        "extended": an_owner_mail(MailKind.EXTENDED),
        "withdrawn": an_owner_mail(MailKind.WITHDRAWN, max_age_days=120),
        "deleted": an_owner_mail(MailKind.DELETED, last_use=used(39)),
    }
    examples = {f"owner-mail-{name}": composed(mail) for name, mail in mails.items()}
    return examples | {"owner-mail-table": composed(*a_table(12))}


def a_table(count: int) -> list[OwnerMail]:
    """Return mails about several keys of one owner, of all kinds, most of them notices."""
    return [_of_table(number) for number in range(count)]


def _of_table(number: int) -> OwnerMail:
    kinds = list(MailKind)
    kind = kinds[number] if number < len(kinds) else MailKind.NOTICE
    account_id, alias = ACCOUNTS[number % 2]
    mail = an_owner_mail(
        kind,
        account_id=account_id,
        account_alias=alias,
        user_name=USERS[number % len(USERS)],
        access_key_id=f"AKIAEXAMPLE{number:09}",
        thread_id=f"t-2026-11-26-AKIAEXAMPLE{number:09}",
        last_use=used(number) if number % 4 else NEVER_USED,
        to_delete=OTHER_KEY if number == 7 else None,
        newer=NEWER_KEY if number == 8 else None,
    )
    if kind is MailKind.NOTICE:
        return replace(mail, due=TODAY + timedelta(days=7 + number // 4))
    return mail


def as_text(mail: ComposedMail) -> str:
    """Return the text of a mail below its subject."""
    return f"Subject: {mail.subject}\n\n{mail.text}"


if __name__ == "__main__":
    for name, mail in example_mails().items():
        (FOLDER / f"{name}.txt").write_text(as_text(mail), encoding="utf-8")
        (FOLDER / f"{name}.html").write_text(mail.html, encoding="utf-8")
