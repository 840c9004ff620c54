"""What a digest tells about exemptions, apart from the keys that they cover."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self, TypeVar

from key_rotation.domain.exemption_changes import ExemptionChange, changes_since, remembered
from key_rotation.domain.exemption_ends import ending, to_be_named
from key_rotation.domain.exemptions import Exemption
from key_rotation.domain.model import Now
from key_rotation.domain.run_state import RunState
from key_rotation.domain.settings import Settings

T = TypeVar("T")
MAX_BYTES = 12_000
"""How much of a message one list of exemptions may take: about 100 entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptionNews:
    """What is new about exemptions.

    changed: whether a parameter of one exemption was added, edited or removed since the last run
    changes: which; none of those that the last run had no room to remember
    complete: whether all of them were compared
    ending: the entries that end soon
    ending_listed: those of them that the digest names
    """

    changed: bool
    changes: tuple[ExemptionChange, ...]
    complete: bool
    ending: tuple[Exemption, ...]
    ending_listed: tuple[Exemption, ...]

    @classmethod
    def of(cls, settings: Settings, previous: RunState, now: Now) -> Self:
        """Compare the exemptions with what the last run read and reported."""
        first = not previous.parameters
        before, after = previous.exemption_parameters, settings.exemption_parameters
        changes = () if first else changes_since(before, after)
        edited = previous.exemptions_fingerprint != settings.exemptions_fingerprint
        soon = ending(settings.exemptions, now)
        return cls(
            changed=bool(changes) or (edited and not first),
            changes=changes,
            complete=len(remembered(after)) == len(after),
            ending=soon,
            ending_listed=to_be_named(soon, previous.ending_exemptions, now),
        )

    @property
    def needs_digest(self) -> bool:
        """Whether a digest must tell it."""
        return self.changed or bool(self.ending_listed)


def as_many_as_fit(items: Iterable[T], text: Callable[[T], str] = str) -> tuple[tuple[T, ...], int]:
    """Return the first items whose texts fit into MAX_BYTES, and how many are left out."""
    items = tuple(items)
    size = 0
    for count, item in enumerate(items):
        size += len(json.dumps(text(item))) + 80
        if size > MAX_BYTES:
            return items[:count], len(items) - count
    return items, 0
