"""The exemptions, so that those of one key are found without a look at each entry."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from key_rotation.domain.exemptions import Exemption, expression_text
from key_rotation.domain.model import AccessKey, User

NOTHING = r"(?!)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptionIndex:
    """Entries by what they match.

    whole: those without `*`, by their pattern in lower case
    partial: those with `*`
    expression: matches what one of `partial` may match, so that most names need one comparison
    """

    whole: Mapping[str, tuple[Exemption, ...]]
    partial: tuple[Exemption, ...]
    expression: re.Pattern[str]

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
        patterns = dict.fromkeys(entry.pattern.casefold() for entry in partial)
        one_of_them = "|".join(map(expression_text, patterns)) or NOTHING
        return cls(whole=whole, partial=tuple(partial), expression=re.compile(one_of_them))

    def covering(self, key: AccessKey) -> Iterator[Exemption]:
        """Return the entries that name a key or its user, ended ones included."""
        names = (key.access_key_id, key.user.name, key.user.path + key.user.name)
        yield from self._named(names)
        if self._may_match(names):
            yield from (entry for entry in self.partial if entry.covers(key))

    def covering_user(self, user: User) -> Iterator[Exemption]:
        """Return the entries that name all keys of a user, ended ones included."""
        names = (user.name, user.path + user.name)
        yield from self._named(names)
        if self._may_match(names):
            yield from (entry for entry in self.partial if entry.covers_user(user))

    def _named(self, names: Iterable[str]) -> Iterator[Exemption]:
        for name in names:
            yield from self.whole.get(name.casefold(), ())

    def _may_match(self, names: Iterable[str]) -> bool:
        return any(self.expression.fullmatch(name.casefold()) for name in names)
