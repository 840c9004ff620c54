"""What was added, edited and removed among the parameters of one exemption each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from key_rotation.domain.settings import Parameter

MAX_BYTES = 100_000
"""What is remembered of all of them: about 600 with a date and a reason. The run state has other
fields too, and an item of DynamoDB takes 400 KB."""
MAX_VALUE = 300
"""Characters that are remembered of one value. A longer one is compared by its version too."""
MAX_ITEM = 4_000
"""Bytes of the largest item: names of parameters have at most 1,011 characters."""


class Change(StrEnum):
    """What happened to a parameter."""

    ADDED = "added"
    EDITED = "edited"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptionChange:
    """One parameter that differs from what the last run read.

    name: what follows `exemption/` in its name
    before, now: what it was and is; None if it was or is not there
    """

    name: str
    before: Parameter | None
    now: Parameter | None

    @property
    def change(self) -> Change:
        """What happened to it."""
        if self.before is None:
            return Change.ADDED
        return Change.REMOVED if self.now is None else Change.EDITED


def remembered(parameters: Mapping[str, Parameter]) -> Mapping[str, Parameter]:
    """Return what the next run compares with: the first by name, as far as MAX_BYTES allow."""
    fitting: dict[str, Parameter] = {}
    size = 0
    for name, parameter in sorted(parameters.items()):
        short = Parameter(value=parameter.value[:MAX_VALUE], version=parameter.version)
        size += _size(name, short)
        if size > MAX_BYTES:
            break
        fitting[name] = short
    return fitting


def size_of(parameters: Mapping[str, Parameter]) -> int:
    """Return about how many bytes they take in the run state."""
    return sum(_size(name, parameter) for name, parameter in parameters.items())


def changes_since(
    before: Mapping[str, Parameter], now: Mapping[str, Parameter]
) -> tuple[ExemptionChange, ...]:
    """Return what differs, by name.

    before: what the last run remembered
    now: all that there are

    Of those that did not fit into what is remembered, nothing is said.
    """
    return tuple(_changes(before, now))


def _changes(
    before: Mapping[str, Parameter], now: Mapping[str, Parameter]
) -> Iterator[ExemptionChange]:
    comparable = remembered(now)
    cut = size_of(before) > MAX_BYTES - MAX_ITEM
    last = max(before, default="")
    for name in sorted(before.keys() | comparable.keys()):
        old, new = before.get(name), comparable.get(name)
        still_there = new is None and name in now
        not_known = old is None and cut and name > last
        if old != new and not still_there and not not_known:
            yield ExemptionChange(name=name, before=old, now=new and now[name])


def _size(name: str, parameter: Parameter) -> int:
    return len(name.encode()) + len(parameter.value.encode()) + 30
