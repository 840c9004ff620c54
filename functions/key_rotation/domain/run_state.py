"""What one run leaves for the next besides the watches: what was reported, and what is left."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date

from key_rotation.domain.inventory import Scan
from key_rotation.domain.model import Mode
from key_rotation.domain.reported_days import ReportedDays
from key_rotation.domain.settings import Parameter

MAX_CONTINUATIONS = 100
"""How many are expected at most, so that the item stays below DynamoDB's limit of 400 KB."""
REMEMBERED_EVENTS = 8
"""Lambda tries an event three times, and runs that people start come in between."""
DEFAULT_LIMIT = 25
"""The `max-changes-per-run` of a new deployment, for one that was paused from the beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """What the last run read and reported.

    parameters: the settings it ran with, by name; empty before the first run
    exemption_parameters: those of one exemption each, as far as they are remembered
    exemptions_fingerprint: of all of these
    ended_exemptions: the exemptions whose end a digest has reported
    ending_exemptions: those that end soon, with the day of the last digest that named them
    reported_days: what lasts, and when a digest last reported it; also names users to read again
    suspended_since: the suspensions, each with the day on which a run first saw it
    suspension_reported: the last day on which a digest named a suspension that is in force
    unmatched_exemptions: the entries that match nothing, with the day of the last digest with them
    report_fingerprints: of the last digest in report mode, one for each part of the run
    last_full_scan: the last day on which a run in enforce mode read the keys of all users
    last_full_report_scan: the same of a run in report mode, which gives no notices
    last_limit: the last `max-changes-per-run` above 0: new days are given by it while it is 0
    stopped: the fingerprint of the last message that a run was stopped; empty after a good run
    expected_continuations: the fingerprints of what runs left to their next parts
    chat_failure: why the last chat message was not accepted, if no digest has reported it
    ledger_created: when the table was created, so that one restored from a backup is recognised
    changes_by_event: how many keys were changed, or tried, for each of the last events
    """

    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    exemption_parameters: Mapping[str, Parameter] = field(default_factory=dict)
    exemptions_fingerprint: str = ""
    ended_exemptions: tuple[str, ...] = ()
    ending_exemptions: Mapping[str, date] = field(default_factory=dict)
    reported_days: ReportedDays = field(default_factory=dict)
    suspended_since: Mapping[str, date] = field(default_factory=dict)
    suspension_reported: date | None = None
    unmatched_exemptions: Mapping[str, date] = field(default_factory=dict)
    report_fingerprints: tuple[str, ...] = ()
    last_full_scan: date | None = None
    last_full_report_scan: date | None = None
    last_limit: int = DEFAULT_LIMIT
    stopped: str = ""
    chat_failure: str = ""
    expected_continuations: tuple[str, ...] = ()
    ledger_created: str = ""
    changes_by_event: Mapping[str, int] = field(default_factory=dict)

    def is_of_another_table(self, ledger_created: str) -> bool:
        """Return whether it was read from a table into which it was restored from a backup."""
        return self.ledger_created not in {"", ledger_created}

    def after_changes(self, event_id: str, changes: int) -> "RunState":
        """Count changes for an event; all its retries and parts share one limit."""
        if not changes:
            return self
        total = self.changes_by_event.get(event_id, 0) + changes
        others = {k: n for k, n in self.changes_by_event.items() if k != event_id}
        last = list(others.items())[1 - REMEMBERED_EVENTS :]
        return replace(self, changes_by_event=dict([*last, (event_id, total)]))

    def last_full_scan_in(self, mode: Mode) -> date | None:
        """Return the last full scan that counts in a mode.

        One in report mode counts for report mode only, since it gave no notices.
        """
        days = [self.last_full_scan, self.last_full_report_scan if mode is Mode.REPORT else None]
        return max((day for day in days if day), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """What one part of a run leaves to the next part, which the function invokes itself.

    part: the number of the next part; the first part of a run is 0
    user_ids: the users whose keys are still to be read, in order
    scan: which users' keys the run reads
    event_id: the event for which the run takes place
    edited: the parameters that the run was the first to see edited
    """

    part: int
    user_ids: tuple[str, ...]
    scan: Scan
    event_id: str
    edited: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """What the ledger stores, to recognise the part that it expects; its event comes first."""
        document = json.dumps(asdict(self), sort_keys=True)
        return f"{self.event_id} {hashlib.sha256(document.encode()).hexdigest()}"
