"""The parameters below the path that nothing reads: each is named with what is wrong."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from key_rotation.domain.organisation.accounts import Account
from key_rotation.domain.organisation.parameter_scopes import (
    ACCOUNTS,
    ORGANISATION,
    ORGANISATION_NAMES,
    OUS,
    Place,
)
from key_rotation.domain.settings import EXEMPTION, NAMES, OWNER_NAMES, has_owner_names

NO_OWNERS = "the hub was deployed without owner-mail-from, so owners of keys get no mail"
MAX_COMPARED = 20
"""Names for which a similar one is looked up; each is compared with every account id."""


class UnreadNames:
    """Says of each name whether it is read, in one organization.

    path: what stands before the names, such as `/key-rotation`
    """

    def __init__(self, path: str, accounts: Iterable[Account]) -> None:
        """Use the accounts and organizational units that are listed."""
        accounts = tuple(accounts)
        self._path = path
        self._targets = {
            ACCOUNTS: {account.account_id for account in accounts},
            OUS: {ou for account in accounts for ou in account.ous},
        }

    def among(self, names: Iterable[str]) -> Mapping[str, str]:
        """Return the names that nothing reads, each with a sentence that says why."""
        names = sorted(names)
        owners = has_owner_names(names)
        problems: dict[str, str] = {}
        for name in names:
            place, compare = Place.of(name), len(problems) < MAX_COMPARED
            problem = self._problem(place, compare=compare)
            if not problem and place.name in OWNER_NAMES and not owners:
                problem = NO_OWNERS
            if problem:
                problems[name] = f"The parameter {self._path}/{name} is not read: {problem}."
        return problems

    def _problem(self, place: Place, *, compare: bool) -> str | None:
        targets = self._targets.get(place.kind)
        if targets is not None and place.target not in targets:
            what = (
                f"{place.target!r} is no account of the organization"
                if place.kind == ACCOUNTS
                else f"no account of the organization is in {place.target!r}"
            )
            return f"{what}{_nearest(place.target, targets) if compare else ''}"
        if place.is_known:
            return None
        accepted = ORGANISATION_NAMES if place.scope == ORGANISATION else (*NAMES, f"{EXEMPTION}/")
        return f"no parameter is named {place.name!r}{_nearest(place.name, accepted)}"


def _nearest(name: str, candidates: Iterable[str]) -> str:
    found = get_close_matches(name.casefold(), sorted(candidates), n=1)
    return f"; {found[0]!r} is similar" if found else ""
