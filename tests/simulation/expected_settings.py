"""The parameters as the README defines them, parsed independently of the product."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase
from typing import Self

from tests.simulation.simulated_account import Key

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
class ExpectedSettings:
    """The settings that a run read."""

    mode: str
    max_age: timedelta
    notice: timedelta
    grace: timedelta
    max_changes: int
    delete_unused: bool
    adopt_inactive: bool
    exemptions: tuple[tuple[str, date], ...]

    @classmethod
    def parse(cls, values: Mapping[str, str]) -> Self | None:
        """Parse parameters; returns None if one is not valid."""
        try:
            numbers = {name: int(values[name]) for name in RANGES}
            valid = all(str(n) == values[name] and n in RANGES[name] for name, n in numbers.items())
            valid &= all(values[name] in CHOICES[name] for name in CHOICES)
            valid &= numbers["notice-days"] < numbers["max-age-days"]
            exemptions = (*_parse_exemptions(values["exemptions"]), *_parse_one_by_one(values))
        except (KeyError, ValueError):
            return None
        if not valid:
            return None
        return cls(
            mode=values["mode"],
            max_age=timedelta(days=numbers["max-age-days"]),
            notice=timedelta(days=numbers["notice-days"]),
            grace=timedelta(days=numbers["grace-days"]),
            max_changes=numbers["max-changes-per-run"],
            delete_unused=values["delete-unused-keys"] == "true",
            adopt_inactive=values["adopt-inactive-keys"] == "true",
            exemptions=exemptions,
        )

    def is_exempt(self, key: Key, day: date) -> bool:
        """Return whether a key is exempt on a day."""
        return any(day <= until for until in self._end_days(key))

    def last_exempt_day(self, key: Key, day: date) -> date:
        """Return the last day of the exemptions of a key that have ended by a day."""
        return max((until for until in self._end_days(key) if until < day), default=date.min)

    def _end_days(self, key: Key) -> Iterator[date]:
        names = (key.key_id, key.owner.name, key.owner.path + key.owner.name)
        for pattern, until in self.exemptions:
            if any(fnmatchcase(name.lower(), pattern.lower()) for name in names):
                yield until


def _parse_one_by_one(values: Mapping[str, str]) -> Iterator[tuple[str, date]]:
    for name, value in values.items():
        if name.startswith("exemption/"):
            if value == "none":
                raise ValueError(name)
            [entry] = _parse_exemptions(value)
            yield entry


def _parse_exemptions(text: str) -> Iterator[tuple[str, date]]:
    if text == "none":
        return
    if not text.strip():
        raise ValueError(text)
    for line in text.splitlines():
        pattern, *until = line.partition("#")[0].split()
        if until and until[0] != "until":
            raise ValueError(line)
        yield pattern, date.fromisoformat(until[1]) if until else date.max
