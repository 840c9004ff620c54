"""Shows an explanation: for people, as plain text, and as JSON."""

from rich.table import Table
from rich.text import Text

from key_rotation.domain.model import Now
from key_rotation.domain.owners.mail import OwnerMail
from key_rotation.domain.owners.sent_mail import SentMail
from key_rotation.reporting.formatting import (
    format_date,
    last_use_text,
    pluralize,
    sanitize_line,
)
from key_rotation_cli import console
from key_rotation_cli.explain.explanation import Explanation, Sentence

SCHEMA = "key-rotation/explain/1"


def show(found: Explanation, now: Now) -> None:
    """Write an explanation to the terminal."""
    console.out.print(Text(head(found, now), style="bold"), soft_wrap=True)
    console.out.print()
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for each in found.history:
        day = format_date(now.day(each.event.at))
        text = Text(each.text)
        text.append(f"\nrun {sanitize_line(each.event.run_id, 80)}", style="dim")
        table.add_row(Text(day), text)
    if not found.history:
        table.add_row(Text("History"), Text("Nothing happened to it yet."))
    for sent in found.mails:
        table.add_row(Text(format_date(now.day(sent.accepted_at))), Text(mail_sentence(sent)))
    for mail in found.pending:
        table.add_row(Text(format_date(now.day(mail.at))), Text(pending_sentence(mail)))
    table.add_row(Text("Next", style="bold"), Text(" ".join(found.next_texts), style="bold"))
    console.out.print(table)
    for command in found.commands:
        console.out.print(Text(f"  {command}", style="cyan"), soft_wrap=True)


def mail_sentence(sent: SentMail) -> str:
    """Say to whom a mail about the key went, and what came of it."""
    words = f" ({sanitize_line(sent.words)})" if sent.words else ""
    return f"{_addressed(sent.mail)}, {sent.state}{words}"


def pending_sentence(mail: OwnerMail) -> str:
    """Say to whom a mail about the key will go."""
    return f"{_addressed(mail)}, waits to be sent"


def _addressed(mail: OwnerMail) -> str:
    return f"Mail to {sanitize_line(', '.join(mail.owner.addresses))}: {mail.kind}"


def head(found: Explanation, now: Now) -> str:
    """Write which key it is, in one line."""
    facts = [found.status or "gone"]
    if found.status and found.age_days is not None:
        facts += [f"{pluralize(found.age_days, 'day')} old", last_use_text(found.last_use, now)]
    return f"{found.access_key_id} of {sanitize_line(found.user)}: {', '.join(facts)}"


def document(found: Explanation) -> dict[str, object]:
    """Return an explanation as JSON."""
    last_use = found.last_use.at if found.last_use else None
    mails = [*map(_mail, found.mails), *map(_pending, found.pending)]
    return {
        "schema": SCHEMA,
        "access_key_id": found.access_key_id,
        "user": found.user,
        "status": found.status,
        "age_days": found.age_days,
        "last_used": last_use.isoformat() if last_use else None,
        "history": [_event(each) for each in found.history],
        "next": {
            "due": found.next_due,
            "text": " ".join(found.next_texts),
            "commands": list(found.commands),
        },
        **({"mails": mails} if mails else {}),
    }


def _mail(sent: SentMail) -> dict[str, object]:
    return {
        "at": sent.accepted_at.isoformat(),
        "kind": str(sent.mail.kind),
        "addresses": list(sent.mail.owner.addresses),
        "source": str(sent.mail.owner.source),
        "state": str(sent.state),
        "words": sent.words,
        "message_id": sent.message_id,
    }


def _pending(mail: OwnerMail) -> dict[str, object]:
    return {
        "at": mail.at.isoformat(),
        "kind": str(mail.kind),
        "addresses": list(mail.owner.addresses),
        "source": str(mail.owner.source),
        "state": "pending",
        "words": "",
        "message_id": None,
    }


def _event(sentence: Sentence) -> dict[str, object]:
    event = sentence.event
    return {
        "at": event.at.isoformat(),
        "action": str(event.action),
        "reason": str(event.reason),
        "text": sentence.text,
        "user": event.user,
        "run_id": event.run_id,
        "due": event.due.isoformat() if event.due else None,
        "age_days": event.age_days,
        "max_age_days": event.max_age_days,
        "note": event.note,
    }
