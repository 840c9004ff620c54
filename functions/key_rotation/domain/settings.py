"""The eight parameters that people edit, trusted only as a whole."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Self

from key_rotation.domain import exemptions
from key_rotation.domain.exemptions import Exemption
from key_rotation.domain.model import AccessKey, Mode, User
from key_rotation.errors import InvalidSettingsError

MODES = tuple(mode.value for mode in Mode)
SWITCHES = ("true", "false")
RANGES = {
    "max-age-days": (1, 1095),
    "notice-days": (0, 90),
    "grace-days": (1, 365),
    "max-changes-per-run": (0, 5000),
}
CHOICES = {
    "mode": MODES,
    "delete-unused-keys": SWITCHES,
    "adopt-inactive-keys": SWITCHES,
}
NAMES = (*CHOICES, *RANGES, "exemptions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter's value and version, as Parameter Store gives them."""

    value: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The validated thresholds of one run.

    raw: the parameters they come from, by the last part of their names
    edited: the names of those that were edited since the last run; none in the first run
    """

    mode: Mode
    max_age: timedelta
    notice: timedelta
    grace: timedelta
    max_changes_per_run: int
    delete_unused_keys: bool
    adopt_inactive_keys: bool
    exemptions: tuple[Exemption, ...]
    raw: Mapping[str, Parameter]
    edited: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, raw: Mapping[str, Parameter], *, path: str) -> Self:
        """Validate each value, and each against the others.

        raw: the parameters by the last part of their names
        path: what stands before it, such as `/key-rotation`

        Raises InvalidSettingsError that names every problem, not only the first.
        """
        entries, unreadable = exemptions.parse(
            raw["exemptions"].value if "exemptions" in raw else "none"
        )
        by_name = {name: _problem(path, name, raw.get(name)) for name in NAMES}
        problems = [
            *(problem for problem in by_name.values() if problem),
            *(
                _refuse(path, "exemptions", line, exemptions.ACCEPTED, of="the line")
                for line in unreadable
            ),
        ]
        if not by_name["max-age-days"] and not by_name["notice-days"]:
            problems += _contradiction(path, raw["max-age-days"].value, raw["notice-days"].value)
        if problems:
            raise InvalidSettingsError(problems)
        value = {name: raw[name].value for name in NAMES}
        days = {name: timedelta(days=int(value[name])) for name in RANGES}
        return cls(
            mode=Mode(value["mode"]),
            max_age=days["max-age-days"],
            notice=days["notice-days"],
            grace=days["grace-days"],
            max_changes_per_run=int(value["max-changes-per-run"]),
            delete_unused_keys=value["delete-unused-keys"] == "true",
            adopt_inactive_keys=value["adopt-inactive-keys"] == "true",
            exemptions=entries,
            raw=raw,
        )

    def after(self, previous: Mapping[str, Parameter], edited: Iterable[str] = ()) -> Self:
        """Return the settings with the names of those whose value is not that of the last run.

        edited: what an earlier part of this run has found edited
        """
        names = {
            name
            for name, now in self.raw.items()
            if previous and (name not in previous or previous[name].value != now.value)
        }
        return replace(self, edited=frozenset(names | set(edited)))

    @property
    def edited_rules(self) -> bool:
        """Whether this run is the first to see an edit that could cut a key without a notice."""
        return bool(self.edited & {"mode", "max-age-days", "notice-days", "exemptions"})

    @property
    def paused(self) -> bool:
        """Whether the limit of changes is 0, so that no key is changed."""
        return self.max_changes_per_run == 0

    def exemption_of(self, key: AccessKey, today: date) -> Exemption | None:
        """Find the entry that exempts a key today: of several, the one that lasts longest."""
        covering = [e for e in self.exemptions if not e.ended(today) and e.covers(key)]
        return max(covering, key=lambda e: e.until or date.max, default=None)

    def exemption_of_user(self, user: User, today: date) -> Exemption | None:
        """Find the entry that exempts all keys of a user today: the one that lasts longest."""
        covering = [e for e in self.exemptions if not e.ended(today) and e.covers_user(user)]
        return max(covering, key=lambda e: e.until or date.max, default=None)

    def was_exempt(self, key: AccessKey, *, since: date, today: date) -> bool:
        """Return whether an entry that has ended exempted the key on a day since then."""
        ended = (e.until for e in self.exemptions if e.ended(today) and e.covers(key))
        return any(until and until >= since for until in ended)

    def ended_exemptions(self, today: date) -> tuple[str, ...]:
        """List the entries past their day, as lines."""
        return tuple(str(e) for e in self.exemptions if e.ended(today))


def _problem(path: str, name: str, parameter: Parameter | None) -> str | None:
    if name in RANGES:
        low, high = RANGES[name]
        accepted = f"a whole number from {low} to {high}, in plain digits"
    else:
        accepted = " or ".join(CHOICES[name]) if name in CHOICES else exemptions.ACCEPTED
    if parameter is None:
        return f"The parameter {path}/{name} is missing; it accepts {accepted}."
    if name in RANGES:
        low, high = RANGES[name]
        fits = (
            re.fullmatch(r"0|[1-9][0-9]{0,3}", parameter.value)
            and low <= int(parameter.value) <= high
        )
    else:
        fits = name not in CHOICES or parameter.value in CHOICES[name]
    return None if fits else _refuse(path, name, parameter.value, accepted)


def _contradiction(path: str, max_age: str, notice: str) -> Iterator[str]:
    if int(notice) >= int(max_age):
        accepted = f"a number less than max-age-days, which is {max_age}"
        yield _refuse(path, "notice-days", notice, accepted)


def _refuse(path: str, name: str, value: str, accepted: str, of: str = "the value") -> str:
    return f"The parameter {path}/{name} has {of} {value!r}; it accepts {accepted}."
