"""What there is to know of a history, beside what a run is judged by.

Where a run was disturbed, two things may be so, and both are remembered: a notice is void for sure
or perhaps, a window is there for sure or perhaps.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from tests.aws.histories.account import Key
from tests.aws.histories.simulator import Run, Simulator, Telling, Write
from tests.aws.histories.thresholds import Rules

_STATUS = {"deactivated": "Inactive", "deleted": "gone"}


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


class ExpectedHistory:
    """Remembers of one history what the promises rest on."""

    def __init__(self, harness: Simulator) -> None:
        """Hand in what is to be watched."""
        self.harness = harness
        self.account = harness.account
        self.void: defaultdict[str, list[int]] = defaultdict(list)
        self.perhaps_void: defaultdict[str, list[int]] = defaultdict(list)
        self.windows: dict[str, Window] = {}
        self.broken: set[str] = set()
        self._perhaps_begun: set[str] = set()

    # --- what is remembered ---------------------------------------------------------------------

    def void_what_an_exemption_ended(self, run: Run, rules: Rules) -> None:
        """Learn which notices an exemption voided that nobody saw in force."""
        for key in self.account.keys.values():
            given = [t.day for t in self.tellings(key.key_id, run.start) if t.section == "noticed"]
            if given and max(given) <= rules.was_exempt_until(key, run.day):
                self.perhaps_void[key.key_id].append(run.start)

    def void_what_a_report_saw(self, run: Run, rules: Rules) -> None:
        """Learn which notices a run in report mode may have found broken."""
        for key in self.account.keys.values():
            if rules.exempts(key, run.day) or key.status != "Active":
                self.perhaps_void[key.key_id].append(run.start)

    def remember(self, run: Run, rules: Rules) -> None:
        """Learn what a run in enforce mode makes of the keys."""
        for write in run.writes:
            if write.kind == "deactivated":
                at = run.now.instant
                self.windows[write.key.key_id] = Window(at, at, write.order, sure=True)
                if run.clean:
                    self.void[write.key.key_id].append(write.order)
                self.perhaps_void[write.key.key_id].append(write.order)
        for key in self.account.keys.values():
            self._remember_key(key, run, rules)

    def _remember_key(self, key: Key, run: Run, rules: Rules) -> None:
        name = key.key_id
        exempt = rules.exempts(key, run.day)
        odd = key.status not in {"Active", "Inactive"}
        fresh = self.day(key.created) + rules.max_age - rules.notice > run.day
        if exempt or fresh or key.status != "Active":
            self.perhaps_void[name].append(run.start)
            if run.clean:
                self.void[name].append(run.start)
        if exempt or odd:
            self.broken.add(name)
        self._remember_window(key, run, rules, exempt=exempt, odd=odd)

    def _remember_window(
        self, key: Key, run: Run, rules: Rules, *, exempt: bool, odd: bool
    ) -> None:
        name = key.key_id
        if key.status == "Active":
            begun = self._perhaps_begun
            (begun.discard if run.clean else begun.add)(name)
        window = self.windows.get(name)
        if window and rules.adopt and run.clean and key.status == "Inactive" and not exempt:
            window.sure = True
        if window and not run.clean and "Active" in {key.status, run.seen.status.get(name)}:
            window.sure = False
        self._open_or_close_window(key, run, rules, exempt=exempt, odd=odd)
        ended = rules.was_exempt_until(key, run.day)
        if window and run.error is None and self.day(window.start) <= ended:
            since = datetime.combine(ended + timedelta(days=1), time.min)
            window.start = since.replace(tzinfo=self.harness.zone)

    def _open_or_close_window(
        self, key: Key, run: Run, rules: Rules, *, exempt: bool, odd: bool
    ) -> None:
        name, at = key.key_id, run.now.instant
        window = self.windows.get(name)
        if window is None:
            ours = rules.adopt or name in self._perhaps_begun
            if key.status == "Inactive" and ours and not exempt:
                sure = rules.adopt and run.clean
                self.windows[name] = Window(at, at, run.order, sure)
        elif run.clean and key.status == "Active":
            del self.windows[name]
        elif run.clean and (exempt or odd):
            window.start = at

    # --- looking back ---------------------------------------------------------------------------

    def notices(
        self, key: Key, order: int, void: Mapping[str, list[int]], *, firm: bool = False
    ) -> list[Telling]:
        """The notices of a key that were heard, and are in force."""
        since = max((at for at in void.get(key.key_id, ()) if at < order), default=0)
        return [
            telling
            for telling in self.tellings(key.key_id, order)
            if telling.section == "noticed"
            and telling.heard
            and telling.order > since
            and (telling.firm or not firm)
        ]

    def told_days(
        self, key: Key, kind: str, order: int, *, since: int = 0, but: int = 0, firm: bool = True
    ) -> list[date]:
        """The days that were told, for sure or perhaps, of a key's deactivation or deletion."""
        return [
            telling.due
            for telling in self.tellings(key.key_id, order)
            if telling.due
            and kind_of(telling) == kind
            and (telling.firm or not firm)
            and telling.order >= since
            and telling.mail != but
        ]

    def tellings(self, key_id: str | None, order: int) -> Iterator[Telling]:
        """What people read of a key before a moment."""
        told = self.harness.told[key_id or ""]
        return (telling for telling in told if telling.order < order)

    def writes(self) -> list[Write]:
        """What was done to keys."""
        return self.harness.writes

    def firmly_told(self, telling: Telling) -> int:
        """How often the same was told for sure before."""
        return sum(
            earlier.firm and earlier.section == telling.section
            for earlier in self.tellings(telling.key_id, telling.order)
        )

    def done(self, key: Key, telling: Telling) -> int:
        """How often something happened, or may be taken to have happened, before it was told.

        A run that died between its intent and its act cannot tell its own act from a person's.
        """
        own = sum(
            write.kind == telling.section and write.key is key and write.order < telling.order
            for write in self.writes()
        )
        status = _STATUS[telling.section]
        disturbed = [run.now.instant for run in self.harness.runs if not run.clean]
        theirs = sum(
            turn.status == status and not turn.by_tool and any(at <= turn.at for at in disturbed)
            for turn in self.account.turns[key.key_id]
        )
        return own + theirs

    def turned_on(self, key: Key) -> int:
        """How often somebody turned a key on again."""
        turns = self.account.turns[key.key_id]
        return sum(
            before.status == "Inactive" and after.status == "Active"
            for before, after in pairwise(turns)
        )

    def key(self, key_id: str) -> Key | None:
        """The key of an id, gone or not; None where there was none."""
        return self.account.keys.get(key_id) or self.account.graves.get(key_id)

    def age(self, key: Key) -> tuple[datetime, str]:
        """Sort the oldest key first."""
        return key.created, key.key_id

    def day(self, instant: datetime) -> date:
        """The calendar day of an instant."""
        return instant.astimezone(self.harness.zone).date()


def kind_of(telling: Telling) -> str | None:
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
