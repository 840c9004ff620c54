"""What follows from a history for its keys.

Where a run was disturbed, two states may be possible, and both are kept: a notice has lapsed
certainly or possibly, and a grace window exists certainly or possibly.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from tests.simulation.expected_settings import ExpectedSettings
from tests.simulation.simulated_account import Key
from tests.simulation.simulator import KeyChange, ReportedEntry, Run, Simulator

SHORT_ABSENCE = timedelta(days=7)
"""How long an owner may turn a key off before its notice lapses."""
_STATUS = {"deactivated": "Inactive", "deleted": "deleted"}


@dataclass
class Window:
    """A grace window, as far as the history shows it.

    since: when the tool deactivated the key, or may first have adopted it
    start: from when the days count at the earliest
    order: when it opened, among all that happened
    certain: whether it must exist, and not only may
    """

    since: datetime
    start: datetime
    order: int
    certain: bool


class ExpectedHistory:
    """Keeps the facts of one history on which the promises depend.

    lapsed, possibly_lapsed: when the notices of a key lapsed, by key id
    interrupted: the keys whose notice or window was interrupted at some time
    deletions_off: the end of the last run that saw `delete-unused-keys` false; every deletion
        announced before is announced again
    """

    def __init__(self, simulator: Simulator) -> None:
        """Use a simulator."""
        self.simulator = simulator
        self.account = simulator.account
        self.lapsed: defaultdict[str, list[int]] = defaultdict(list)
        self.possibly_lapsed: defaultdict[str, list[int]] = defaultdict(list)
        self.windows: dict[str, Window] = {}
        self.interrupted: set[str] = set()
        self._possibly_begun: set[str] = set()
        self._inactive_since: dict[str, date] = {}
        self.deletions_off = 0

    # --- recording the history ------------------------------------------------------------------

    def record_ended_exemptions(self, run: Run, settings: ExpectedSettings) -> None:
        """Record the notices and holds that an exemption ended which no run saw in force."""
        for key in self.account.keys.values():
            if settings.last_exempt_day(key, run.day) > date.min:
                self.interrupted.add(key.key_id)
            notice_days = [
                entry.day
                for entry in self.entries(key.key_id, run.start)
                if entry.section == "noticed"
            ]
            if notice_days and max(notice_days) <= settings.last_exempt_day(key, run.day):
                self.possibly_lapsed[key.key_id].append(run.start)

    def record_report_run(self, run: Run, settings: ExpectedSettings) -> None:
        """Record the notices that a run in report mode may have cancelled."""
        self._record_deletions_off(run, settings)
        for key in self.account.keys.values():
            if settings.is_exempt(key, run.day) or key.status != "Active":
                self.possibly_lapsed[key.key_id].append(run.start)

    def record_run(self, run: Run, settings: ExpectedSettings) -> None:
        """Record the effect of a run in enforce mode on the keys."""
        for change in run.changes:
            if change.kind == "deactivated":
                at = run.now.instant
                self.windows[change.key.key_id] = Window(at, at, change.order, certain=True)
                if run.undisturbed:
                    self.lapsed[change.key.key_id].append(change.order)
                self.possibly_lapsed[change.key.key_id].append(change.order)
        self._record_deletions_off(run, settings)
        for key in self.account.keys.values():
            self._record_key(key, run, settings)

    def _record_deletions_off(self, run: Run, settings: ExpectedSettings) -> None:
        if not settings.delete_unused:
            self.deletions_off = run.end

    def _record_key(self, key: Key, run: Run, settings: ExpectedSettings) -> None:
        key_id = key.key_id
        exempt = settings.is_exempt(key, run.day)
        unknown_status = key.status not in {"Active", "Inactive"}
        fresh = self.day(key.created) + settings.max_age - settings.notice > run.day
        if exempt or fresh or key.status != "Active":
            self.possibly_lapsed[key_id].append(run.start)
        absent = self._record_absence(key, run) > SHORT_ABSENCE
        if run.undisturbed and (exempt or fresh or unknown_status or absent):
            self.lapsed[key_id].append(run.start)
        if exempt or unknown_status:
            self.interrupted.add(key_id)
        self._record_window(key, run, settings, exempt=exempt, unknown_status=unknown_status)

    def _record_absence(self, key: Key, run: Run) -> timedelta:
        """Return for how long the key was kept inactive, if it is active again.

        A disturbed run may not have seen the status, so that the absence is at most as long.
        """
        if key.status == "Inactive":
            if run.undisturbed:
                self._inactive_since.setdefault(key.key_id, run.day)
            return timedelta(0)
        return run.day - self._inactive_since.pop(key.key_id, run.day)

    def _record_window(
        self, key: Key, run: Run, settings: ExpectedSettings, *, exempt: bool, unknown_status: bool
    ) -> None:
        key_id = key.key_id
        if key.status == "Active":
            possibly_begun = self._possibly_begun
            (possibly_begun.discard if run.undisturbed else possibly_begun.add)(key_id)
        window = self.windows.get(key_id)
        if (
            window
            and settings.adopt_inactive
            and run.undisturbed
            and key.status == "Inactive"
            and not exempt
        ):
            window.certain = True
        if (
            window
            and not run.undisturbed
            and "Active" in {key.status, run.observed.status.get(key_id)}
        ):
            window.certain = False
        self._open_or_close_window(key, run, settings, exempt=exempt, unknown_status=unknown_status)
        ended = settings.last_exempt_day(key, run.day)
        if window and run.error is None and self.day(window.start) <= ended:
            since = datetime.combine(ended + timedelta(days=1), time.min)
            window.start = since.replace(tzinfo=self.simulator.zone)

    def _open_or_close_window(
        self, key: Key, run: Run, settings: ExpectedSettings, *, exempt: bool, unknown_status: bool
    ) -> None:
        key_id, at = key.key_id, run.now.instant
        window = self.windows.get(key_id)
        if window is None:
            possibly_ours = settings.adopt_inactive or key_id in self._possibly_begun
            if key.status == "Inactive" and possibly_ours and not exempt:
                certain = settings.adopt_inactive and run.undisturbed
                self.windows[key_id] = Window(at, at, run.end, certain)
        elif run.undisturbed and key.status == "Active":
            del self.windows[key_id]
        elif run.undisturbed and (exempt or unknown_status):
            window.start = at

    # --- querying the history -------------------------------------------------------------------

    def notices(
        self, key: Key, order: int, lapsed: Mapping[str, list[int]], *, certain: bool = False
    ) -> list[ReportedEntry]:
        """Return the notices of a key that were delivered and are in force."""
        since = max((at for at in lapsed.get(key.key_id, ()) if at < order), default=0)
        return [
            entry
            for entry in self.entries(key.key_id, order)
            if entry.section == "noticed"
            and entry.delivered
            and entry.order > since
            and (entry.certain or not certain)
        ]

    def announced_days(
        self,
        key: Key,
        kind: str,
        order: int,
        *,
        since: int = 0,
        except_message: int = 0,
        certain: bool = True,
    ) -> list[date]:
        """Return the announced days of the deactivation or deletion of a key."""
        return [
            entry.due
            for entry in self.entries(key.key_id, order)
            if entry.due
            and announced_action(entry) == kind
            and (entry.certain or not certain)
            and entry.order >= since
            and entry.message_number != except_message
        ]

    def entries(self, key_id: str | None, order: int) -> Iterator[ReportedEntry]:
        """Return the reported entries of a key before a place in the history."""
        reported = self.simulator.reported[key_id or ""]
        return (entry for entry in reported if entry.order < order)

    def changes(self) -> list[KeyChange]:
        """Return all changes of keys."""
        return self.simulator.changes

    def certain_reports(self, entry: ReportedEntry) -> int:
        """Return how often the same was reported before with certainty."""
        return sum(
            earlier.certain and earlier.section == entry.section
            for earlier in self.entries(entry.key_id, entry.order)
        )

    def times_happened(self, key: Key, entry: ReportedEntry) -> int:
        """Return how often a change happened, or may count as ours, before it was reported.

        A run that died between its intent and its call cannot tell its own change from that of a
        person.
        """
        by_tool = sum(
            change.kind == entry.section and change.key is key and change.order < entry.order
            for change in self.changes()
        )
        status = _STATUS[entry.section]
        disturbed_at = [run.now.instant for run in self.simulator.runs if not run.undisturbed]
        by_people = sum(
            turn.status == status and not turn.by_tool and any(at <= turn.at for at in disturbed_at)
            for turn in self.account.status_changes[key.key_id]
        )
        return by_tool + by_people

    def times_turned_on(self, key: Key) -> int:
        """Return how often someone reactivated a key."""
        status_changes = self.account.status_changes[key.key_id]
        return sum(
            before.status == "Inactive" and after.status == "Active"
            for before, after in pairwise(status_changes)
        )

    def find_key(self, key_id: str) -> Key | None:
        """Return a key by its id, even if it was deleted; None if there was none."""
        return self.account.keys.get(key_id) or self.account.deleted_keys.get(key_id)

    def age_order(self, key: Key) -> tuple[datetime, str]:
        """Return a sort key that puts the oldest key first."""
        return key.created, key.key_id

    def day(self, instant: datetime) -> date:
        """Return the calendar day of an instant."""
        return instant.astimezone(self.simulator.zone).date()


def announced_action(entry: ReportedEntry) -> str | None:
    """Return the action that the day of an entry announces: a deactivation or a deletion."""
    match entry.section:
        case "noticed":
            return "deactivation"
        case "deactivated" | "extended" | "adopted":
            return "deletion"
        case "upcoming":
            return "deactivation" if entry.observed_status == "Active" else "deletion"
        case _:
            return None
