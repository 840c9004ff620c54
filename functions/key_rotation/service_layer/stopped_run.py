"""Publishes that a run was stopped, unless the last stopped run of today had the same error."""

import hashlib
import json
import textwrap
from dataclasses import replace

from key_rotation.adapters.clients import DeploymentClients
from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.ledger_items import Partitions
from key_rotation.adapters.sns_topic import SnsTopic
from key_rotation.domain.model import Now, RunEnvironment
from key_rotation.domain.run_state import RunState
from key_rotation.errors import KeyRotationError, RunStoppedError
from key_rotation.reporting.formatting import WIDTH, format_date, sanitize_line
from key_rotation.reporting.sns_message import Message, variants


def notify_run_stopped(
    error: RunStoppedError, clients: DeploymentClients, environment: RunEnvironment, now: Now
) -> None:
    """Publish what stopped a run, unless an earlier try of today has published the same.

    If the ledger cannot be read, it is published: twice is better than never. If SNS does not
    accept it, the log and the function's error remain.
    """
    ledger = Ledger(clients.table, "", Partitions(environment.ledger_account))
    text = f"{now.today} {type(error).__name__} {error}"
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    state = _state(ledger)
    if state and state.stopped == fingerprint:
        return
    try:
        SnsTopic(clients.sns, environment.topic_arn).publish(
            _message(error, environment.account_id, now)
        )
        if state:
            ledger.write_run_state(replace(state, stopped=fingerprint))
    except KeyRotationError:
        return


def _state(ledger: Ledger) -> RunState | None:
    try:
        return ledger.read_run_state()
    except KeyRotationError:
        return None


def _message(error: RunStoppedError, account_id: str, now: Now) -> Message:
    kind = type(error).__name__.removesuffix("Error")
    lines = [
        f"Key rotation in account {account_id}",
        f"{format_date(now.today)}. STOPPED ({kind}): this run ended with an error.",
        "",
        *textwrap.wrap(sanitize_line(str(error), 8000), WIDTH, break_long_words=False),
        "",
        "Keys that this run did not reach are not rotated until a run succeeds.",
        "The next run tries again. If it stops too: docs/runbook.md.",
    ]
    data = {"account_id": account_id, "at": now.instant.isoformat(), "stopped": kind}
    return Message(
        subject=f"[key-rotation] {account_id}: STOPPED: {kind}",
        variants=variants("\n".join(lines) + "\n", json.dumps(data | {"error": str(error)})),
        attributes={
            "mode": "stopped",
            "severity": "error",
            "account_id": account_id,
            "event": ("stopped",),
        },
    )
