"""Which parameters apply to an account: the nearest value of each, and all exemptions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from key_rotation.domain import exemptions
from key_rotation.domain.organisation.accounts import Account, AccountSettings
from key_rotation.domain.organisation.parameter_scopes import (
    ACCOUNTS,
    BASE,
    OUS,
    FoundParameters,
)
from key_rotation.domain.organisation.scoped_parameters import ScopedParameters, sort_into_scopes
from key_rotation.domain.organisation.unread import UnreadNames
from key_rotation.domain.settings import (
    EXEMPTION,
    Parameter,
    Settings,
    has_owner_names,
)
from key_rotation.errors import InvalidSettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """The base, and what is different in organizational units and accounts.

    path: what stands before the names, such as `/key-rotation`
    unread: the names that nothing reads, each with what is wrong
    """

    path: str
    scopes: Mapping[str, ScopedParameters]
    unread: Mapping[str, str]
    _merged: dict[tuple[str, ...], AccountSettings | tuple[str, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def of(cls, found: FoundParameters, path: str, accounts: Iterable[Account]) -> Self:
        """Sort what was found; raises InvalidSettingsError for a base that is not accepted."""
        unread = UnreadNames(path, accounts).among(found.by_name)
        scopes = sort_into_scopes(found, path, unread)
        return cls(path=path, scopes=scopes, unread=unread)

    @property
    def base(self) -> Settings:
        """What applies to an account without overrides."""
        scope = self.scopes[BASE]
        return Settings.parse(
            scope.raw, path=self.path, exemption_parameters=scope.exemptions, owners=self.owners
        )

    @property
    def owners(self) -> bool:
        """Whether owners of keys get mail: then the base has the parameters about them."""
        return has_owner_names(self.scopes[BASE].raw)

    def for_account(self, account: Account) -> AccountSettings | tuple[str, ...]:
        """Return what applies to an account, or what is wrong with the overrides that reach it."""
        names = (BASE, *(f"{OUS}/{ou}" for ou in account.ous), f"{ACCOUNTS}/{account.account_id}")
        chain = tuple(name for name in names if name in self.scopes)
        if chain not in self._merged:
            self._merged[chain] = self._merge([self.scopes[name] for name in chain])
        return self._merged[chain]

    def reach(self, accounts: Iterable[Account]) -> Mapping[str, int]:
        """Return to how many of some accounts each scope of overrides applies."""
        counts = {scope: 0 for scope in self.scopes if scope != BASE}
        for account in accounts:
            for scope in (
                *(f"{OUS}/{ou}" for ou in account.ous),
                f"{ACCOUNTS}/{account.account_id}",
            ):
                if scope in counts:
                    counts[scope] += 1
        return counts

    def _merge(self, chain: Sequence[ScopedParameters]) -> AccountSettings | tuple[str, ...]:
        """Merge scopes, from the base to the nearest."""
        problems = [problem for scope in chain for problem in scope.problems]
        if problems := [*problems, *_ambiguous(chain, self.path)]:
            return tuple(problems)
        nearest = {name: scope for scope in chain for name in scope.raw}
        merged = AccountSettings(
            raw={name: scope.raw[name] for name, scope in nearest.items()}
            | {"exemptions": _all_lines(chain)},
            exemption_parameters=_one_by_one(chain),
            sources={
                name: scope.scope
                for name, scope in nearest.items()
                if scope.scope != BASE and name != "exemptions"
            },
        )
        try:
            Settings.parse(merged.raw, path=self.path, sources=merged.sources, owners=self.owners)
        except InvalidSettingsError as error:
            return error.problems
        return merged


def _all_lines(chain: Iterable[ScopedParameters]) -> Parameter:
    """Join the exemptions of all scopes that reach an account; the version counts all edits."""
    found = [scope.raw["exemptions"] for scope in chain if "exemptions" in scope.raw]
    lines = [each.value.strip() for each in found if each.value.strip() != exemptions.NONE]
    version = sum(each.version for each in found)
    return Parameter(value="\n".join(lines) or exemptions.NONE, version=version)


def _one_by_one(chain: Sequence[ScopedParameters]) -> Mapping[str, Parameter]:
    """Return the exemption parameters of all scopes; an override's name has its scope."""
    base, more = chain[0].exemptions, _overriding(chain)
    return {**base, **more} if more else base


def _overriding(chain: Sequence[ScopedParameters]) -> Mapping[str, Parameter]:
    return {
        f"{scope.scope}/{EXEMPTION}/{name}": parameter
        for scope in chain[1:]
        for name, parameter in scope.exemptions.items()
    }


def _ambiguous(chain: Sequence[ScopedParameters], path: str) -> Iterator[str]:
    """Name an exemption of the base that has the name by which one of another scope is known."""
    for name in sorted(chain[0].exemptions.keys() & _overriding(chain).keys()):
        yield (
            f"The parameter {path}/{EXEMPTION}/{name} has the name of {path}/{name}; "
            "one of them needs another name."
        )
