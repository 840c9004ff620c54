"""Where a parameter of the organization belongs, by what follows the path in its name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from key_rotation.domain.settings import EXEMPTION, NAMES, OWNER_NAMES, Parameter

OUS, ACCOUNTS, ORGANISATION = "ous", "accounts", "organisation"
BASE = ""
"""The scope of the parameters that apply to all accounts."""
LEAVE_OUT, CHANGE_LIMIT = "leave-out", "max-changes-per-run"
ORGANISATION_NAMES = (LEAVE_OUT, CHANGE_LIMIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundParameters:
    """All parameters below the path, by what follows it in their names.

    other_types: the types of those that are not of the type String
    """

    by_name: Mapping[str, Parameter]
    other_types: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one parameter belongs.

    scope: `ous/<id>`, `accounts/<id>`, `organisation`, or BASE
    name: what follows the scope
    """

    scope: str
    name: str

    @classmethod
    def of(cls, relative: str) -> Self:
        """Divide what follows the path."""
        first, _, rest = relative.partition("/")
        if first in {OUS, ACCOUNTS}:
            target, _, name = rest.partition("/")
            return cls(scope=f"{first}/{target}", name=name)
        if first == ORGANISATION:
            return cls(scope=ORGANISATION, name=rest)
        return cls(scope=BASE, name=relative)

    @property
    def kind(self) -> str:
        """`ous`, `accounts`, `organisation`, or BASE."""
        return self.scope.partition("/")[0]

    @property
    def target(self) -> str:
        """The id of the account or organizational unit; empty where it names none."""
        return self.scope.partition("/")[2]

    @property
    def exemption(self) -> str:
        """What follows `exemption/` in the name of a parameter of one exemption; else empty."""
        first, _, rest = self.name.partition("/")
        return rest if first == EXEMPTION else ""

    @property
    def is_known(self) -> bool:
        """Whether a parameter of this name is read in this scope."""
        if self.scope == ORGANISATION:
            return self.name in ORGANISATION_NAMES
        return self.name in {*NAMES, *OWNER_NAMES} or bool(self.exemption)
