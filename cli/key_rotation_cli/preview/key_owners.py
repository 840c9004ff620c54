"""Who owns the keys that come due, and how that is known. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from key_rotation.domain.model import ObservedKey
from key_rotation.domain.owners.owner import Owner, OwnerSource
from key_rotation.reporting.formatting import pluralize


class Known(StrEnum):
    """How the owner of a key is known, as a preview counts it.

    UNREADABLE: the tags of the user could not be read, which is not the same as no owner
    """

    TAG = "tag"
    USER_NAME = "user_name"
    FALLBACK = "fallback"
    NONE = "none"
    UNREADABLE = "tags_unreadable"


_KNOWN = {
    OwnerSource.TAG: Known.TAG,
    OwnerSource.USER_NAME: Known.USER_NAME,
    OwnerSource.FALLBACK: Known.FALLBACK,
    OwnerSource.NONE: Known.NONE,
}
UNNAMED = (Known.NONE, Known.UNREADABLE, Known.FALLBACK)
"""Where nobody is known to have named an owner, the most urgent first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOwners:
    """The owners of the keys of some users.

    by_user: by the name of the user
    unreadable: why the tags of some of these users could not be read, by name
    """

    by_user: Mapping[str, Owner]
    unreadable: Mapping[str, str] = field(default_factory=dict)

    def of(self, key: ObservedKey) -> Owner | None:
        """Return the owner of a key; None for one that does not come due."""
        return self.by_user.get(key.key.user.name)

    def known(self, key: ObservedKey) -> Known:
        """Return how the owner of a key is known."""
        name = key.key.user.name
        return Known.UNREADABLE if name in self.unreadable else _KNOWN[self.by_user[name].source]

    def is_named(self, key: ObservedKey) -> bool:
        """Return whether a tag or the name of the user names the owner of a key."""
        return self.known(key) not in UNNAMED

    def count(self, keys: Iterable[ObservedKey]) -> Mapping[Known, int]:
        """Count keys by how their owner is known; 0 for the others."""
        return Counter(map(self.known, keys))

    def without_address(self, keys: Iterable[ObservedKey]) -> frozenset[str]:
        """Return the ids of the keys about which nobody gets mail, as far as is known.

        A run may be able to read tags that this caller cannot: their keys are not among them.
        """
        return frozenset(key.key.access_key_id for key in keys if self.known(key) is Known.NONE)

    @property
    def missing(self) -> tuple[str, ...]:
        """What could not be read, a sentence for each reason."""
        return tuple(
            f"The tags of {pluralize(count, 'user')} could not be read. {why}"
            for why, count in Counter(self.unreadable.values()).items()
        )
