"""What a mail about one key says, in its order."""

from collections.abc import Iterator
from datetime import timedelta

from key_rotation.domain.owners.mail import Coming, MailKind, OwnerMail
from key_rotation.domain.owners.owner import OwnerSource
from key_rotation.reporting.formatting import format_date, pluralize
from key_rotation.reporting.owner_mail.blocks import (
    Block,
    Document,
    Fact,
    Facts,
    Heading,
    Line,
    Paragraph,
    Steps,
    foreign_text,
    word,
)
from key_rotation.reporting.owner_mail.closing import whom_to_ask, why_section
from key_rotation.reporting.owner_mail.opening import lead, title, tone
from key_rotation.reporting.owner_mail.steps import (
    new_key_steps,
    replacement_steps,
    restore_steps,
)
from key_rotation.reporting.owner_mail.terms import Reading
from key_rotation.reporting.owner_mail.words import (
    account_text,
    ask,
    last_use_sentence,
    relative,
    strong_day,
    why,
)

DAY_LABELS = {Coming.DEACTIVATION: "Stops working", Coming.DELETION: "Deleted on"}


def is_to_replace(mail: OwnerMail) -> bool:
    """Return whether the key still works, and stops working on its day."""
    announces = mail.kind in {MailKind.NOTICE, MailKind.REMINDER}
    return announces and mail.comes is not Coming.DELETION


def single_document(reading: Reading) -> Document:
    """Return what a mail about one key says."""
    mail = reading.mail
    return Document(
        title=title(mail),
        tone=tone(mail),
        blocks=(
            Paragraph(lead(reading)),
            _facts(reading),
            *_last_use(reading),
            *_what_to_do(reading),
            *_if_nothing_is_done(reading),
            *whom_to_ask(reading, to_replace=is_to_replace(mail)),
            *why_section(why(mail), mail.run_id, _problem(mail)),
        ),
    )


def _problem(mail: OwnerMail) -> str | None:
    return None if mail.owner.source is OwnerSource.TAG else mail.owner.problem


def _facts(reading: Reading) -> Facts:
    mail, terms = reading.mail, reading.terms
    facts = [
        Fact("Key", (word(mail.access_key_id),)),
        Fact("User", (word(mail.user_name),)),
        Fact("Account", account_text(mail, terms.partition), foreign=True),
    ]
    if mail.due and mail.comes in DAY_LABELS:
        day: Line = (*strong_day(mail.due), f", {relative(mail.due, reading.today)}")
        facts.append(Fact(DAY_LABELS[mail.comes], day))
    created = format_date(reading.day(mail.created))
    age = f"{pluralize(mail.age_days, 'day')}, limit {mail.max_age_days}; created on {created}"
    facts.append(Fact("Age", (age,)))
    if mail.description:
        facts.append(Fact("Description", foreign_text(mail.description), foreign=True))
    return Facts(tuple(facts))


def _last_use(reading: Reading) -> Iterator[Block]:
    mail = reading.mail
    if mail.last_use or mail.kind not in {MailKind.WITHDRAWN, MailKind.DELETED}:
        yield Paragraph(last_use_sentence(mail.last_use, reading))


def _what_to_do(reading: Reading) -> Iterator[Block]:
    mail = reading.mail
    steps: Steps
    match mail.kind:
        case MailKind.WITHDRAWN:
            return
        case MailKind.DELETED:
            heading, steps = "If something still needs a key", new_key_steps(mail)
        case _ if is_to_replace(mail):
            heading, steps = "What to do", replacement_steps(reading)
        case _:
            heading, steps = "If something stopped working", restore_steps(reading)
    yield Heading(heading)
    yield Paragraph(access_needed(reading), small=True)
    yield steps


def access_needed(reading: Reading) -> Line:
    """Write what the commands need, and whom to ask without it."""
    mail = reading.mail
    return (
        "The commands are for the AWS CLI, with access to account ",
        word(mail.account_id),
        " that may change the keys of ",
        word(mail.user_name),
        ". If you have no such access, ",
        *ask(reading.terms),
        ".",
    )


def _if_nothing_is_done(reading: Reading) -> Iterator[Block]:
    mail = reading.mail
    if mail.kind in {MailKind.WITHDRAWN, MailKind.DELETED}:
        return
    yield Heading("If nothing is done")
    undo = Paragraph((*_undo(mail), ". If you may not, ", *ask(reading.terms), "."))
    if is_to_replace(mail):
        stops = ": AWS refuses it from then on, and whatever uses it stops working."
        day = strong_day(mail.due) if mail.due else ("its day",)
        yield Paragraph(("On ", *day, f" the key is deactivated{stops}"))
        yield undo
        yield Paragraph(_deletion(mail))
    else:
        yield Paragraph(_deletion(mail))
        yield undo


def _undo(mail: OwnerMail) -> Line:
    """Write who can undo a deactivation, and until when."""
    when = "After that, " if is_to_replace(mail) else "Until then, "
    until = ", until it is deleted" if is_to_replace(mail) else ""
    if not mail.deletes or mail.due is None:
        when, until = "At any time, ", ""
    who: Line = ("whoever may change the keys of ", word(mail.user_name))
    return (when, *who, f" can turn it on again{until}")


def _deletion(mail: OwnerMail) -> Line:
    final = "A deleted key cannot be restored."
    if not mail.deletes or mail.due is None:
        return ("It stays inactive, and is not deleted.",)
    if is_to_replace(mail):
        day = strong_day(mail.due + timedelta(days=mail.grace_days))
        # Only the digest of the deactivation fixes the day, by the settings of then.
        settings = "By the settings of today, it is deleted on "
        return (settings, *day, f" at the earliest, {_UNUSED}. {final}")
    return ("It is deleted on ", *strong_day(mail.due), f", {_UNUSED}. {final}")


_UNUSED = "if nothing uses it until then"
