"""The chat messages of a single account: of a digest, and of a run that was stopped."""

from collections.abc import Iterator

from key_rotation.domain.model import Mode, Now
from key_rotation.domain.suspension import Suspension
from key_rotation.errors import LeaseLostError, RunStoppedError, UnreadableItemError
from key_rotation.reporting import chat_keys
from key_rotation.reporting.chat_text import (
    DIGEST,
    STOPPED,
    ChatMessage,
    describe,
    plain,
    thread_id,
    title_of,
)
from key_rotation.reporting.digest import severity, subject_parts, subject_tail
from key_rotation.reporting.formatting import format_date
from key_rotation.reporting.report import Report
from key_rotation.reporting.stopped_message import DoneBeforeStop, error_text, what_follows

MAX_ERROR = 1200
"""Characters of an error."""
RESTORED = "RESTORED: the ledger comes from a backup, so notices and grace windows start again."
PAUSED = "PAUSED: no key is changed, and all announced days are suspended."
ALL_EXEMPT = "ALL EXEMPT: every key is exempt, so none is rotated."
REPORT_MODE = "REPORT MODE: nothing was changed."
FIX_IT = (
    "Fix the cause: the e-mail has the error, and the runbook what to do. The next run tries again."
)


def chat_message(report: Report) -> ChatMessage:
    """Write a digest in short."""
    news = chat_keys.urgent(report.outcomes)
    return ChatMessage(
        title=title_of(subject_parts(report), subject_tail(report)),
        description=describe(
            list(_head(report)),
            list(chat_keys.counts(report.outcomes)),
            [chat_keys.key_line(outcome, report) for outcome in news],
        ),
        next_steps=chat_keys.next_steps(news),
        thread_id=thread_id(report.account_id, report.now.today),
        event_type=DIGEST,
        context={
            "account_id": report.account_id,
            "run_id": report.run_id,
            "mode": str(report.mode),
            "severity": severity(report),
        },
    )


def _head(report: Report) -> Iterator[str]:
    """Say whose keys, and why nothing is enforced or starts again."""
    alias = plain(report.account_alias)
    account = f"{alias} ({report.account_id})" if alias else report.account_id
    yield f"Key rotation in account {account}, {format_date(report.now.today)}."
    suspended = report.suspended_since
    notes = {
        RESTORED: report.facts.restored,
        PAUSED: Suspension.PAUSED in suspended,
        ALL_EXEMPT: Suspension.ALL_EXEMPT in suspended,
        REPORT_MODE: report.mode is Mode.REPORT,
    }
    yield from (note for note, applies in notes.items() if applies)


def stopped_chat_message(
    error: RunStoppedError, account_id: str, run_id: str, now: Now, done: DoneBeforeStop
) -> ChatMessage:
    """Write what stopped a run, and what it did."""
    problem = error.problem if isinstance(error, UnreadableItemError) else error_text(error, done)
    kind = type(error).__name__.removesuffix("Error")
    where = f"Key rotation in account {account_id}, {format_date(now.today)}"
    head = (
        f"{where}: this run ended with an error.",
        plain(problem, MAX_ERROR),
        done.text,
        what_follows(error)[0],
    )
    return ChatMessage(
        title=f"STOPPED: {kind}",
        description=describe(head, (), ()),
        next_steps=() if isinstance(error, LeaseLostError) else (FIX_IT,),
        thread_id=thread_id(account_id, now.today),
        event_type=STOPPED,
        context={
            "account_id": account_id,
            "run_id": run_id,
            "mode": "stopped",
            "severity": "error",
        },
    )
