"""One part of a run, once its plan came out: what it leaves to the next part and to the next run.

A run has one part, unless its time runs out; then the function continues it in another execution.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from key_rotation.domain.exemption_changes import remembered, size_of
from key_rotation.domain.exemption_ends import bounded
from key_rotation.domain.exemptions import remembered_line
from key_rotation.domain.inventory import Inventory, Scan
from key_rotation.domain.model import Action, Mode, Now
from key_rotation.domain.plan import Plan
from key_rotation.domain.reported_days import next_reported_days
from key_rotation.domain.run_state import MAX_CONTINUATIONS, Continuation, RunState
from key_rotation.domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPart:
    """The facts of one part.

    event_id: the event for which the run takes place
    plan: the decisions as they came out
    ledger_created: when the ledger's table was created
    restored: whether it was restored from a backup since the last run
    continued_from: what the part before left to this one; None for the first part
    """

    now: Now
    mode: Mode
    settings: Settings
    inventory: Inventory
    event_id: str
    plan: Plan
    ledger_created: str = ""
    restored: bool = False
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
    def is_manual_report(self) -> bool:
        """Whether a person started it in report mode where enforce mode is set.

        Only its answer reports what it found, so later runs report it as if it had not been.
        """
        return self.mode is not self.settings.mode

    @property
    def saw_all_keys(self) -> bool:
        """Whether this one part read every key of the account."""
        all_read = not self.inventory.unreadable_user_ids
        return self.finishes_full_scan and self.number == 0 and all_read

    @property
    def exempt_key_ids(self) -> frozenset[str]:
        """The ids of the exempt keys among those that were read."""
        decided = {s.access_key_id: s.decision.action is Action.EXEMPT for s in self.plan.steps}
        return frozenset(
            key.access_key_id
            for key in self.inventory.keys
            if decided.get(key.access_key_id)
            or (
                key.access_key_id not in decided and self.settings.exemption_of(key, self.now.today)
            )
        )

    @property
    def finishes_full_scan(self) -> bool:
        """Whether this part is the last of a run that asked for the keys of all users.

        Users who could not be read are in `RunState.reported_days`, so each run asks again.
        """
        return self.inventory.scan is Scan.FULL and self.continuation is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedPart:
    """What of a part is remembered together with its digest.

    today: the day of the part
    number: of the part; 0 for the first
    read_user_ids, listed_user_ids: the users whose keys it read, and those of the account
    """

    today: date
    mode: Mode
    settings: Settings
    number: int
    read_user_ids: Collection[str]
    listed_user_ids: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSummary:
    """What came of the digest of a part.

    delivered: whether a digest was published, and counts as read
    fingerprint: of the (key, action) pairs, if it ran in report mode
    lasting: what lasts, by user id
    suspended_since: the suspensions, each with the day on which a run first saw it
    unmatched: the entries that match nothing; those in the digest are among `unmatched_listed`
    ending: the entries that end soon; those in the digest are among `ending_listed`

    Entries are given as their remembered lines.
    """

    delivered: bool = False
    fingerprint: str = ""
    lasting: Mapping[str, Collection[str]] = field(default_factory=dict)
    suspended_since: Mapping[str, date] = field(default_factory=dict)
    unmatched: tuple[str, ...] = ()
    unmatched_listed: tuple[str, ...] = ()
    ending: tuple[str, ...] = ()
    ending_listed: tuple[str, ...] = ()


def next_state(previous: RunState, part: RunPart, digest: DigestSummary) -> RunState:
    """Return what the next run must know.

    What a digest did not report, because it was not delivered or not sent, is not remembered as
    reported.
    """
    enforced = part.mode is Mode.ENFORCE
    today = part.now.today
    scanned, reported = previous.last_full_scan, previous.last_full_report_scan
    if part.finishes_full_scan:
        scanned, reported = (today, reported) if enforced else (scanned, today)
    counted = previous.after_changes(part.event_id, part.plan.changes if enforced else 0)
    state = replace(
        previous,
        last_full_scan=scanned,
        last_full_report_scan=reported,
        last_limit=part.settings.max_changes_per_run or previous.last_limit,
        expected_continuations=_expected_continuations(previous, part),
        ledger_created=part.ledger_created if enforced else previous.ledger_created,
        changes_by_event=counted.changes_by_event,
        stopped="",
    )
    if part.is_manual_report:
        return state
    reported_part = ReportedPart(
        today=today,
        mode=part.mode,
        settings=part.settings,
        number=part.number,
        read_user_ids=part.inventory.read_user_ids,
        listed_user_ids={user.user_id for user in part.inventory.users},
    )
    return after_digest(state, reported_part, digest)


def after_digest(before: RunState, part: ReportedPart, digest: DigestSummary) -> RunState:
    """Return the state with what came of the digest of a part."""
    today = part.today
    state = _after_settings(before, part, digest)
    named = today if digest.delivered else state.suspension_reported
    days = next_reported_days(
        state.reported_days,
        digest.lasting,
        read_user_ids=part.read_user_ids,
        listed_user_ids=part.listed_user_ids,
        reported_on=today if digest.delivered and part.mode is Mode.ENFORCE else None,
        other_bytes=_exemption_bytes(state),
    )
    return replace(
        state,
        reported_days=days,
        suspended_since=digest.suspended_since,
        suspension_reported=named if digest.suspended_since else None,
        report_fingerprints=_fingerprints(before, part, digest),
        chat_failure="" if digest.delivered else state.chat_failure,
    )


def _after_settings(state: RunState, part: ReportedPart, digest: DigestSummary) -> RunState:
    """Return the state with the parameters and the exemptions that a digest reported."""
    settings, today = part.settings, part.today
    ended = tuple(map(remembered_line, settings.ended_exemptions(today)))
    unmatched, ending = digest.unmatched_listed, digest.ending_listed
    if not digest.delivered:
        ended = tuple(line for line in ended if line in state.ended_exemptions)
        unmatched, ending = (), ()
    if digest.delivered or not state.parameters:
        state = replace(
            state,
            parameters=settings.raw,
            exemption_parameters=remembered(settings.exemption_parameters),
            exemptions_fingerprint=settings.exemptions_fingerprint,
        )
    return replace(
        state,
        ended_exemptions=bounded(ended),
        unmatched_exemptions=_named(state.unmatched_exemptions, digest.unmatched, unmatched, today),
        ending_exemptions=_named(state.ending_exemptions, digest.ending, ending, today),
    )


def _named(
    before: Mapping[str, date], found: Collection[str], named: Collection[str], today: date
) -> Mapping[str, date]:
    """Return the day on which each of the entries that were found was last named in a digest."""
    days = {line: day for line, day in before.items() if line in found}
    days |= dict.fromkeys(named, today)
    return {line: days[line] for line in bounded(days)}


def _exemption_bytes(state: RunState) -> int:
    lines = (*state.ended_exemptions, *state.unmatched_exemptions, *state.ending_exemptions)
    return size_of(state.exemption_parameters) + sum(len(line.encode()) + 20 for line in lines)


def _fingerprints(state: RunState, part: ReportedPart, digest: DigestSummary) -> tuple[str, ...]:
    """Return the fingerprints of the last report, with that of this part if people got it."""
    before = state.report_fingerprints
    if part.mode is Mode.ENFORCE:
        return before
    missing = part.number + 1 - len(before)
    fingerprints = [*before, *[""] * missing]
    if digest.delivered:
        fingerprints[part.number] = digest.fingerprint
    return tuple(fingerprints)


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
