"""The promises, judged after each run from the history alone.

It knows what people did, what IAM showed, which settings a run read, and which messages were heard;
of the product's code, its ledger and its reasons it knows nothing. Where a run was disturbed, it
gives the product the benefit of the doubt (it may have begun to deactivate any key; turned off by
its owner then, that key counts as ours); what was done on a clean day has to be right.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Self

from key_rotation.errors import (
    AnotherRunError,
    BadSettingsError,
    ListingError,
    NobodyListensError,
    RunStoppedError,
    SettingsUnreadableError,
)
from tests.aws.histories.account import Key
from tests.aws.histories.calls import KilledError
from tests.aws.histories.harness import ORDER, STOOD_STILL, Harness, Run, Telling, Write, ledger

BEFORE_ANY_CHANGE = (BadSettingsError, SettingsUnreadableError, ListingError, NobodyListensError)
RANGES = {
    "max-age-days": range(1, 1096),
    "notice-days": range(91),
    "grace-days": range(1, 366),
    "max-changes-per-run": range(5001),
}
CHOICES = {
    "mode": ("enforce", "report"),
    "delete-unused-keys": ("true", "false"),
    "adopt-inactive-keys": ("true", "false"),
}
MOST_CUTS = 3
LATE = timedelta(hours=1)
OUTDATED = timedelta(days=30)
FAR = timedelta(days=20)
"""A notice is at most nine days here; a later day was told under other thresholds, and holds."""
_STATUS = {"deactivated": "Inactive", "deleted": "gone"}


@dataclass(frozen=True)
class Rules:
    """The thresholds that a run read."""

    mode: str
    max_age: timedelta
    notice: timedelta
    grace: timedelta
    changes: int
    delete: bool
    adopt: bool
    exempt: tuple[tuple[str, date], ...]

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Self | None:
        """Read them; None where they are not acceptable."""
        try:
            numbers = {name: int(values[name]) for name in RANGES}
            good = all(str(n) == values[name] and n in RANGES[name] for name, n in numbers.items())
            good &= all(values[name] in CHOICES[name] for name in CHOICES)
            good &= numbers["notice-days"] < numbers["max-age-days"]
            exempt = tuple(_exempt(values["exemptions"]))
        except (KeyError, ValueError):
            return None
        if not good:
            return None
        return cls(
            mode=values["mode"],
            max_age=timedelta(days=numbers["max-age-days"]),
            notice=timedelta(days=numbers["notice-days"]),
            grace=timedelta(days=numbers["grace-days"]),
            changes=numbers["max-changes-per-run"],
            delete=values["delete-unused-keys"] == "true",
            adopt=values["adopt-inactive-keys"] == "true",
            exempt=exempt,
        )

    def exempts(self, key: Key, day: date) -> bool:
        """Say whether a key is exempt on a day."""
        names = (key.key_id, key.owner.name, key.owner.path + key.owner.name)
        return any(
            day <= until and any(fnmatchcase(name.lower(), pattern.lower()) for name in names)
            for pattern, until in self.exempt
        )


def _exempt(text: str) -> Iterator[tuple[str, date]]:
    if text == "none":
        return
    if not text.strip():
        raise ValueError(text)
    for line in text.splitlines():
        pattern, *until = line.partition("#")[0].split()
        if until and until[0] != "until":
            raise ValueError(line)
        yield pattern, date.fromisoformat(until[1]) if until else date.max


@dataclass
class Window:
    """A grace window, as far as anybody can know it.

    since: when the tool turned the key off, or first may have adopted it
    start: from when the days count at the earliest
    order: when it opened, among all that happened
    sure: whether it must be there, and not only may
    """

    since: datetime
    start: datetime
    order: int
    sure: bool


class BrokenPromise(AssertionError):  # noqa: N818  # it is what it says
    """Raised when the history shows something that was promised not to be."""


def promise(kept: object, text: str) -> None:
    """Hold somebody to a promise."""
    if not kept:
        raise BrokenPromise(text)


class Oracle:
    """Judges one history, run by run."""

    def __init__(self, harness: Harness) -> None:
        """Hand in what is to be watched."""
        self._harness = harness
        self._account = harness.account
        self._zone = harness.zone
        self._void: defaultdict[str, list[int]] = defaultdict(list)
        self._perhaps_void: defaultdict[str, list[int]] = defaultdict(list)
        self._windows: dict[str, Window] = {}
        self._broken: set[str] = set()
        self._perhaps_begun: set[str] = set()

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
        for telling in run.tellings:
            self._true(telling, rules)
        if rules and enforce:
            self._remember(run, rules)
        if rules and run.clean and enforce:
            self._all_told(run)
            self._in_time(run, rules)

    # --- how a run ends -------------------------------------------------------------------------

    def _ending(self, run: Run, rules: Rules | None, *, enforce: bool) -> None:
        error = run.error
        if run.seen.settings is not None and not isinstance(error, KilledError):
            wanted: type[BaseException] | None = None
            if rules is None:
                wanted = BadSettingsError
            elif enforce and not run.listeners:
                wanted = NobodyListensError
            if wanted or not run.gate.met:
                promise(
                    type(error) is (wanted or type(None)),
                    f"3: expected {wanted}; the run ended with {error!r}",
                )
        promise(
            error is None or isinstance(error, (RunStoppedError, AnotherRunError, KilledError)),
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
        stale = self.day(key.created) + rules.max_age
        promise(stale <= day, f"1: {key.key_id} was cut before it was stale")
        told = self._told_days(key, "cut", write.order)
        late = [due for due in told if due > day]
        promise(not late, f"1: {key.key_id} was cut on {day}, and was to work until {late}")
        cuts = sum(
            before.key is key and before.kind == "deactivated" and before.run.clean
            for before in self._writes()
            if before.order < write.order
        )
        promise(cuts < MOST_CUTS or key.key_id in self._broken, f"{key.key_id} was cut once more")
        if rules.notice == timedelta(0):
            return
        notices = self._notices(key, write.order, self._void)
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
        window = self._windows.get(key.key_id)
        promise(rules.delete, f"2: {key.key_id} was deleted, though nothing is to be")
        promise(write.reads >= 2, f"2: {key.key_id} was deleted without a fresh look")
        promise(window, f"2: {key.key_id} was deleted, and was not ours")
        assert window
        promise(
            self.day(window.start) + rules.grace <= day,
            f"2: {key.key_id} was deleted on {day}; its window began {window.start}",
        )
        if write.shown_use and write.shown_use > window.since + LATE:
            promise(
                self.day(write.shown_use) + rules.grace <= day,
                f"2: {key.key_id} was deleted on {day}, and used {write.shown_use}",
            )
        told = self._told_days(key, "end", write.order, since=window.order)
        late = [due for due in told if due > day]
        promise(not late, f"2: {key.key_id} was deleted on {day}; told was {late}")

    def _limit(self, run: Run, rules: Rules) -> None:
        """Promise 4."""
        promise(len(run.writes) <= rules.changes, f"4: {len(run.writes)} changes in one run")
        for part, answer in enumerate(run.answers):
            deferred = [entry["access_key_id"] for entry in answer["deferred"]]
            waiting = [self._key(key_id) for key_id in deferred]
            for write in (write for write in run.writes if write.part == part):
                younger = [key for key in waiting if key and self._age(key) < self._age(write.key)]
                promise(not younger, f"4: {write.key.key_id} went before older keys")

    # --- what may be said -----------------------------------------------------------------------

    def _true(self, telling: Telling, rules: Rules | None) -> None:
        """Promise 6: nothing is told that did not happen, and nothing twice."""
        key = self._key(telling.key_id or "")
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
        if telling.section in {"deactivated", "deleted"}:
            done = self._done(key, telling)
            told = self._firmly_told(telling)
            again = _stood_still(telling)
            promise(
                told < done or again, f"{name} for the {told + 1}th time; it happened {done} times"
            )
        if telling.section in {"closed", "adopted"} and self._firmly_told(telling):
            promise(telling.section == "adopted" or _stood_still(telling), f"{name} twice")
        if telling.section == "closed":
            own = any(write.kind == "deleted" and write.key is key for write in self._writes())
            promise(not own, f"{name}, and the tool deleted it")
        if calm and telling.section == "held" and telling.status in {"Active", "Inactive"}:
            times = self._turned_on(key)
            promise(times >= 3, f"{name}; it was turned on {times} times")
        if (
            telling.section == "upcoming"
            and telling.reminder
            and telling.enforced
            and not _stood_still(telling)
        ):
            self._once(telling, name)
        self._only_later(telling, key, name)

    def _notice_is_true(self, telling: Telling, key: Key, rules: Rules | None, name: str) -> None:
        assert telling.due
        assert rules
        calm = "a deed" not in telling.run.gate.met
        promise(telling.status == "Active" or not calm, f"{name}, and it is {telling.status}")
        promise(not rules.exempts(key, telling.day) or not calm, f"{name}, and it is exempt")
        stale = self.day(key.created) + rules.max_age
        promise(telling.due >= telling.day + rules.notice, f"{name}, too late for {telling.due}")
        promise(telling.due >= stale, f"{name} for {telling.due}, before it is stale")
        for notice in self._notices(key, telling.order, self._perhaps_void, firm=True):
            due = max(notice.due or stale, stale, notice.day + rules.notice)
            if notice.mail != telling.mail and not _stood_still(telling):
                promise(telling.day - due > OUTDATED, f"{name} twice: {notice.day} for {due}")

    def _only_later(self, telling: Telling, key: Key, name: str) -> None:
        """A day once told only moves later."""
        kind = _kind(telling)
        if telling.due is None or kind is None:
            return
        window = self._windows.get(key.key_id)
        since = (window.order if window else telling.order) if kind == "end" else 0
        told = self._told_days(key, kind, telling.order, since=since, but=telling.mail)
        promise(
            not told or max(told) <= telling.due,
            f"{name} for {telling.due}; told was {max(told, default=None)}",
        )

    def _once(self, telling: Telling, name: str) -> None:
        again = [
            earlier
            for earlier in self._tellings(telling.key_id, telling.order)
            if earlier.firm and earlier.reminder and earlier.enforced and earlier.due == telling.due
        ]
        promise(not again, f"{name}: a second reminder")

    def _all_told(self, run: Run) -> None:
        """What happened is told by the next run that goes well."""
        for write in self._writes():
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
            notices = self._notices(key, run.start, self._perhaps_void, firm=True)
            if not notices:
                return None
            told = self._told_days(key, "cut", run.order)
            stale = self.day(key.created) + rules.max_age
            return max(*told, stale, *(notice.day + rules.notice for notice in notices))
        window = self._windows.get(key.key_id)
        if key.status != "Inactive" or not window or not window.sure or not rules.delete:
            return None
        told = self._told_days(key, "end", run.start, since=window.order)
        uses = [use.at for use in key.uses]
        days = [self.day(at) + rules.grace for at in (*uses, window.start)]
        return max(*told, *days) if told else None

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
            stale = self.day(key.created) + rules.max_age <= day
            promised = max(self._told_days(key, "cut", next(ORDER)), default=day)
            if key.status == "Active" and stale and promised - day <= FAR:
                yield f"{key.key_id} is stale, and works"
            window = self._windows.get(key.key_id)
            if key.status == "Inactive" and window and window.sure and rules.delete:
                yield f"{key.key_id} is in its window"

    # --- what is remembered ---------------------------------------------------------------------

    def _remember(self, run: Run, rules: Rules) -> None:
        for write in run.writes:
            if write.kind == "deactivated":
                at = run.now.instant
                self._windows[write.key.key_id] = Window(at, at, write.order, sure=True)
                if run.clean:
                    self._void[write.key.key_id].append(write.order)
                self._perhaps_void[write.key.key_id].append(write.order)
        for key in self._account.keys.values():
            self._remember_key(key, run, rules)

    def _remember_key(self, key: Key, run: Run, rules: Rules) -> None:
        name = key.key_id
        exempt = rules.exempts(key, run.day)
        odd = key.status not in {"Active", "Inactive"}
        fresh = self.day(key.created) + rules.max_age - rules.notice > run.day
        if exempt or fresh or key.status != "Active":
            self._perhaps_void[name].append(run.start)
            if run.clean:
                self._void[name].append(run.start)
        if exempt or odd:
            self._broken.add(name)
        self._remember_window(key, run, rules, exempt=exempt, odd=odd)

    def _remember_window(
        self, key: Key, run: Run, rules: Rules, *, exempt: bool, odd: bool
    ) -> None:
        name, at = key.key_id, run.now.instant
        if key.status == "Active":
            begun = self._perhaps_begun
            (begun.discard if run.clean else begun.add)(name)
        window = self._windows.get(name)
        if window and rules.adopt and run.clean and key.status == "Inactive" and not exempt:
            window.sure = True
        if window and not run.clean and "Active" in {key.status, run.seen.status.get(name)}:
            window.sure = False
        if window is None:
            ours = rules.adopt or name in self._perhaps_begun
            if key.status == "Inactive" and ours and not exempt:
                sure = rules.adopt and run.clean
                self._windows[name] = Window(at, at, run.order, sure)
        elif run.clean and key.status == "Active":
            del self._windows[name]
        elif run.clean and (exempt or odd):
            window.start = at

    # --- looking back ---------------------------------------------------------------------------

    def _notices(
        self, key: Key, order: int, void: Mapping[str, list[int]], *, firm: bool = False
    ) -> list[Telling]:
        """The notices of a key that were heard, and are in force."""
        since = max((at for at in void.get(key.key_id, ()) if at < order), default=0)
        return [
            telling
            for telling in self._tellings(key.key_id, order)
            if telling.section == "noticed"
            and telling.heard
            and telling.order > since
            and (telling.firm or not firm)
        ]

    def _told_days(
        self, key: Key, kind: str, order: int, *, since: int = 0, but: int = 0
    ) -> list[date]:
        """The days that were told, for sure, of a key's deactivation or of its deletion."""
        return [
            telling.due
            for telling in self._tellings(key.key_id, order)
            if telling.due
            and _kind(telling) == kind
            and telling.firm
            and telling.order >= since
            and telling.mail != but
        ]

    def _tellings(self, key_id: str | None, order: int) -> Iterator[Telling]:
        told = self._harness.told[key_id or ""]
        return (telling for telling in told if telling.order < order)

    def _writes(self) -> list[Write]:
        return self._harness.writes

    def _firmly_told(self, telling: Telling) -> int:
        return sum(
            earlier.firm and earlier.section == telling.section
            for earlier in self._tellings(telling.key_id, telling.order)
        )

    def _done(self, key: Key, telling: Telling) -> int:
        """How often something happened, or may be taken to have happened, before it was told.

        A run that died between its intent and its act cannot tell its own act from a person's.
        """
        own = sum(
            write.kind == telling.section and write.key is key and write.order < telling.order
            for write in self._writes()
        )
        status = _STATUS[telling.section]
        disturbed = [run.now.instant for run in self._harness.runs if not run.clean]
        theirs = sum(
            turn.status == status and not turn.by_tool and any(at <= turn.at for at in disturbed)
            for turn in self._account.turns[key.key_id]
        )
        return own + theirs

    def _turned_on(self, key: Key) -> int:
        turns = self._account.turns[key.key_id]
        return sum(
            before.status == "Inactive" and after.status == "Active"
            for before, after in pairwise(turns)
        )

    def _key(self, key_id: str) -> Key | None:
        return self._account.keys.get(key_id) or self._account.graves.get(key_id)

    def _age(self, key: Key) -> tuple[datetime, str]:
        return key.created, key.key_id

    def day(self, instant: datetime) -> date:
        """The calendar day of an instant."""
        return instant.astimezone(self._zone).date()


def _stood_still(telling: Telling) -> bool:
    """Whether its run woke after another had taken over: it may be at the very call that tells."""
    return STOOD_STILL in telling.run.gate.met


def _kind(telling: Telling) -> str | None:
    """Whether the day that is told is of a deactivation or of a deletion."""
    match telling.section:
        case "noticed":
            return "cut"
        case "deactivated" | "extended" | "adopted":
            return "end"
        case "upcoming":
            return "cut" if telling.shown == "Active" else "end"
        case _:
            return None
