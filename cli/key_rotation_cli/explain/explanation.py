"""What `explain` tells of one key, before it is shown."""

from dataclasses import dataclass
from datetime import datetime

from key_rotation.domain.model import LastUse, Now
from key_rotation.domain.owners.mail import OwnerMail
from key_rotation.domain.owners.sent_mail import SentMail
from key_rotation.domain.settings import Settings
from key_rotation_cli.explain.events import PastEvent
from key_rotation_cli.explain.key_now import KeyNow
from key_rotation_cli.explain.sentences import (
    event_sentence,
    next_commands,
    next_sentence,
    suspension_sentence,
)
from key_rotation_cli.operate.restore import is_ours
from key_rotation_cli.status.recorded import recorded_text

NOT_READ = "status not read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """An event and its sentence."""

    event: PastEvent
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One key.

    user: the owner's name; of a key that is gone, the last one known
    status: in IAM's own word, or NOT_READ; None if the key is gone
    created, last_use: None where they are not known
    next_due: the day of what comes next
    next_texts: what comes next
    commands: what changes it
    mails: those to its owner that SES accepted, the oldest first
    pending: those that SES has not accepted
    """

    access_key_id: str
    user: str
    status: str | None
    created: datetime | None
    age_days: int | None
    last_use: LastUse | None
    history: tuple[Sentence, ...]
    next_due: str | None
    next_texts: tuple[str, ...]
    commands: tuple[str, ...]
    mails: tuple[SentMail, ...] = ()
    pending: tuple[OwnerMail, ...] = ()


def explain_key(
    access_key_id: str,
    found: KeyNow,
    events: tuple[PastEvent, ...],
    settings: Settings,
    now: Now,
) -> Explanation | None:
    """Explain a key; None if neither IAM nor the ledger knows it. Raises CliError."""
    observed, watch = found.observed, found.watch
    if not (observed or watch or events):
        return None
    if found.problem:
        return _by_the_ledger(access_key_id, found, events, now)
    key = observed.key if observed else watch
    decision = found.decision(now, settings)
    suspended = suspension_sentence(settings) if observed else ""
    texts = (next_sentence(decision, observed, settings, now), suspended)
    return Explanation(
        access_key_id=access_key_id,
        user=key.user.name if key else events[-1].user,
        status=observed.key.status_text if observed else None,
        created=key.created if key else None,
        age_days=(now.today - now.day(key.created)).days if key else None,
        last_use=observed.last_use if observed else None,
        history=tuple(Sentence(event=each, text=event_sentence(each, now)) for each in events),
        next_due=decision.due.isoformat() if decision.due else None,
        next_texts=tuple(text for text in texts if text),
        commands=tuple(next_commands(decision, access_key_id, now.today, ours=is_ours(watch))),
    )


def _by_the_ledger(
    access_key_id: str, found: KeyNow, events: tuple[PastEvent, ...], now: Now
) -> Explanation:
    """Explain a key of an account whose IAM was not read: what comes next is not decided."""
    watch = found.watch
    recorded = recorded_text(watch) if watch else "no notice in force"
    return Explanation(
        access_key_id=access_key_id,
        user=watch.user.name if watch else events[-1].user,
        status=NOT_READ,
        created=watch.created if watch else None,
        age_days=(now.today - now.day(watch.created)).days if watch else None,
        last_use=None,
        history=tuple(Sentence(event=each, text=event_sentence(each, now)) for each in events),
        next_due=None,
        next_texts=(f"The ledger has: {recorded}. Whether that comes is not known.",),
        commands=(),
    )
