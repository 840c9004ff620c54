"""Publishes that a run was stopped, unless the last stopped run of today had the same error."""

import hashlib
from dataclasses import replace

from key_rotation.adapters.clients import DeploymentClients
from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.ledger_items import Partitions
from key_rotation.adapters.sns_topic import SnsTopic
from key_rotation.domain.model import RunEnvironment
from key_rotation.domain.run_state import RunState
from key_rotation.errors import KeyRotationError, RunStoppedError
from key_rotation.reporting.stopped_message import stopped_message
from key_rotation.service_layer.run_context import Execution


def notify_run_stopped(
    error: RunStoppedError,
    clients: DeploymentClients,
    environment: RunEnvironment,
    execution: Execution,
) -> None:
    """Publish what stopped a run, unless an earlier try of today has published the same.

    If the ledger cannot be read, it is published: twice is better than never. If SNS does not
    accept it, the log and the function's error remain.
    """
    now = execution.now
    ledger = Ledger(clients.table, "", Partitions(environment.ledger_account))
    text = f"{now.today} {type(error).__name__} {error}"
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    state = _state(ledger)
    if state and state.stopped == fingerprint:
        return
    try:
        SnsTopic(clients.sns, environment.topic_arn).publish(
            stopped_message(error, environment.account_id, execution.run_id, now)
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
