"""Checks the promises after each run, from the history alone.

The history contains what people did, what IAM showed, which settings a run read, and which messages
were delivered; nothing of the product's code, ledger or reasons. Where a run was disturbed, the
oracle accepts every state that is possible: a disturbed run may have begun to deactivate any key,
so a key that its owner deactivated since counts as deactivated by the tool. What an undisturbed run
did must be right.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from key_rotation.errors import (
    InvalidSettingsError,
    ListUsersError,
    NoListenerError,
    RunInProgressError,
    RunStoppedError,
    SettingsUnreadableError,
)
from tests.simulation.expected_history import ExpectedHistory, announced_action
from tests.simulation.expected_settings import ExpectedSettings
from tests.simulation.fault_injection import INTERVENTION, KilledError
from tests.simulation.simulated_account import Key
from tests.simulation.simulator import (
    SEQUENCE,
    STALLED,
    KeyChange,
    ReportedEntry,
    Run,
    Simulator,
    watches_and_history,
)

BEFORE_ANY_CHANGE = (
    InvalidSettingsError,
    SettingsUnreadableError,
    ListUsersError,
    NoListenerError,
)
MAX_DEACTIVATIONS = 3
PROPAGATION = timedelta(hours=1)
TOLERANCE = timedelta(hours=12)
NOTICE_OUTDATED_AFTER = timedelta(days=30)
LONGEST_NOTICE = timedelta(days=20)
"""A notice has at most nine days here; a later day was announced under other settings."""


class BrokenPromiseError(AssertionError):
    """Raised when the history contradicts a promise."""


def check_promise(kept: object, text: str) -> None:
    """Raise BrokenPromiseError if a promise was not kept."""
    if not kept:
        raise BrokenPromiseError(text)


class Oracle:
    """Checks one history, run by run."""

    def __init__(self, simulator: Simulator) -> None:
        """Use a simulator."""
        self._simulator = simulator
        self._account = simulator.account
        self._expected = ExpectedHistory(simulator)

    def check(self, run: Run) -> None:
        """Check one run, and record its effect on the keys."""
        settings = ExpectedSettings.parse(run.observed.settings) if run.observed.settings else None
        enforce = settings is not None and not run.report and settings.mode == "enforce"
        self._check_ending(run, settings, enforce=enforce)
        for change in run.changes:
            check_promise(
                settings and enforce,
                "3, 11: a run without settings or in report mode changed a key",
            )
            assert settings
            self._check_change(change, settings)
            if change.kind == "deactivated":
                self._check_deactivation(change, settings)
            else:
                self._check_deletion(change, settings)
        if settings and enforce:
            self._check_limit(run, settings)
            self._expected.record_ended_exemptions(run, settings)
        for entry in run.entries:
            self._check_entry(entry, settings)
        if settings and enforce:
            self._expected.record_run(run, settings)
        elif settings:
            self._expected.record_report_run(run, settings)
        if settings and run.undisturbed and enforce:
            self._check_all_changes_reported(run)
            self._check_done_on_time(run, settings)

    # --- the end of a run -----------------------------------------------------------------------

    def _check_ending(self, run: Run, settings: ExpectedSettings | None, *, enforce: bool) -> None:
        error = run.error
        if run.observed.settings is not None and not isinstance(error, KilledError):
            expected: type[BaseException] | None = None
            if settings is None:
                expected = InvalidSettingsError
            elif enforce and not run.subscriber_count:
                expected = NoListenerError
            if expected or not run.injector.disturbances:
                check_promise(
                    type(error) is (expected or type(None)),
                    f"3: expected {expected}; the run ended with {error!r}",
                )
        check_promise(
            error is None or isinstance(error, (RunStoppedError, RunInProgressError, KilledError)),
            f"3: an unexpected error: {error!r}",
        )
        if isinstance(error, BEFORE_ANY_CHANGE) and INTERVENTION not in run.injector.disturbances:
            unchanged = watches_and_history(run.items_before) == watches_and_history(
                self._simulator.aws.table.items
            )
            part = len(run.responses)
            check_promise(part or unchanged, f"3: {error!r}, but the ledger was changed")
            late = [change for change in run.changes if change.part >= part]
            check_promise(not late, f"3: {error!r}, but IAM was changed")

    # --- changes of keys ------------------------------------------------------------------------

    def _check_change(self, change: KeyChange, settings: ExpectedSettings) -> None:
        key, day = change.key, change.run.day
        check_promise(
            not settings.is_exempt(key, day), f"an exempt key was {change.kind}: {key.key_id}"
        )
        expected = {"deactivated": "Active", "deleted": "Inactive"}[change.kind]
        check_promise(
            change.observed_status == expected,
            f"{key.key_id} was {change.kind}, but IAM showed {change.observed_status}",
        )

    def _check_deactivation(self, change: KeyChange, settings: ExpectedSettings) -> None:
        """Promise 1."""
        key, day = change.key, change.run.day
        if change.status_before != "Active":  # someone else deactivated it first
            return
        stale = self._expected.day(key.created) + settings.max_age
        check_promise(stale <= day, f"1: {key.key_id} was deactivated before it was stale")
        announced = self._expected.announced_days(key, "deactivation", change.order)
        late = [due for due in announced if due > day]
        check_promise(not late, f"1: {key.key_id} was deactivated on {day}; announced was {late}")
        earlier_deactivations = sum(
            earlier.key is key and earlier.kind == "deactivated" and earlier.run.undisturbed
            for earlier in self._expected.changes()
            if earlier.order < change.order
        )
        check_promise(
            earlier_deactivations < MAX_DEACTIVATIONS or key.key_id in self._expected.interrupted,
            f"{key.key_id} was deactivated once more",
        )
        if settings.notice == timedelta(0):
            return
        notices = self._expected.notices(key, change.order, self._expected.lapsed)
        full_notices = [
            notice
            for notice in notices
            if notice.day + settings.notice <= day
            and day - max(*announced, stale, notice.due or day, notice.day + settings.notice)
            <= NOTICE_OUTDATED_AFTER
        ]
        days = [(str(notice.day), str(notice.due)) for notice in notices]
        check_promise(
            full_notices,
            f"1: {key.key_id} was deactivated on {day} without a full notice; it had {days}",
        )

    def _check_deletion(self, change: KeyChange, settings: ExpectedSettings) -> None:
        """Promise 2."""
        key, day = change.key, change.run.day
        window = self._expected.windows.get(key.key_id)
        check_promise(
            settings.delete_unused, f"2: {key.key_id} was deleted, but delete-unused-keys is false"
        )
        check_promise(
            change.last_use_reads >= 2, f"2: {key.key_id} was deleted without a fresh read"
        )
        check_promise(window, f"2: {key.key_id} was deleted, but the tool had not deactivated it")
        assert window
        check_promise(
            self._expected.day(window.start) + settings.grace <= day,
            f"2: {key.key_id} was deleted on {day}; its window began {window.start}",
        )
        if change.observed_last_use and change.observed_last_use > window.since + PROPAGATION:
            check_promise(
                self._expected.day(change.observed_last_use) + settings.grace <= day,
                f"2: {key.key_id} was deleted on {day}, and used {change.observed_last_use}",
            )
        announced = self._expected.announced_days(key, "deletion", change.order, since=window.order)
        late = [due for due in announced if due > day]
        check_promise(not late, f"2: {key.key_id} was deleted on {day}; announced was {late}")

    def _check_limit(self, run: Run, settings: ExpectedSettings) -> None:
        """Promise 4."""
        check_promise(
            len(run.changes) <= settings.max_changes, f"4: {len(run.changes)} changes in one run"
        )
        for part, response in enumerate(run.responses):
            deferred = [entry["access_key_id"] for entry in response["deferred"]]
            deferred_keys = [self._expected.find_key(key_id) for key_id in deferred]
            for change in (change for change in run.changes if change.part == part):
                younger = [
                    key
                    for key in deferred_keys
                    if key and self._expected.age_order(key) < self._expected.age_order(change.key)
                ]
                check_promise(not younger, f"4: {change.key.key_id} was changed before older keys")

    # --- reported entries -----------------------------------------------------------------------

    def _check_entry(self, entry: ReportedEntry, settings: ExpectedSettings | None) -> None:
        """Promise 6: nothing is reported that did not happen, and nothing twice."""
        key = self._expected.find_key(entry.key_id or "")
        if key is None or entry.section in {"failed", "deferred", "exempt"}:
            return
        subject = f"6: {key.key_id} was reported as {entry.section} on {entry.day}"
        intervened = INTERVENTION in entry.run.injector.disturbances
        if entry.section in {"deleted", "closed"}:
            check_promise(not entry.key_exists, f"{subject}, but it exists")
        elif entry.section in {"noticed", "upcoming"}:
            check_promise(entry.key_exists or intervened, f"{subject}, but it was deleted")
        if entry.section == "noticed":
            self._check_notice(entry, key, settings, subject)
        self._check_number_of_reports(entry, key, subject)
        if not intervened and entry.section == "held" and entry.status in {"Active", "Inactive"}:
            times = self._expected.times_turned_on(key)
            check_promise(times >= 3, f"{subject}; it was reactivated {times} times")
        reminder = entry.section == "upcoming" and entry.reminder and entry.enforced
        if reminder and not _stalled(entry):
            self._check_first_reminder(entry, subject)
        self._check_announced_day(entry, key, subject)

    def _check_number_of_reports(self, entry: ReportedEntry, key: Key, subject: str) -> None:
        """A change is reported as often as it was made."""
        if entry.section in {"deactivated", "deleted"}:
            happened = self._expected.times_happened(key, entry)
            earlier = self._expected.certain_reports(entry)
            check_promise(
                earlier < happened or _stalled(entry),
                f"{subject} {earlier + 1} times; it happened {happened} times",
            )
        if entry.section in {"closed", "adopted"} and self._expected.certain_reports(entry):
            check_promise(entry.section == "adopted" or _stalled(entry), f"{subject} twice")
        if entry.section == "closed":
            deleted_by_tool = any(
                change.kind == "deleted" and change.key is key
                for change in self._expected.changes()
            )
            check_promise(not deleted_by_tool, f"{subject}, but the tool deleted it")

    def _check_notice(
        self, entry: ReportedEntry, key: Key, settings: ExpectedSettings | None, subject: str
    ) -> None:
        assert entry.due
        assert settings
        intervened = INTERVENTION in entry.run.injector.disturbances
        check_promise(
            entry.status == "Active" or intervened, f"{subject}, but it is {entry.status}"
        )
        check_promise(
            not settings.is_exempt(key, entry.day) or intervened, f"{subject}, but it is exempt"
        )
        stale = self._expected.day(key.created) + settings.max_age
        check_promise(
            entry.due >= entry.day + settings.notice, f"{subject}, too late for {entry.due}"
        )
        check_promise(entry.due >= stale, f"{subject} for {entry.due}, before it is stale")
        for notice in self._expected.notices(
            key, entry.order, self._expected.possibly_lapsed, certain=True
        ):
            due = max(notice.due or stale, stale, notice.day + settings.notice)
            if notice.message_number != entry.message_number and not _stalled(entry):
                check_promise(
                    entry.day - due > NOTICE_OUTDATED_AFTER,
                    f"{subject} twice: {notice.day} for {due}",
                )

    def _check_announced_day(self, entry: ReportedEntry, key: Key, subject: str) -> None:
        """An announced day only moves later."""
        kind = announced_action(entry)
        if entry.due is None or kind is None:
            return
        window = self._expected.windows.get(key.key_id)
        since = (window.order if window else entry.order) if kind == "deletion" else 0
        announced = self._expected.announced_days(
            key, kind, entry.order, since=since, except_message=entry.message_number
        )
        check_promise(
            not announced or max(announced) <= entry.due,
            f"{subject} for {entry.due}; announced was {max(announced, default=None)}",
        )

    def _check_first_reminder(self, entry: ReportedEntry, subject: str) -> None:
        """A day is announced, and there is one reminder of it."""
        same_day = [
            earlier
            for earlier in self._expected.entries(entry.key_id, entry.order)
            if earlier.due == entry.due
            and earlier.enforced
            and earlier.delivered
            and not _says_that_nothing_is_deleted(earlier)
        ]
        reminders = [earlier for earlier in same_day[1:] if earlier.certain and earlier.reminder]
        check_promise(not reminders, f"{subject}: a second reminder")

    def _check_all_changes_reported(self, run: Run) -> None:
        """A change is reported by the next undisturbed run."""
        for change in self._expected.changes():
            delivered = any(
                entry.delivered and entry.section == change.kind and entry.order > change.order
                for entry in self._simulator.reported[change.key.key_id]
            )
            no_change = change.kind == "deactivated" and change.status_before == "Inactive"
            made_by_person = not change.run.undisturbed and any(
                other.at >= change.run.now.instant and not other.by_tool
                for other in self._account.status_changes[change.key.key_id]
            )
            check_promise(
                delivered or no_change or made_by_person,
                f"6: {change.key.key_id} was {change.kind} on {change.run.day}; by {run.day} "
                "it was not reported",
            )

    def _check_done_on_time(self, run: Run, settings: ExpectedSettings) -> None:
        """Every key is changed on its day, unless the limit of changes defers it."""
        postponed = {
            entry["access_key_id"]
            for response in run.responses
            for section in ("deferred", "failed", "held")
            for entry in response[section]
        }
        postponed |= {
            entry.key_id for entry in run.entries if entry.section in {"noticed", "extended"}
        }
        for key in self._account.keys.values():
            due = self._due_day(key, run, settings)
            if due and key.key_id not in postponed and not settings.is_exempt(key, run.day):
                late = due <= run.day <= due + NOTICE_OUTDATED_AFTER
                late &= run.now.instant >= self._earliest(key, run, settings)
                check_promise(not late, f"{key.key_id} was due on {due}; it is {key.status}")

    def _earliest(self, key: Key, run: Run, settings: ExpectedSettings) -> datetime:
        """Return when the days of the notice or the window have lasted their hours, less twelve."""
        if key.status == "Active":
            notices = self._expected.notices(key, run.start, self._expected.possibly_lapsed)
            starts = [notice.run.now.instant + settings.notice for notice in notices]
        else:
            window = self._expected.windows[key.key_id]
            uses = (use.at for use in key.uses if use.at > window.start)
            starts = [start + settings.grace for start in (window.start, *uses)]
        return max(starts) - TOLERANCE

    def _due_day(self, key: Key, run: Run, settings: ExpectedSettings) -> date | None:
        """Return the day of the deactivation or deletion of a key, if it is certain."""
        if key.status == "Active":
            notices = self._expected.notices(
                key, run.start, self._expected.possibly_lapsed, certain=True
            )
            if not notices:
                return None
            announced = self._expected.announced_days(key, "deactivation", run.end, certain=False)
            stale = self._expected.day(key.created) + settings.max_age
            return max(*announced, stale, *(notice.day + settings.notice for notice in notices))
        window = self._expected.windows.get(key.key_id)
        if (
            key.status != "Inactive"
            or not window
            or not window.certain
            or not settings.delete_unused
        ):
            return None
        since = max(window.order, self._expected.deletions_off)
        if not self._expected.announced_days(key, "deletion", run.start, since=since):
            return None  # the window may be unreported, and then it is reported first
        announced = self._expected.announced_days(
            key, "deletion", run.start, since=since, certain=False
        )
        uses = [use.at for use in key.uses]
        days = [self._expected.day(at) + settings.grace for at in (*uses, window.start)]
        return max(*announced, *days)

    # --- the end of a history -------------------------------------------------------------------

    def overdue(self, day: date) -> Iterator[str]:
        """List what is due by a day and not done."""
        values = {name: value for name, (value, _) in self._account.parameters.items()}
        settings = ExpectedSettings.parse(values)
        assert settings
        for key in self._account.keys.values():
            reported = self._simulator.reported[key.key_id]
            if any(entry.section == "held" for entry in reported) or settings.is_exempt(key, day):
                continue
            stale = self._expected.day(key.created) + settings.max_age <= day
            announced_day = max(
                self._expected.announced_days(key, "deactivation", next(SEQUENCE)), default=day
            )
            if key.status == "Active" and stale and announced_day - day <= LONGEST_NOTICE:
                yield f"{key.key_id} is stale and active"
            window = self._expected.windows.get(key.key_id)
            if key.status == "Inactive" and window and window.certain and settings.delete_unused:
                yield f"{key.key_id} is in its grace window"


def _stalled(entry: ReportedEntry) -> bool:
    """Return whether its run continued after another one took over: it may be publishing then."""
    return STALLED in entry.run.injector.disturbances


def _says_that_nothing_is_deleted(entry: ReportedEntry) -> bool:
    """Return whether an entry announces no deletion, since `delete-unused-keys` was false."""
    settings = entry.run.observed.settings or {}
    return announced_action(entry) == "deletion" and settings["delete-unused-keys"] == "false"
