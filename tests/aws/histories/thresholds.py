"""The thresholds as the README has them, read a second time for the oracle."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase
from typing import Self

from tests.aws.histories.account import Key

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
        return any(day <= until for until in self._ends(key))

    def was_exempt_until(self, key: Key, day: date) -> date:
        """Give the last day of the exemptions of a key that have ended by a day."""
        return max((until for until in self._ends(key) if until < day), default=date.min)

    def _ends(self, key: Key) -> Iterator[date]:
        names = (key.key_id, key.owner.name, key.owner.path + key.owner.name)
        for pattern, until in self.exempt:
            if any(fnmatchcase(name.lower(), pattern.lower()) for name in names):
                yield until


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
