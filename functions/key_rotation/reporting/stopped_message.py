"""The message of a run that was stopped by an error: what was done, and what was not."""

import json
from dataclasses import asdict, dataclass

from key_rotation import __version__
from key_rotation.domain.model import Now
from key_rotation.errors import LeaseLostError, RunStoppedError, UnreadableItemError
from key_rotation.reporting.commands import one_line
from key_rotation.reporting.formatting import (
    format_date,
    pluralize,
    sanitize_line,
    wrap,
    wrap_foreign,
)
from key_rotation.reporting.sns_message import Message, variants


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneBeforeStop:
    """What a part of a run did before an error stopped it.

    part: the number of the part; 0 for the first
    deactivated, deleted: how many keys it changed; None where that could not be read
    begun: how many more changes have an intent, of which it is not known whether IAM made them
    reported: whether its digest was published
    """

    part: int = 0
    deactivated: int | None = 0
    deleted: int | None = 0
    begun: int = 0
    reported: bool = False

    @property
    def text(self) -> str:
        """Say it in one paragraph, without a claim about other parts or other runs."""
        who = f"Part {self.part + 1} of the run" if self.part else "This run"
        if self.deactivated is None or self.deleted is None:
            return f"{who} may have changed keys; the next run finds out and reports it."
        sentences = []
        if self.deactivated or self.deleted:
            changes = f"deactivated {pluralize(self.deactivated, 'key')} and deleted {self.deleted}"
            by = "Its digest" if self.reported else "The next run"
            sentences.append(f"{who} {changes} before it stopped. {by} reports them.")
        elif not self.begun:
            sentences.append(f"{who} changed no key.")
        if self.begun:
            changes = pluralize(self.begun, "more change" if sentences else "change")
            verb = "was" if self.begun == 1 else "were"
            sentences.append(f"{changes} {verb} begun; the next run finds out what came of it.")
        if self.part:
            sentences.append("The e-mails of the earlier parts report what those did.")
        return " ".join(sentences)


def stopped_message(
    error: RunStoppedError, account_id: str, run_id: str, now: Now, done: DoneBeforeStop
) -> Message:
    """Write what stopped a run. It has no account alias, since reading that may be what fails."""
    problem, command = error_text(error, done), tuple[str, ...]()
    if isinstance(error, UnreadableItemError):
        problem, command = error.problem, error.command
    kind = type(error).__name__.removesuffix("Error")
    lines = [
        f"Key rotation in account {account_id}",
        f"{format_date(now.today)}. STOPPED ({kind}): this run ended with an error.",
        "",
        *wrap_foreign("", sanitize_line(problem, 8000)),
        *(["", "To fix it:", *(f"  {line}" for line in command)] if command else []),
        "",
        *wrap("", done.text),
        "",
        *what_follows(error),
        "",
        f"Run {run_id}, key-rotation {__version__}.",
    ]
    data = {
        "run_id": run_id,
        "version": __version__,
        "account_id": account_id,
        "at": now.instant.isoformat(),
        "stopped": kind,
        "error": error_text(error, done),
        "done": asdict(done) | {"part": done.part + 1},
        **({"fix": one_line(command)} if command else {}),
    }
    attributes = {"mode": "stopped", "severity": "error", "account_id": account_id}
    return Message(
        subject=f"[key-rotation] {account_id}: STOPPED: {kind}",
        variants=variants("\n".join(lines) + "\n", json.dumps(data)),
        attributes={**attributes, "event": ("stopped",)},
    )


def error_text(error: RunStoppedError, done: DoneBeforeStop) -> str:
    """Return the error; what it says of one part it must not say of the whole run."""
    text = str(error)
    return text.replace(" Nothing was changed.", "") if done.part else text


def what_follows(error: RunStoppedError) -> list[str]:
    """Return what happens to the other keys, then what to do."""
    if isinstance(error, LeaseLostError):
        return ["The run that took over goes on with the other keys."]
    return [
        "Keys that this run did not reach are not rotated until a run succeeds.",
        "The next run tries again. If it stops too: docs/runbook.md.",
    ]
