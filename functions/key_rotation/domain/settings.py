"""The parameters that people edit, trusted only as a whole."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Self

from key_rotation.domain import exemptions
from key_rotation.domain.exemption_index import ExemptionIndex
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
OWNER_TAGS = "owner-tags"
OWNER_NOTICE = "owner-notice"
OWNER_NAMES = (OWNER_TAGS, OWNER_NOTICE)
"""The parameters that exist only where owners of keys get mail."""
OWNER_NOTICES = ("try", "require")
MAX_OWNER_TAGS = 10
ACCEPTED_OWNER_TAGS = f"1 to {MAX_OWNER_TAGS} keys of tags"
EXEMPTION = "exemption"
"""The part of the path below which each parameter is one more exemption."""

MAX_BAD_ENTRIES, MAX_SHOWN = 20, 400
"""How many bad exemption parameters an error names, and how many characters of each: the message
that a run was stopped has room for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter's value and version, as Parameter Store gives them."""

    value: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The validated thresholds of one run.

    exemptions: the entries of all parameters that have some
    raw: the parameters they come from, by the last part of their names
    exemption_parameters: those of one exemption each, by what follows `exemption/` in their names
    edited: the names of those that were edited since the last run; none in the first run. An
        exemption parameter counts as `exemptions`
    owner_tags: the tags of a user that name the owner of its keys; none without mail to owners
    requires_owner: whether a key keeps working until a mail about its notice was accepted
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
    exemption_parameters: Mapping[str, Parameter] = field(default_factory=dict)
    edited: frozenset[str] = frozenset()
    owner_tags: tuple[str, ...] = ()
    requires_owner: bool = False
    _index: ExemptionIndex = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the exemptions, which are looked up for each key."""
        object.__setattr__(self, "_index", ExemptionIndex.of(self.exemptions))

    @classmethod
    def parse(
        cls,
        raw: Mapping[str, Parameter],
        *,
        path: str,
        exemption_parameters: Mapping[str, Parameter] | None = None,
        sources: Mapping[str, str] | None = None,
        owners: bool = False,
    ) -> Self:
        """Validate each value, and each against the others.

        raw: the parameters by the last part of their names
        path: what stands before it, such as `/key-rotation`
        exemption_parameters: those of one exemption each, by what follows `exemption/`
        sources: what stands between path and name of those that are overridden for an account
        owners: whether owners get mail

        Raises InvalidSettingsError that names every problem, not only the first.
        """
        one_by_one, bad_entries = _one_by_one(path, exemption_parameters or {})
        whole_names = _whole_names(path, sources or {}, owners=owners)
        if problems := [*_problems(whole_names, raw), *bad_entries]:
            raise InvalidSettingsError(problems)
        value = {name: raw[name].value for name in NAMES}
        entries, _ = exemptions.parse(value["exemptions"])
        days = {name: timedelta(days=int(value[name])) for name in RANGES}
        return cls(
            mode=Mode(value["mode"]),
            max_age=days["max-age-days"],
            notice=days["notice-days"],
            grace=days["grace-days"],
            max_changes_per_run=int(value["max-changes-per-run"]),
            delete_unused_keys=value["delete-unused-keys"] == "true",
            adopt_inactive_keys=value["adopt-inactive-keys"] == "true",
            exemptions=(*entries, *one_by_one),
            raw=raw,
            exemption_parameters=exemption_parameters or {},
            owner_tags=tuple(raw[OWNER_TAGS].value.split()) if owners else (),
            requires_owner=owners and raw[OWNER_NOTICE].value == "require",
        )

    def after(
        self,
        previous: Mapping[str, Parameter],
        edited: Iterable[str] = (),
        *,
        exemptions_fingerprint: str = "",
    ) -> Self:
        """Return the settings with the names of those whose value is not that of the last run.

        edited: what an earlier part of this run has found edited
        exemptions_fingerprint: that of the last run's exemption parameters
        """
        names = {
            name
            for name, now in self.raw.items()
            if previous and (name not in previous or previous[name].value != now.value)
        }
        if previous and exemptions_fingerprint != self.exemptions_fingerprint:
            names.add("exemptions")
        return replace(self, edited=frozenset(names | set(edited)))

    @property
    def exemptions_fingerprint(self) -> str:
        """Identifies the names and values of the exemption parameters; empty if there are none."""
        values = sorted((name, found.value) for name, found in self.exemption_parameters.items())
        return hashlib.sha256(json.dumps(values).encode()).hexdigest() if values else ""

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
        covering = [e for e in self._index.covering(key) if not e.ended(today)]
        return max(covering, key=lambda e: e.until or date.max, default=None)

    def exemption_of_user(self, user: User, today: date) -> Exemption | None:
        """Find the entry that exempts all keys of a user today: the one that lasts longest."""
        covering = [e for e in self._index.covering_user(user) if not e.ended(today)]
        return max(covering, key=lambda e: e.until or date.max, default=None)

    def was_exempt(self, key: AccessKey, *, since: date, today: date) -> bool:
        """Return whether an entry that has ended exempted the key on a day since then."""
        ended = (e.until for e in self._index.covering(key) if e.ended(today))
        return any(until and until >= since for until in ended)

    def ended_exemptions(self, today: date) -> tuple[str, ...]:
        """List the entries past their day, as lines."""
        return tuple(str(e) for e in self.exemptions if e.ended(today))


def names_of(*, owners: bool) -> tuple[str, ...]:
    """Return the names of the parameters that must exist; more of them if owners get mail."""
    return (*NAMES, *OWNER_NAMES) if owners else NAMES


def has_owner_names(names: Iterable[str]) -> bool:
    """Return whether parameters about owners are among some, so that owners get mail."""
    return any(name in OWNER_NAMES for name in names)


def whole_name(path: str, scope: str | None, name: str) -> str:
    """Return the whole name of a parameter; `scope` is what stands between, if anything."""
    return f"{path}/{scope}/{name}" if scope else f"{path}/{name}"


def _whole_names(path: str, scopes: Mapping[str, str], *, owners: bool) -> dict[str, str]:
    names = names_of(owners=owners)
    return {name: whole_name(path, scopes.get(name), name) for name in names}


def problems_of(name: str, whole: str, parameter: Parameter | None) -> Iterator[str]:
    """Return what is wrong with one of the parameters by itself, one sentence each.

    name: which of them; `whole` is its whole name, which the sentences give
    """
    problem = _problem(name, whole, parameter)
    if problem or parameter is None:
        yield from filter(None, [problem])
    elif name == "exemptions":
        for line in exemptions.parse(parameter.value)[1]:
            yield _refuse(whole, line, exemptions.ACCEPTED, of="the line")


def exemption_problem(whole: str, parameter: Parameter) -> str | None:
    """Return what is wrong with a parameter of one exemption; None if it is accepted."""
    try:
        Exemption.parse_only(parameter.value)
    except ValueError:
        return _refuse(whole, parameter.value[:MAX_SHOWN], f"one line: {exemptions.ENTRY}")
    return None


def _one_by_one(
    path: str, parameters: Mapping[str, Parameter]
) -> tuple[tuple[Exemption, ...], tuple[str, ...]]:
    """Read the parameters of one exemption each; returns the entries, and what is wrong."""
    entries: list[Exemption] = []
    problems: list[str] = []
    for name, parameter in sorted(parameters.items()):
        try:
            entries.append(Exemption.parse_only(parameter.value))
        except ValueError:
            problem = exemption_problem(whole_name(path, EXEMPTION, name), parameter)
            problems.append(str(problem))
    return tuple(entries), bounded_problems(problems, f"{path}/{EXEMPTION}")


def bounded_problems(problems: Sequence[str], where: str) -> tuple[str, ...]:
    """Return the first problems of exemption parameters, and how many more there are."""
    if more := problems[MAX_BAD_ENTRIES:]:
        count = f"{len(more)} more under {where} are not accepted."
        return (*problems[:MAX_BAD_ENTRIES], count)
    return tuple(problems)


def _problems(whole_names: Mapping[str, str], raw: Mapping[str, Parameter]) -> Iterator[str]:
    """Return what is wrong with the parameters, and with each against the others."""
    found = {
        name: tuple(problems_of(name, whole, raw.get(name))) for name, whole in whole_names.items()
    }
    for problems in found.values():
        yield from problems
    if not found["max-age-days"] and not found["notice-days"]:
        yield from _contradiction(whole_names, raw)


def _problem(name: str, whole: str, parameter: Parameter | None) -> str | None:
    if name in RANGES:
        return number_problem(whole, parameter, RANGES[name])
    choices = {**CHOICES, OWNER_NOTICE: OWNER_NOTICES}.get(name)
    accepted = " or ".join(choices) if choices else _ACCEPTED[name]
    if parameter is None:
        return missing(whole, accepted)
    value = parameter.value
    fits = value in choices if choices else name != OWNER_TAGS or are_tag_keys(value.split())
    return None if fits else _refuse(whole, value, accepted)


_TAG = re.compile(r"[\w.:/=+@-]{1,128}")
_ACCEPTED = {
    "exemptions": exemptions.ACCEPTED,
    OWNER_TAGS: f"{ACCEPTED_OWNER_TAGS}, separated by spaces",
}


def are_tag_keys(names: Sequence[str]) -> bool:
    """Return whether names can be keys of tags (IAM API Reference, Tag), without repetition."""
    folded = {name.casefold() for name in names}
    fits = all(map(_TAG.fullmatch, names)) and len(folded) == len(names)
    return fits and 1 <= len(names) <= MAX_OWNER_TAGS


def number_problem(whole: str, parameter: Parameter | None, edges: tuple[int, int]) -> str | None:
    """Return what is wrong with a parameter that is a number; None if it is accepted.

    whole: its whole name
    edges: the smallest and the largest number
    """
    low, high = edges
    accepted = f"a whole number from {low} to {high}, in plain digits"
    if parameter is None:
        return missing(whole, accepted)
    digits = re.fullmatch(r"0|[1-9][0-9]{0,5}", parameter.value)
    fits = digits and low <= int(parameter.value) <= high
    return None if fits else _refuse(whole, parameter.value, accepted)


def missing(whole: str, accepted: str) -> str:
    """Say that a parameter is missing, and what it accepts."""
    return f"The parameter {whole} is missing; it accepts {accepted}."


def _contradiction(whole_names: Mapping[str, str], raw: Mapping[str, Parameter]) -> Iterator[str]:
    """Return that there are more days of notice than of age; of one place, the name suffices."""
    max_age, notice = raw["max-age-days"].value, raw["notice-days"].value
    age_name, notice_name = whole_names["max-age-days"], whole_names["notice-days"]
    if age_name.rpartition("/")[0] == notice_name.rpartition("/")[0]:
        age_name = "max-age-days"
    if int(notice) >= int(max_age):
        accepted = f"a number less than {age_name}, which is {max_age}"
        yield _refuse(notice_name, notice, accepted)


def _refuse(whole: str, value: str, accepted: str, of: str = "the value") -> str:
    return f"The parameter {whole} has {of} {value!r}; it accepts {accepted}."
