"""The exemptions, so that those of one key are found without a look at each entry."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from key_rotation.domain.exemptions import Exemption
from key_rotation.domain.model import AccessKey, User


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptionIndex:
    """Entries by what they match.

    whole: those without `*`, by their pattern in lower case
    partial: those with `*`
    """

    whole: Mapping[str, tuple[Exemption, ...]]
    partial: tuple[Exemption, ...]

    @classmethod
    def of(cls, entries: Iterable[Exemption]) -> Self:
        """Index some entries."""
        whole: dict[str, tuple[Exemption, ...]] = {}
        partial: list[Exemption] = []
        for entry in entries:
            if "*" in entry.pattern:
                partial.append(entry)
            else:
                pattern = entry.pattern.casefold()
                whole[pattern] = (*whole.get(pattern, ()), entry)
        return cls(whole=whole, partial=tuple(partial))

    def covering(self, key: AccessKey) -> Iterator[Exemption]:
        """Return the entries that name a key or its user, ended ones included."""
        yield from self._named(key.access_key_id, key.user.name, key.user.path + key.user.name)
        yield from (entry for entry in self.partial if entry.covers(key))

    def covering_user(self, user: User) -> Iterator[Exemption]:
        """Return the entries that name all keys of a user, ended ones included."""
        yield from self._named(user.name, user.path + user.name)
        yield from (entry for entry in self.partial if entry.covers_user(user))

    def _named(self, *names: str) -> Iterator[Exemption]:
        for name in names:
            yield from self.whole.get(name.casefold(), ())
