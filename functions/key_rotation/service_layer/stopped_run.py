"""Publishes that a run was stopped, and keeps it in the history of runs."""

import hashlib
import re
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from key_rotation import __version__
from key_rotation.adapters.clients import DeploymentClients
from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.ledger_history import RunHistory
from key_rotation.adapters.ledger_items import Partitions
from key_rotation.adapters.sns_topic import SnsTopic
from key_rotation.domain.model import Action, Reason, RunEnvironment
from key_rotation.domain.run_history import RunSummary
from key_rotation.domain.run_state import RunState
from key_rotation.domain.watch import Deactivating, Deleting, Event, Watch
from key_rotation.errors import (
    InvalidSettingsError,
    KeyRotationError,
    LeaseLostError,
    LedgerError,
    PublishError,
    RunStoppedError,
)
from key_rotation.reporting.chat_message import stopped_chat_message
from key_rotation.reporting.formatting import sanitize_line
from key_rotation.reporting.outcome import Section
from key_rotation.reporting.stopped_message import DoneBeforeStop, stopped_message
from key_rotation.service_layer.chat_notifier import ChatNotifier, remember_failure
from key_rotation.service_layer.run_context import Execution, Stage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def notify_run_stopped(
    error: RunStoppedError,
    clients: DeploymentClients,
    environment: RunEnvironment,
    execution: Execution,
) -> str:
    """Publish what stopped a run, and what it did, unless an earlier try published the same today.

    If the ledger cannot be read, it is published: twice is better than never. If SNS or the ledger
    does not accept it, the log and the function's error remain. Returns why the chat message about
    it was not accepted; empty if it was, or if there is none.
    """
    partitions = Partitions(environment.ledger_account)
    ledger = Ledger(clients.table, "", partitions)
    done = _done(ledger, execution)
    text = f"{execution.now.today} {type(error).__name__} {_without_ids(error)} {done.text}"
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    state = _state(ledger)
    message_id = None
    if not state or state.stopped != fingerprint:
        message_id = _publish(error, clients, environment, execution, done)
    writable = None if isinstance(error, LeaseLostError) else state  # else it is another run's
    if message_id and writable:
        writable = replace(writable, stopped=fingerprint)
        with suppress(LedgerError):
            ledger.write_run_state(writable)
    with suppress(LedgerError):
        summary = _summary(error, execution, done, message_id)
        RunHistory(clients.table, partitions).write_run(summary)
    if not message_id:
        return ""
    failure = _send_chat(error, clients, environment, execution, done)
    if failure and writable:
        remember_failure(ledger, writable, failure)
    return failure


def record_run_stopped(
    error: RunStoppedError, table: "Table", partitions: Partitions, execution: Execution
) -> DoneBeforeStop:
    """Keep in the history that a run was stopped, and return what it did: others publish it."""
    done = _done(Ledger(table, "", partitions), execution)
    with suppress(LedgerError):
        RunHistory(table, partitions).write_run(_summary(error, execution, done, None))
    return done


def _publish(
    error: RunStoppedError,
    clients: DeploymentClients,
    environment: RunEnvironment,
    execution: Execution,
    done: DoneBeforeStop,
) -> str | None:
    """Publish what stopped a run; returns the id of the message, None if SNS does not accept it."""
    run_id, now = execution.run_id, execution.now
    message = stopped_message(error, environment.account_id, run_id, now, done)
    try:
        return SnsTopic(clients.sns, environment.topic_arn).publish(message)
    except PublishError:
        return None


def _send_chat(
    error: RunStoppedError,
    clients: DeploymentClients,
    environment: RunEnvironment,
    execution: Execution,
    done: DoneBeforeStop,
) -> str:
    """Publish it to the chat topic; returns why SNS did not accept it, or an empty text."""
    run_id, now = execution.run_id, execution.now
    chat = ChatNotifier.of(clients.sns, environment.chat_topic_arn)
    compose = partial(stopped_chat_message, error, environment.account_id, run_id, now, done)
    return chat.send(compose, now.today)


def _summary(
    error: RunStoppedError, execution: Execution, done: DoneBeforeStop, message_id: str | None
) -> RunSummary:
    """Return what the history keeps of a run that was stopped."""
    progress = execution.progress
    counts = {Section.DEACTIVATED: done.deactivated, Section.DELETED: done.deleted}
    return RunSummary(
        run_id=execution.run_id,
        event_id=progress.event_id,
        started=execution.now.instant,
        version=__version__,
        part=progress.part,
        mode=progress.mode,
        counts={str(section): count for section, count in counts.items() if count},
        settings=progress.parameters,
        message_id=message_id,
        delivered=message_id is not None,
        stopped=sanitize_line(f"{type(error).__name__}: {error}", 2000),
    )


def _without_ids(error: RunStoppedError) -> str:
    """Return the error without words that have a digit, since each try has a request id of its own.

    Of bad settings, the value is what matters.
    """
    text = str(error)
    return text if isinstance(error, InvalidSettingsError) else re.sub(r"\S*\d\S*", "", text)


def _done(ledger: Ledger, execution: Execution) -> DoneBeforeStop:
    """Return what the run did; the ledger knows it where the run ended among its changes."""
    progress = execution.progress
    known = DoneBeforeStop(
        part=progress.part,
        deactivated=progress.deactivated,
        deleted=progress.deleted,
        reported=progress.stage is Stage.REPORTED,
    )
    if progress.stage is not Stage.CHANGING:
        return known
    try:
        watches = ledger.read_watches().by_key_id.values()
    except KeyRotationError:
        return replace(known, deactivated=None, deleted=None)
    return replace(
        known,
        deactivated=sum(_did(watch, Action.DEACTIVATE, execution.run_id) for watch in watches),
        deleted=sum(_did(watch, Action.DELETE, execution.run_id) for watch in watches),
        begun=sum(isinstance(watch.state, Deactivating | Deleting) for watch in watches),
    )


def _did(watch: Watch, action: Action, run_id: str) -> bool:
    """Return whether a run did something to a key, and did not only record it."""

    def is_it(event: Event) -> bool:
        finished = event.reason is Reason.FINISHED
        return (event.action, event.run_id) == (action, run_id) and not finished

    return any(map(is_it, watch.unreported_events))


def _state(ledger: Ledger) -> RunState | None:
    try:
        return ledger.read_run_state()
    except KeyRotationError:
        return None
