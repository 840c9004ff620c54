"""One part of a run, once its plan came out: what it leaves to the next part and to the next run.

A run has one part, unless its time runs out; then the function continues it in another execution.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from key_rotation.domain.inventory import Inventory, Scan
from key_rotation.domain.model import Mode, Now, Reason
from key_rotation.domain.plan import Plan
from key_rotation.domain.run_state import (
    MAX_CONTINUATIONS,
    MAX_UNKNOWN_STATUS,
    Continuation,
    RunState,
)
from key_rotation.domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPart:
    """The facts of one part.

    event_id: the event for which the run takes place
    plan: the decisions as they came out
    continued_from: what the part before left to this one; None for the first part
    """

    now: Now
    mode: Mode
    settings: Settings
    inventory: Inventory
    event_id: str
    plan: Plan
    continued_from: Continuation | None = None

    @property
    def number(self) -> int:
        """The number of this part; 0 for the first."""
        return self.continued_from.part if self.continued_from else 0

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
            scan=self.inventory.scan,
            event_id=self.event_id,
            edited=tuple(sorted(self.settings.edited)),
        )

    @property
    def finishes_full_scan(self) -> bool:
        """Whether this part is the last of a run that asked for the keys of all users.

        Users who could not be read are remembered, and each run asks for them again; of very many,
        only a full scan does.
        """
        last = self.continuation is None
        few_unread = len(self.inventory.unreadable_user_ids) < MAX_UNREAD
        return self.inventory.scan is Scan.FULL and last and few_unread


MAX_UNREAD = 1000
"""How many users are remembered whose keys could not be read: the ledger's item is limited."""


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
        last_limit=part.settings.max_changes_per_run or previous.last_limit,
        expected_continuations=_expected_continuations(previous, part),
        unread_user_ids=_unread_user_ids(previous, part),
        changes_by_event=previous.after_changes(part.event_id, part.plan.changes).changes_by_event,
    )


def _unknown_status(previous: RunState, part: RunPart) -> Mapping[str, str]:
    """Return the keys of unknown status; those of users who were not read stay as they were."""
    unread = {
        key_id: user_id
        for key_id, user_id in previous.unknown_status.items()
        if user_id not in part.inventory.read_user_ids
    }
    found = unread | {
        step.access_key_id: step.user.user_id
        for step in part.plan.steps
        if step.decision.reason is Reason.STATUS_UNKNOWN
    }
    return dict(sorted(found.items())[:MAX_UNKNOWN_STATUS])


def _expected_continuations(previous: RunState, part: RunPart) -> tuple[str, ...]:
    """Return the parts to come; a new run in enforce mode replaces those of earlier runs.

    A part stays expected until the next one has ended: if it dies before it invokes that one,
    Lambda retries it.
    """
    replaced = part.continued_from is None and part.mode is Mode.ENFORCE
    others = () if replaced else previous.expected_continuations
    chain = [part.continued_from, part.continuation] if part.continuation else []
    kept = (each for each in others if not each.startswith(f"{part.event_id} "))
    expected = (*kept, *(each.fingerprint for each in chain if each))
    return expected[-MAX_CONTINUATIONS:]


def _unread_user_ids(previous: RunState, part: RunPart) -> tuple[str, ...]:
    """Return the users to ask again: those of today, and earlier ones that no part has asked."""
    inventory = part.inventory
    listed = {user.user_id for user in inventory.users}
    asked = inventory.read_user_ids | inventory.unreadable_user_ids
    earlier = (user_id for user_id in previous.unread_user_ids if user_id in listed - asked)
    return (*sorted(inventory.unreadable_user_ids), *earlier)[:MAX_UNREAD]
