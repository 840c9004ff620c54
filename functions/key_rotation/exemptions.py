"""The list of keys that are never acted on, as people write it into its parameter."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Self

from key_rotation.model import AccessKey

NONE = "none"
ACCEPTED = (
    "`none`, or one entry a line: a user name, a path that begins with `/`, or an access key id, "
    "`*` allowed; then optionally `until YYYY-MM-DD`; then optionally `# reason`"
)
_LINE = re.compile(
    r"(?P<pattern>/[!-\"$-~]*|[\w+=,.@*-]+)"
    r"(?:\s+until\s+(?P<until>[0-9]{4}-[0-9]{2}-[0-9]{2}))?"
    r"(?:\s*\#\s*(?P<reason>.*))?"
)


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
        """Read one line; a ValueError says that it is none."""
        found = _LINE.fullmatch(line.strip())
        if found is None or line.strip() == NONE:
            raise ValueError(line)
        until = found["until"]
        return cls(
            pattern=found["pattern"],
            until=date.fromisoformat(until) if until else None,
            reason=(found["reason"] or "").strip() or None,
        )

    def ended(self, today: date) -> bool:
        """Say whether its last day has passed."""
        return self.until is not None and self.until < today

    def covers(self, key: AccessKey) -> bool:
        """Say whether it names the key: whole, and regardless of case."""
        names = (
            (key.user.path + key.user.name,)
            if self.pattern.startswith("/")
            else (key.user.name, key.access_key_id)
        )
        parts = (re.escape(part.casefold()) for part in self.pattern.split("*"))
        whole = re.compile(".*".join(parts), re.DOTALL)
        return any(whole.fullmatch(name.casefold()) for name in names)

    def __str__(self) -> str:
        """Write the entry as a line again."""
        until = f" until {self.until}" if self.until else ""
        reason = f" # {self.reason}" if self.reason else ""
        return f"{self.pattern}{until}{reason}"


def parse(text: str) -> tuple[tuple[Exemption, ...], tuple[str, ...]]:
    """Read the parameter's text.

    Returns its entries, and the lines that cannot be read. Empty lines count as nothing; a text of
    nothing else is unreadable, since `none` says so on purpose.
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
