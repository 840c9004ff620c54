"""The days promised for changes, so that a new day is one on which there is room."""

from collections import Counter
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


class Calendar:
    """How many changes are promised for each day: deactivations due, and windows that end.

    Runs come at most `gap` days apart, so the changes of that many days may fall to one run, and
    there is room on a day if no such stretch around it has `limit` changes yet. With a run each
    day, this is: fewer than `limit` changes on that day.
    """

    def __init__(self, *, limit: int, gap: int = 1) -> None:
        """Start without promises; `limit` is at least 1."""
        self._limit = limit
        self._gap = gap
        self._promised: Counter[date] = Counter()
        self._full_until: dict[tuple[date, int | None], date] = {}

    def promise(self, earliest: date) -> date:
        """Promise a change for the first day with room; returns that day."""
        day = self._first_day(earliest, None)
        self._promised[day] += 1
        return day

    def promise_with_deletion(self, earliest: date, grace: timedelta) -> date:
        """Promise a deactivation, and the deletion after its grace window.

        Returns the first day with room on which there is room for the deletion as well.
        """
        day = self._first_day(earliest, grace)
        self._promised[day] += 1
        self._promised[day + grace] += 1
        return day

    def _first_day(self, earliest: date, grace: timedelta | None) -> date:
        """Find the day; promises are only added, so days that were full before are skipped."""
        asked = earliest, grace.days if grace else None
        day = self._full_until.get(asked, earliest)
        while not (self._has_room(day) and (grace is None or self._has_room(day + grace))):
            day += ONE_DAY
        self._full_until[asked] = day
        return day

    def _has_room(self, day: date) -> bool:
        counts = [
            self._promised[day + timedelta(days=offset)]
            for offset in range(1 - self._gap, self._gap)
        ]
        stretches = (counts[start : start + self._gap] for start in range(self._gap))
        return all(sum(stretch) < self._limit for stretch in stretches)
