"""Publishes that a run of the organization was stopped before it looked at an account."""

import hashlib
import re
from dataclasses import replace

from key_rotation.adapters.organisation_runs import OrganisationRuns
from key_rotation.adapters.sns_topic import SnsTopic
from key_rotation.domain.model import Now
from key_rotation.domain.organisation.organisation_run import OrganisationState
from key_rotation.errors import (
    InvalidEventError,
    InvalidSettingsError,
    KeyRotationError,
    LedgerError,
    PublishError,
)
from key_rotation.organisation.digest_event import DigestEvent, StepError
from key_rotation.reporting.organisation.stopped_message import stopped_message
from key_rotation.reporting.response import Document


def publish_stopped(
    event: DigestEvent,
    topic: SnsTopic,
    runs: OrganisationRuns,
    organization_id: str,
    now: Now,
) -> Document:
    """Publish what stopped a run, unless an earlier one published the same today.

    The person who sent an input that was not accepted reads it in the failed execution; it is not
    published. If the ledger cannot be read, it is published: twice is better than never.
    """
    error = event.stopped
    if error is None or error.kind == InvalidEventError.__name__:
        return {"published": False}
    previous = _state(runs)
    text = f"{now.today} {error.kind} {_without_ids(error)}"
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    if previous and previous.stopped == fingerprint:
        return {"published": False}
    message = stopped_message(
        kind=error.kind,
        text=error.text,
        organization_id=organization_id,
        execution_arn=event.execution_arn,
        now=now,
    )
    try:
        topic.publish(message)
    except PublishError:
        return {"published": False}  # the failed execution and its alarm remain
    if previous:
        _remember(runs, replace(previous, stopped=fingerprint))
    return {"published": True}


def _without_ids(error: StepError) -> str:
    """Return the error without words that have a digit, since each try has ids of its own.

    Of bad settings, the value is what matters.
    """
    is_value = error.kind == InvalidSettingsError.__name__
    return error.text if is_value else re.sub(r"\S*\d\S*", "", error.text)


def _state(runs: OrganisationRuns) -> OrganisationState | None:
    try:
        return runs.read_state()
    except KeyRotationError:
        return None


def _remember(runs: OrganisationRuns, state: OrganisationState) -> None:
    try:
        runs.write_state(state)
    except LedgerError:
        return  # the next one is published once more
