"""The list of keys that are never acted on, as people write it into its parameter."""

import re
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from glob import escape
from typing import Self

from key_rotation.domain.model import AccessKey, User

NONE = "none"
ACCEPTED = (
    "`none`, or one entry a line: a user name, a path that begins with `/`, or an access key id, "
    "`*` allowed; then optionally `until YYYY-MM-DD`; then optionally `# reason`"
)
_LINE = re.compile(
    r"(?P<pattern>/[!-\"$-~]*|[\w+=,.@*-]+)"
    r"(?:\s+until\s+(?P<until>[0-9]{4}-[0-9]{2}-[0-9]{2}))?"
    r"(?:\s*\#\s*(?P<reason>.*))?",
    re.ASCII,
)
"""Names of users are of ASCII letters (IAM API Reference, `[\\w+=,.@-]+`): an entry with a letter
that only resembles one would exempt nobody, and is refused."""
_KEY_ID = re.compile(r"AKIA\w{12,}", re.IGNORECASE | re.ASCII)
"""Access key ids of users begin with AKIA (IAM User Guide, "IAM identifiers")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """One entry of the exemptions.

    pattern: a user name, a path and name, or an access key id; `*` stands for any text
    until: the last day on which it exempts, or None for no end
    reason: what the person wrote behind `#`
    """

    pattern: str
    until: date | None
    reason: str | None

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read one line; raises ValueError if it is not an entry."""
        found = _LINE.fullmatch(line.strip())
        if found is None or found["pattern"] == NONE:
            raise ValueError(line)
        until = found["until"]
        return cls(
            pattern=found["pattern"],
            until=date.fromisoformat(until) if until else None,
            reason=(found["reason"] or "").strip() or None,
        )

    def ended(self, today: date) -> bool:
        """Return whether its last day has passed."""
        return self.until is not None and self.until < today

    def covers(self, key: AccessKey) -> bool:
        """Return whether it names the key or its user: whole, and regardless of case."""
        by_id = not self.pattern.startswith("/") and self._matches(key.access_key_id)
        return by_id or self.covers_user(key.user)

    def covers_user(self, user: User) -> bool:
        """Return whether it names all keys of a user."""
        by_path = self.pattern.startswith("/")
        return self._matches(user.path + user.name if by_path else user.name)

    @property
    def key_id(self) -> str | None:
        """The one access key id that it names, if it has the form of one."""
        return self.pattern.upper() if _KEY_ID.fullmatch(self.pattern) else None

    @property
    def may_name_any_key(self) -> bool:
        """Return whether it may match the access key ids of any user."""
        start, star, _ = self.pattern.casefold().partition("*")
        return bool(star) and (start.startswith("akia") or "akia".startswith(start))

    def _matches(self, name: str) -> bool:
        only_stars = escape(self.pattern.casefold()).replace("[*]", "*")
        return fnmatchcase(name.casefold(), only_stars)

    def __str__(self) -> str:
        """Write the entry as a line again."""
        until = f" until {self.until}" if self.until else ""
        reason = f" # {self.reason}" if self.reason else ""
        return f"{self.pattern}{until}{reason}"


def parse(text: str) -> tuple[tuple[Exemption, ...], tuple[str, ...]]:
    """Read the parameter's text.

    Returns its entries, and the lines that cannot be read. Empty lines count as nothing; a text of
    nothing else is unreadable: `none` means no exemptions.
    """
    if text.strip() == NONE:
        return (), ()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return (), ("",)
    entries: list[Exemption] = []
    unreadable: list[str] = []
    for line in lines:
        try:
            entries.append(Exemption.parse(line))
        except ValueError:
            unreadable.append(line)
    return tuple(entries), tuple(unreadable)
