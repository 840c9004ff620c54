"""Deletes one key: it is read again right before each try, since a deletion cannot be undone."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from key_rotation.adapters.iam_reads import reread_key
from key_rotation.adapters.iam_writes import delete_once
from key_rotation.domain.decide import decide
from key_rotation.domain.model import Action, Decision, Reason
from key_rotation.domain.step import Step, StepFailure, step_failure
from key_rotation.errors import (
    ChangeRefusedError,
    KeyNotFoundError,
    KeyScopedError,
    TransientError,
    UnreadableError,
)
from key_rotation.service_layer.run_context import RunContext

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

GONE = Decision(action=Action.CLOSE, reason=Reason.GONE)
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between two tries. No call is tried again without reading the key again."""


@dataclass(frozen=True, slots=True)
class KeyDeleter:
    """Deletes keys.

    iam: tries each call once
    """

    iam: "IAMClient"
    context: RunContext

    def delete(self, step: Step) -> Step | StepFailure:
        """Read, decide and delete a key; tries again, from the beginning, what may succeed.

        Returns the step with the decision as the key was found: it may no longer be one to delete.
        """
        may_be_deleted = False
        pauses = list(PAUSES)
        while True:
            try:
                return self._try(step, may_be_deleted=may_be_deleted)
            except TransientError as error:
                may_be_deleted |= error.may_have_happened
                failure = failure_of(step, error)
            except UnreadableError as error:
                failure = failure_of(step, error)
                pauses = pauses if error.transient else []
            except KeyScopedError as error:
                failure = failure_of(step, error)
                pauses = []
            if not pauses:
                return replace(failure, not_begun=not may_be_deleted)
            self.context.execution.clock.sleep(pauses.pop(0))

    def _try(self, step: Step, *, may_be_deleted: bool) -> Step:
        key = step.observed_key.key
        gone = step if may_be_deleted else replace(step, decision=GONE)
        observed = reread_key(self.iam, key)
        if observed is None:
            return gone
        now, settings = self.context.now, self.context.settings
        decision = decide(observed, step.watch, now=now, settings=settings)
        step = replace(step, observed=observed, decision=decision)
        if decision.action is Action.DELETE:
            self.context.lease.check()
            try:
                delete_once(self.iam, key)
            except KeyNotFoundError:
                return self._confirm_gone(gone)
        return step

    def _confirm_gone(self, gone: Step) -> Step:
        """Read a key that IAM did not find: its user may have been renamed instead."""
        if reread_key(self.iam, gone.observed_key.key) is not None:
            text = "IAM did not find the key, and lists it"
            raise TransientError(text, may_have_happened=False)
        return gone


def failure_of(step: Step, error: KeyScopedError) -> StepFailure:
    """Name a change that failed; one that IAM refused has certainly had no effect."""
    failure = step_failure(step, f"could not {step.decision.action}: {error}")
    return replace(failure, not_begun=isinstance(error, ChangeRefusedError))
