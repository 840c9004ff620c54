"""The hands: the one place that writes to IAM, key by key, with the ledger before and after.

The order is the promise. The intent is recorded before IAM is asked, so that a run that dies in
between is finished by the next; the outcome is recorded after, with the event that the digest has
to tell; and a key is read afresh right before it is deleted, since that cannot be undone.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from key_rotation import inventory, transitions
from key_rotation.aws import AWS_ERRORS, why
from key_rotation.decide import decide
from key_rotation.errors import ChangeRefusedError, LedgerError, OneKeyError
from key_rotation.lease import Lease
from key_rotation.ledger import Ledger
from key_rotation.model import AccessKey, Action, Decision, Now, Reason, Status
from key_rotation.plan import Plan, Step, failure_of
from key_rotation.settings import Settings
from key_rotation.watch import Event, Held

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

GONE = Decision(action=Action.CLOSE, reason=Reason.GONE)


@dataclass(frozen=True, slots=True)
class Hands:
    """What it takes to carry out a plan."""

    iam: "IAMClient"
    ledger: Ledger
    lease: Lease
    settings: Settings
    now: Now
    run_id: str

    def carry_out(self, plan: Plan) -> Plan:
        """Do what is decided, key by key, and record it; a notice is recorded once delivered.

        Returns the plan as it came out: each key's watch as it stands, and its decision as the key
        was found. One key's error is a failure, and the others go on; raises LeaseLostError.
        """
        steps: list[Step] = []
        failures = list(plan.failures)
        for step in plan.steps:
            self.lease.check()
            try:
                steps.append(step if step.deferred else self._act(step))
            except (OneKeyError, LedgerError) as error:
                failures.append(failure_of(step, f"could not {step.decision.action}: {error}"))
        return Plan(steps=tuple(steps), failures=tuple(failures))

    def _act(self, step: Step) -> Step:
        decision = step.decision
        match decision.action:
            case Action.KEEP | Action.EXEMPT:
                return self._keep(step)
            case Action.NOTICE:
                return step
            case Action.HOLD if step.watch and isinstance(step.watch.state, Held):
                return step
            case Action.DEACTIVATE if decision.reason is not Reason.FINISHED:
                return self._deactivate(step)
            case Action.DELETE if decision.reason is not Reason.FINISHED:
                return self._delete(step)
            case _:
                return self._record(step)

    def _keep(self, step: Step) -> Step:
        if step.watch is None:
            return step
        kept = transitions.kept(step.watch, step.decision, step.seen.key.status)
        return step if kept == step.watch else replace(step, watch=self.ledger.put(kept))

    def _record(self, step: Step) -> Step:
        """Record what is so already: nothing is asked of IAM."""
        event = Event(
            action=step.decision.action,
            reason=step.decision.reason,
            at=self.now.instant,
            run_id=self.run_id,
            due=step.decision.due,
            last_use=step.sighting.last_use if step.sighting else None,
        )
        happened = transitions.happened(step.memory, step.decision, step.sighting, event)
        return replace(step, watch=self.ledger.put(happened, [event]))

    def _deactivate(self, step: Step) -> Step:
        key = step.seen.key
        intent = self.ledger.put(transitions.intend(step.memory, Action.DEACTIVATE))
        exists = self._change(
            key,
            Status.INACTIVE,
            lambda: self.iam.update_access_key(
                UserName=key.user.name, AccessKeyId=key.access_key_id, Status="Inactive"
            ),
        )
        decision = step.decision if exists else GONE
        return self._record(replace(step, watch=intent, decision=decision))

    def _delete(self, step: Step) -> Step:
        """Delete a key that is still, read afresh, what the decision rests on."""
        seen = step.seen
        fresh = inventory.sight_again(self.iam, seen.key)
        if fresh is None:
            return self._record(replace(step, decision=GONE))
        step = replace(step, sighting=fresh)
        now_decided = decide(fresh, step.watch, now=self.now, settings=self.settings)
        if now_decided != step.decision:
            raise ChangeRefusedError(f"it changed meanwhile ({now_decided.reason}); left alone")
        key = fresh.key
        intent = self.ledger.put(transitions.intend(step.memory, Action.DELETE))
        self.lease.check()
        self._change(
            key,
            None,
            lambda: self.iam.delete_access_key(
                UserName=key.user.name, AccessKeyId=key.access_key_id
            ),
        )
        return self._record(replace(step, watch=intent))

    def _change(self, key: AccessKey, wanted: Status | None, change: Callable[[], object]) -> bool:
        """Ask IAM for a change, and say whether the key still exists.

        Where IAM refuses, or its answer is lost, the key is read back: only what it then shows
        counts. Raises ChangeRefusedError unless the key has the wanted status (None: is gone).
        """
        try:
            change()
        except AWS_ERRORS as cause:
            gone = isinstance(cause, ClientError) and inventory.is_gone(cause)
            found = None if gone else self._status(key)
            if found not in {wanted, None}:
                raise ChangeRefusedError(f"IAM did not do it ({why(cause)})") from cause
            return found is not None
        return wanted is not None

    def _status(self, key: AccessKey) -> Status | None:
        keys = inventory.list_keys(self.iam, key.user)
        found = [k.status for k in keys if k.access_key_id == key.access_key_id]
        return found[0] if found else None
