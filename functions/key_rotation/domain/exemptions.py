"""The list of keys that are never acted on, as people write it into its parameter."""

import hashlib
import re
from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass
from datetime import date
from fnmatch import translate
from functools import lru_cache
from glob import escape
from typing import Self

from key_rotation.domain.model import AccessKey, User

NONE = "none"
ENTRY = (
    "a user name, a path that begins with `/`, or an access key id, "
    "`*` allowed; then optionally `until YYYY-MM-DD`; then optionally `# reason`"
)
ACCEPTED = f"`none`, or one entry a line: {ENTRY}"
MAX_LINE = 120
"""Characters of an entry that the run state remembers whole."""
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

    @classmethod
    def parse_only(cls, text: str) -> Self:
        """Read the text of a parameter of one exemption.

        Raises ValueError if it is not exactly one entry: `none` and a second line are none.
        """
        if len(text.strip().splitlines()) != 1:
            raise ValueError(text)
        return cls.parse(text)

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

    @property
    def may_name_a_key(self) -> bool:
        """Return whether it may match an access key id: that of one key, or of any."""
        return self.key_id is not None or self.may_name_any_key

    def matches_one_of(self, names: Collection[str]) -> bool:
        """Return whether it matches one of some names or key ids, which are in lower case."""
        if "*" not in self.pattern:
            return self.pattern.casefold() in names
        return any(map(self._matches, names))

    def _matches(self, name: str) -> bool:
        return _expression(self.pattern).fullmatch(name.casefold()) is not None

    def __str__(self) -> str:
        """Write the entry as a line again."""
        until = f" until {self.until}" if self.until else ""
        reason = f" # {self.reason}" if self.reason else ""
        return f"{self.pattern}{until}{reason}"


def remembered_line(entry: Exemption | str) -> str:
    """Return what identifies an entry in the run state: its line, or its beginning and a hash."""
    line = str(entry)
    if len(line) <= MAX_LINE:
        return line
    return f"{line[:100]}...{hashlib.sha256(line.encode()).hexdigest()[:12]}"


@lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str]:
    """Return what a pattern matches, in lower case: `*` is any text, the rest is itself."""
    return re.compile(expression_text(pattern))


def expression_text(pattern: str) -> str:
    """Return the regular expression of a pattern, for a whole name in lower case."""
    only_stars = escape(pattern.casefold()).replace("[*]", "*")
    return translate(only_stars)


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


def unmatched(
    entries: Iterable[Exemption],
    users: Iterable[User],
    keys: Iterable[AccessKey],
    *,
    today: date,
    saw_all_keys: bool,
    known_before: Container[str],
) -> tuple[Exemption, ...]:
    """Return the entries in force that match no user and no key.

    users: all users of the account
    keys: those that were read
    saw_all_keys: whether they are all keys of the account
    known_before: the entries that matched nothing when all keys were last read, as their
        remembered lines

    Of an entry that may be an access key id it is known only once all keys were read.
    """
    users = tuple(users)
    names = {user.name.casefold() for user in users}
    paths = {(user.path + user.name).casefold() for user in users}
    key_ids = {key.access_key_id.casefold() for key in keys}

    def matches_nothing(entry: Exemption) -> bool:
        if entry.pattern.startswith("/"):
            return not entry.matches_one_of(paths)
        known = not entry.may_name_a_key or saw_all_keys or remembered_line(entry) in known_before
        candidates = names | key_ids if entry.may_name_a_key else names
        return known and not entry.matches_one_of(candidates)

    in_force = dict.fromkeys(entry for entry in entries if not entry.ended(today))
    return tuple(filter(matches_nothing, in_force))
