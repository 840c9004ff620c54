"""One part of a run, once its plan came out: what it leaves to the next part and to the next run.

A run has one part, unless its time runs out; then the function continues it in another execution.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from key_rotation.domain.inventory import Inventory, Scan
from key_rotation.domain.model import Mode, Now, Reason
from key_rotation.domain.plan import Plan
from key_rotation.domain.run_state import Continuation, RunState
from key_rotation.domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPart:
    """The facts of one part.

    plan: the decisions as they came out
    limit: how many keys this part was allowed to deactivate or delete
    continued_from: what the part before left to this one; None for the first part
    """

    now: Now
    mode: Mode
    settings: Settings
    inventory: Inventory
    plan: Plan
    limit: int
    continued_from: Continuation | None = None

    @property
    def number(self) -> int:
        """The number of this part; 0 for the first."""
        return self.continued_from.part if self.continued_from else 0

    @property
    def complete(self) -> bool:
        """Whether this part, and those before it, could read the keys of all their users."""
        failed = any(failure.access_key_id is None for failure in self.inventory.failures)
        return not failed and (self.continued_from is None or self.continued_from.complete)

    @property
    def continuation(self) -> Continuation | None:
        """What is left to the next part: the users for whom there was no time, in order."""
        not_started = (step.user.user_id for step in self.plan.not_started)
        user_ids = dict.fromkeys((*not_started, *self.inventory.unread_user_ids))
        if not user_ids:
            return None
        return Continuation(
            part=self.number + 1,
            user_ids=tuple(user_ids),
            changes_left=self.limit - self.plan.changes,
            scan=self.inventory.scan,
            complete=self.complete,
        )

    @property
    def finishes_full_scan(self) -> bool:
        """Whether this part is the last of a run that read the keys of all users."""
        return self.inventory.scan is Scan.FULL and self.complete and self.continuation is None


def next_state(previous: RunState, part: RunPart, report_fingerprint: str) -> RunState:
    """Return what the next run must know.

    report_fingerprint: of the digest of this part, if it ran in report mode
    """
    enforced = part.mode is Mode.ENFORCE
    today = part.now.today
    scanned, reported = previous.last_full_scan, previous.last_full_report_scan
    if part.finishes_full_scan:
        scanned, reported = (today, reported) if enforced else (scanned, today)
    fingerprints = previous.report_fingerprints
    if not enforced:
        before, after = fingerprints[: part.number], fingerprints[part.number + 1 :]
        fingerprints = (*before, report_fingerprint, *after)
    return RunState(
        parameters=part.settings.raw,
        ended_exemptions=part.settings.ended_exemptions(today),
        unknown_status=_unknown_status(previous, part),
        report_fingerprints=fingerprints,
        last_full_scan=scanned,
        last_full_report_scan=reported,
        expected_continuations=_expected_continuations(previous, part),
    )


def _unknown_status(previous: RunState, part: RunPart) -> Mapping[str, str]:
    """Return the keys of unknown status; those of users who were not read stay as they were."""
    unread = {
        key_id: user_id
        for key_id, user_id in previous.unknown_status.items()
        if user_id not in part.inventory.read_user_ids
    }
    return unread | {
        step.access_key_id: step.user.user_id
        for step in part.plan.steps
        if step.decision.reason is Reason.STATUS_UNKNOWN
    }


def _expected_continuations(previous: RunState, part: RunPart) -> tuple[str, ...]:
    """Return the parts to come; a new run in enforce mode replaces those of earlier runs."""
    expected = list(previous.expected_continuations)
    if part.continued_from:
        expected.remove(part.continued_from.fingerprint)
    elif part.mode is Mode.ENFORCE:
        expected = []
    return (*expected, part.continuation.fingerprint) if part.continuation else tuple(expected)
