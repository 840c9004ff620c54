"""The promises, judged after each run from the history alone.

It knows what people did, what IAM showed, which settings a run read, and which messages were heard;
of the product's code, its ledger and its reasons it knows nothing. Where a run was disturbed, it
gives the product the benefit of the doubt (it may have begun to deactivate any key; turned off by
its owner then, that key counts as ours); what was done on a clean day has to be right.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from key_rotation.errors import (
    InvalidSettingsError,
    ListUsersError,
    NoSubscriberError,
    RunInProgressError,
    RunStoppedError,
    SettingsUnreadableError,
)
from tests.aws.histories.account import Key
from tests.aws.histories.calls import KilledError
from tests.aws.histories.expected_history import ExpectedHistory, kind_of
from tests.aws.histories.simulator import ORDER, STOOD_STILL, Run, Simulator, Telling, Write, ledger
from tests.aws.histories.thresholds import Rules

BEFORE_ANY_CHANGE = (
    InvalidSettingsError,
    SettingsUnreadableError,
    ListUsersError,
    NoSubscriberError,
)
MOST_CUTS = 3
LATE = timedelta(hours=1)
OUTDATED = timedelta(days=30)
FAR = timedelta(days=20)
"""A notice is at most nine days here; a later day was told under other thresholds, and holds."""


class BrokenPromise(AssertionError):  # noqa: N818  # it is what it says
    """Raised when the history shows something that was promised not to be."""


def promise(kept: object, text: str) -> None:
    """Hold somebody to a promise."""
    if not kept:
        raise BrokenPromise(text)


class Oracle:
    """Judges one history, run by run."""

    def __init__(self, harness: Simulator) -> None:
        """Hand in what is to be watched."""
        self._harness = harness
        self._account = harness.account
        self._witness = ExpectedHistory(harness)

    def judge(self, run: Run) -> None:
        """Hold one run to the promises, and remember what it makes of the keys."""
        rules = Rules.of(run.seen.settings) if run.seen.settings else None
        enforce = rules is not None and not run.report and rules.mode == "enforce"
        self._ending(run, rules, enforce=enforce)
        for write in run.writes:
            promise(rules and enforce, "3, 11: a run without settings, or in report mode, changed")
            assert rules
            self._allowed(write, rules)
            if write.kind == "deactivated":
                self._deactivated(write, rules)
            else:
                self._deleted(write, rules)
        if rules and enforce:
            self._limit(run, rules)
            self._witness.void_what_an_exemption_ended(run, rules)
        for telling in run.tellings:
            self._true(telling, rules)
        if rules and enforce:
            self._witness.remember(run, rules)
        elif rules:
            self._witness.void_what_a_report_saw(run, rules)
        if rules and run.clean and enforce:
            self._all_told(run)
            self._in_time(run, rules)

    # --- how a run ends -------------------------------------------------------------------------

    def _ending(self, run: Run, rules: Rules | None, *, enforce: bool) -> None:
        error = run.error
        if run.seen.settings is not None and not isinstance(error, KilledError):
            wanted: type[BaseException] | None = None
            if rules is None:
                wanted = InvalidSettingsError
            elif enforce and not run.listeners:
                wanted = NoSubscriberError
            if wanted or not run.gate.met:
                promise(
                    type(error) is (wanted or type(None)),
                    f"3: expected {wanted}; the run ended with {error!r}",
                )
        promise(
            error is None or isinstance(error, (RunStoppedError, RunInProgressError, KilledError)),
            f"an error that nobody named: {error!r}",
        )
        if isinstance(error, BEFORE_ANY_CHANGE) and "a deed" not in run.gate.met:
            unchanged = ledger(run.before) == ledger(self._harness.cloud.table.items)
            part = len(run.answers)
            promise(part or unchanged, f"3: {error!r}, and yet the ledger was changed")
            late = [write for write in run.writes if write.part >= part]
            promise(not late, f"3: {error!r}, and yet IAM was changed")

    # --- what may be done -----------------------------------------------------------------------

    def _allowed(self, write: Write, rules: Rules) -> None:
        key, day = write.key, write.run.day
        promise(not rules.exempts(key, day), f"an exempt key was {write.kind}: {key.key_id}")
        wanted = {"deactivated": "Active", "deleted": "Inactive"}[write.kind]
        promise(
            write.shown == wanted, f"{key.key_id} was {write.kind}, though IAM showed {write.shown}"
        )

    def _deactivated(self, write: Write, rules: Rules) -> None:
        """Promise 1."""
        key, day = write.key, write.run.day
        if write.was != "Active":  # somebody was quicker: nothing was cut
            return
        stale = self._witness.day(key.created) + rules.max_age
        promise(stale <= day, f"1: {key.key_id} was cut before it was stale")
        told = self._witness.told_days(key, "cut", write.order)
        late = [due for due in told if due > day]
        promise(not late, f"1: {key.key_id} was cut on {day}, and was to work until {late}")
        cuts = sum(
            before.key is key and before.kind == "deactivated" and before.run.clean
            for before in self._witness.writes()
            if before.order < write.order
        )
        promise(
            cuts < MOST_CUTS or key.key_id in self._witness.broken,
            f"{key.key_id} was cut once more",
        )
        if rules.notice == timedelta(0):
            return
        notices = self._witness.notices(key, write.order, self._witness.void)
        good = [
            notice
            for notice in notices
            if notice.day + rules.notice <= day
            and day - max(*told, stale, notice.due or day, notice.day + rules.notice) <= OUTDATED
        ]
        days = [(str(notice.day), str(notice.due)) for notice in notices]
        promise(good, f"1: {key.key_id} was cut on {day} without a full notice; it had {days}")

    def _deleted(self, write: Write, rules: Rules) -> None:
        """Promise 2."""
        key, day = write.key, write.run.day
        window = self._witness.windows.get(key.key_id)
        promise(rules.delete, f"2: {key.key_id} was deleted, though nothing is to be")
        promise(write.reads >= 2, f"2: {key.key_id} was deleted without a fresh look")
        promise(window, f"2: {key.key_id} was deleted, and was not ours")
        assert window
        promise(
            self._witness.day(window.start) + rules.grace <= day,
            f"2: {key.key_id} was deleted on {day}; its window began {window.start}",
        )
        if write.shown_use and write.shown_use > window.since + LATE:
            promise(
                self._witness.day(write.shown_use) + rules.grace <= day,
                f"2: {key.key_id} was deleted on {day}, and used {write.shown_use}",
            )
        told = self._witness.told_days(key, "end", write.order, since=window.order)
        late = [due for due in told if due > day]
        promise(not late, f"2: {key.key_id} was deleted on {day}; told was {late}")

    def _limit(self, run: Run, rules: Rules) -> None:
        """Promise 4."""
        promise(len(run.writes) <= rules.changes, f"4: {len(run.writes)} changes in one run")
        for part, answer in enumerate(run.answers):
            deferred = [entry["access_key_id"] for entry in answer["deferred"]]
            waiting = [self._witness.key(key_id) for key_id in deferred]
            for write in (write for write in run.writes if write.part == part):
                younger = [
                    key
                    for key in waiting
                    if key and self._witness.age(key) < self._witness.age(write.key)
                ]
                promise(not younger, f"4: {write.key.key_id} went before older keys")

    # --- what may be said -----------------------------------------------------------------------

    def _true(self, telling: Telling, rules: Rules | None) -> None:
        """Promise 6: nothing is told that did not happen, and nothing twice."""
        key = self._witness.key(telling.key_id or "")
        if key is None or telling.section in {"failed", "deferred", "exempt"}:
            return
        name = f"6: {telling.section} was told of {key.key_id} on {telling.day}"
        calm = "a deed" not in telling.run.gate.met
        if telling.section in {"deleted", "closed"}:
            promise(not telling.exists, f"{name}, and it exists")
        elif telling.section in {"noticed", "upcoming"}:
            promise(telling.exists or not calm, f"{name}, and it is gone")
        if telling.section == "noticed":
            self._notice_is_true(telling, key, rules, name)
        self._happened_once(telling, key, name)
        if calm and telling.section == "held" and telling.status in {"Active", "Inactive"}:
            times = self._witness.turned_on(key)
            promise(times >= 3, f"{name}; it was turned on {times} times")
        reminder = telling.section == "upcoming" and telling.reminder and telling.enforced
        if reminder and not _stood_still(telling):
            self._once(telling, name)
        self._only_later(telling, key, name)

    def _happened_once(self, telling: Telling, key: Key, name: str) -> None:
        """What was done is reported as often as it was done."""
        if telling.section in {"deactivated", "deleted"}:
            done = self._witness.done(key, telling)
            told = self._witness.firmly_told(telling)
            again = _stood_still(telling)
            promise(
                told < done or again, f"{name} for the {told + 1}th time; it happened {done} times"
            )
        if telling.section in {"closed", "adopted"} and self._witness.firmly_told(telling):
            promise(telling.section == "adopted" or _stood_still(telling), f"{name} twice")
        if telling.section == "closed":
            own = any(
                write.kind == "deleted" and write.key is key for write in self._witness.writes()
            )
            promise(not own, f"{name}, and the tool deleted it")

    def _notice_is_true(self, telling: Telling, key: Key, rules: Rules | None, name: str) -> None:
        assert telling.due
        assert rules
        calm = "a deed" not in telling.run.gate.met
        promise(telling.status == "Active" or not calm, f"{name}, and it is {telling.status}")
        promise(not rules.exempts(key, telling.day) or not calm, f"{name}, and it is exempt")
        stale = self._witness.day(key.created) + rules.max_age
        promise(telling.due >= telling.day + rules.notice, f"{name}, too late for {telling.due}")
        promise(telling.due >= stale, f"{name} for {telling.due}, before it is stale")
        for notice in self._witness.notices(
            key, telling.order, self._witness.perhaps_void, firm=True
        ):
            due = max(notice.due or stale, stale, notice.day + rules.notice)
            if notice.mail != telling.mail and not _stood_still(telling):
                promise(telling.day - due > OUTDATED, f"{name} twice: {notice.day} for {due}")

    def _only_later(self, telling: Telling, key: Key, name: str) -> None:
        """A day once told only moves later."""
        kind = kind_of(telling)
        if telling.due is None or kind is None:
            return
        window = self._witness.windows.get(key.key_id)
        since = (window.order if window else telling.order) if kind == "end" else 0
        told = self._witness.told_days(key, kind, telling.order, since=since, but=telling.mail)
        promise(
            not told or max(told) <= telling.due,
            f"{name} for {telling.due}; told was {max(told, default=None)}",
        )

    def _once(self, telling: Telling, name: str) -> None:
        again = [
            earlier
            for earlier in self._witness.tellings(telling.key_id, telling.order)
            if earlier.firm and earlier.reminder and earlier.enforced and earlier.due == telling.due
        ]
        promise(not again, f"{name}: a second reminder")

    def _all_told(self, run: Run) -> None:
        """What happened is told by the next run that goes well."""
        for write in self._witness.writes():
            heard = any(
                telling.heard and telling.section == write.kind and telling.order > write.order
                for telling in self._harness.told[write.key.key_id]
            )
            nothing_new = write.kind == "deactivated" and write.was == "Inactive"
            undone = not write.run.clean and any(
                turn.at >= write.run.now.instant and not turn.by_tool
                for turn in self._account.turns[write.key.key_id]
            )
            promise(
                heard or nothing_new or undone,
                f"6: {write.key.key_id} was {write.kind} on {write.run.day}; by {run.day} "
                "nobody was told",
            )

    def _in_time(self, run: Run, rules: Rules) -> None:
        """Nothing is left over on its day, unless the limit of changes puts it off."""
        later = {
            entry["access_key_id"]
            for answer in run.answers
            for section in ("deferred", "failed", "held")
            for entry in answer[section]
        }
        later |= {t.key_id for t in run.tellings if t.section in {"noticed", "extended"}}
        for key in self._account.keys.values():
            due = self._due(key, run, rules)
            if due and key.key_id not in later and not rules.exempts(key, run.day):
                late = due <= run.day <= due + OUTDATED
                promise(not late, f"{key.key_id} was due on {due}; it is {key.status}")

    def _due(self, key: Key, run: Run, rules: Rules) -> date | None:
        """The day of a key's deactivation or deletion, where it can be known for sure."""
        if key.status == "Active":
            notices = self._witness.notices(key, run.start, self._witness.perhaps_void, firm=True)
            if not notices:
                return None
            told = self._witness.told_days(key, "cut", run.order, firm=False)
            stale = self._witness.day(key.created) + rules.max_age
            return max(*told, stale, *(notice.day + rules.notice for notice in notices))
        window = self._witness.windows.get(key.key_id)
        if key.status != "Inactive" or not window or not window.sure or not rules.delete:
            return None
        since = window.order
        if not self._witness.told_days(key, "end", run.start, since=since):
            return None  # perhaps nobody heard of the window, and then it is told first
        told = self._witness.told_days(key, "end", run.start, since=since, firm=False)
        uses = [use.at for use in key.uses]
        days = [self._witness.day(at) + rules.grace for at in (*uses, window.start)]
        return max(*told, *days)

    # --- what is to come ------------------------------------------------------------------------

    def outstanding(self, day: date) -> Iterator[str]:
        """Name what is due by a day, and not done."""
        values = {name: value for name, (value, _) in self._account.parameters.items()}
        rules = Rules.of(values)
        assert rules
        for key in self._account.keys.values():
            told = self._harness.told[key.key_id]
            if any(telling.section == "held" for telling in told) or rules.exempts(key, day):
                continue
            stale = self._witness.day(key.created) + rules.max_age <= day
            promised = max(self._witness.told_days(key, "cut", next(ORDER)), default=day)
            if key.status == "Active" and stale and promised - day <= FAR:
                yield f"{key.key_id} is stale, and works"
            window = self._witness.windows.get(key.key_id)
            if key.status == "Inactive" and window and window.sure and rules.delete:
                yield f"{key.key_id} is in its window"


def _stood_still(telling: Telling) -> bool:
    """Whether its run woke after another had taken over: it may be at the very call that tells."""
    return STOOD_STILL in telling.run.gate.met
