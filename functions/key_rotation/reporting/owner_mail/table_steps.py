"""The steps for all keys of a mail, in which USER and KEY stand for those of a row."""

from collections.abc import Iterator, Sequence

from key_rotation.domain.owners.mail import MailKind, OwnerMail
from key_rotation.reporting.commands import (
    Command,
    create_command,
    deactivate_command,
    delete_command,
    last_used_command,
    restore_command,
)
from key_rotation.reporting.owner_mail.blocks import Block, Heading, Paragraph, Step, Steps
from key_rotation.reporting.owner_mail.single import is_to_replace
from key_rotation.reporting.owner_mail.steps import CHECK, ONCE, WHERE
from key_rotation.reporting.owner_mail.terms import MailTerms
from key_rotation.reporting.owner_mail.words import ask

USER, KEY = "USER", "KEY"
_GONE = {MailKind.DELETED, MailKind.WITHDRAWN}


def steps_for_all(mails: Sequence[OwnerMail], terms: MailTerms) -> Iterator[Block]:
    """Write how a key is replaced, and how one is turned on again, as far as it applies."""
    to_replace = [mail for mail in mails if is_to_replace(mail)]
    inactive = [m for m in mails if not is_to_replace(m) and m.kind not in _GONE]
    if not to_replace and not inactive:
        return
    yield Heading("What to do")
    yield Paragraph(
        (
            "The commands are for the AWS CLI, with access to the account of the key. Write the",
            " name and the key of a row in place of USER and KEY. If you have no access, ",
            *ask(terms),
            ".",
        ),
        small=True,
    )
    if to_replace:
        yield Paragraph(("For each key that stops working, before its day:",))
        yield _replacement(to_replace)
    if inactive:
        yield Paragraph(("If something stopped working, before the key is deleted:",))
        yield Steps(
            (
                _step("Turn the key on again.", restore_command(USER, KEY)),
                _step(
                    "See what uses it. The next mail has its new day.",
                    last_used_command(KEY),
                ),
            )
        )


def _replacement(mails: Sequence[OwnerMail]) -> Steps:
    """Return the four steps; those with two keys, or with a newer one, differ in the first."""
    create = f"Create a new key, if no newer one is listed. {ONCE}"
    first = "If a key is to be deleted first, delete it once nothing uses it: IAM allows two keys."
    room = [Step((first,), (delete_command(USER, KEY),))] if any(m.to_delete for m in mails) else []
    return Steps(
        (
            *room,
            _step(create, create_command(USER)),
            _step(f"Use it in place of the old key {WHERE}"),
            _step(CHECK, last_used_command(KEY)),
            _step("Turn the old key off.", deactivate_command(USER, KEY)),
        )
    )


def _step(text: str, *commands: Command) -> Step:
    return Step((text,), commands)
