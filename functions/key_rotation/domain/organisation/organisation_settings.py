"""The parameters of the organization as a whole: who is left out, and its limit of changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from key_rotation.domain.exemptions import Exemption
from key_rotation.domain.organisation import leave_out
from key_rotation.domain.organisation.parameter_scopes import (
    CHANGE_LIMIT,
    LEAVE_OUT,
    ORGANISATION,
    FoundParameters,
)
from key_rotation.domain.organisation.scoped_parameters import type_problem
from key_rotation.domain.settings import missing, number_problem
from key_rotation.errors import InvalidSettingsError

CHANGE_LIMIT_RANGE = (0, 50_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationSettings:
    """The two parameters below `organisation/`.

    leave_out: the entries, each of an account or an organizational unit
    change_limit: how many keys of all accounts one run may change
    """

    leave_out: tuple[Exemption, ...]
    change_limit: int

    @classmethod
    def parse(cls, found: FoundParameters, path: str) -> Self:
        """Read both; raises InvalidSettingsError that names every problem."""
        if problems := list(_problems(found, path)):
            raise InvalidSettingsError(problems)
        entries, _ = leave_out.parse(found.by_name[f"{ORGANISATION}/{LEAVE_OUT}"].value)
        limit = found.by_name[f"{ORGANISATION}/{CHANGE_LIMIT}"].value
        return cls(leave_out=entries, change_limit=int(limit))


def _problems(found: FoundParameters, path: str) -> Iterator[str]:
    for name in (LEAVE_OUT, CHANGE_LIMIT):
        relative = f"{ORGANISATION}/{name}"
        whole = f"{path}/{relative}"
        parameter = found.by_name.get(relative)
        if relative in found.other_types:
            yield type_problem(path, relative, found)
        elif name == CHANGE_LIMIT:
            yield from filter(None, [number_problem(whole, parameter, CHANGE_LIMIT_RANGE)])
        elif parameter is None:
            yield missing(whole, leave_out.ACCEPTED)
        else:
            accepted = leave_out.ACCEPTED
            for line in leave_out.parse(parameter.value)[1]:
                yield f"The parameter {whole} has the line {line!r}; it accepts {accepted}."
