"""Publishes what the digest step reported to the chat topic, as its last thing and never twice.

It comes after the run has ended: a digest step that is tried again then only answers.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from key_rotation.adapters.organisation_runs import OrganisationRuns
from key_rotation.domain.model import Now
from key_rotation.errors import LedgerError
from key_rotation.organisation.digest_event import StepError
from key_rotation.organisation.published_digest import PublishedDigest
from key_rotation.reporting.organisation.chat_message import chat_message, stopped_chat_message
from key_rotation.reporting.organisation.report import OrganisationReport
from key_rotation.service_layer.chat_notifier import ChatNotifier


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatStep:
    """The chat messages of one organization; both return why SNS did not accept one, or nothing."""

    chat: ChatNotifier
    runs: OrganisationRuns
    now: Now

    def send_digest(self, report: OrganisationReport, published: PublishedDigest) -> str:
        """Publish a digest in short, if one was published."""
        if not published.message_ids:
            return ""
        compose = partial(chat_message, report, published.named)
        return self._remembered(self.chat.send(compose, self.now.today))

    def send_stopped(self, error: StepError, organization_id: str, execution_arn: str) -> str:
        """Publish what stopped a run."""
        compose = partial(
            stopped_chat_message, error.kind, error.text, organization_id, execution_arn, self.now
        )
        return self._remembered(self.chat.send(compose, self.now.today))

    def _remembered(self, failure: str) -> str:
        """Leave a failure to the next digest; if the ledger does not accept it, the log has it."""
        if failure:
            with suppress(LedgerError):
                self.runs.write_state(replace(self.runs.read_state(), chat_failure=failure))
        return failure
