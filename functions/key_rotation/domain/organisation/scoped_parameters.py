"""The parameters of each scope, with what is wrong with each of them by itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from key_rotation.domain.organisation.parameter_scopes import (
    ACCOUNTS,
    BASE,
    ORGANISATION,
    FoundParameters,
    Place,
)
from key_rotation.domain.settings import (
    EXEMPTION,
    Parameter,
    Settings,
    bounded_problems,
    exemption_problem,
    has_owner_names,
    problems_of,
    whole_name,
)
from key_rotation.errors import InvalidSettingsError

TEXT = "String"
"""The one type that is accepted: the value as a person wrote it, neither encrypted nor a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopedParameters:
    """The parameters of one scope.

    raw: those that it has, without exemptions of one parameter each
    exemptions: those of one exemption each, by what follows `exemption/`
    problems: what is wrong with them, each by itself
    """

    scope: str
    raw: dict[str, Parameter] = field(default_factory=dict)
    exemptions: dict[str, Parameter] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def sort_into_scopes(
    found: FoundParameters, path: str, unread: Mapping[str, str]
) -> Mapping[str, ScopedParameters]:
    """Return the parameters of each scope, the base among them.

    unread: the names that nothing reads, each with what is wrong: one that names an account is a
        problem of that account

    Raises InvalidSettingsError for a base that is not accepted.
    """
    scopes = {BASE: ScopedParameters(scope=BASE)}
    for relative, parameter in sorted(found.by_name.items()):
        place = Place.of(relative)
        if place.scope == ORGANISATION or not (place.is_known or place.kind == ACCOUNTS):
            continue
        scope = scopes.setdefault(place.scope, ScopedParameters(scope=place.scope))
        if relative in unread:
            scope.problems.append(unread[relative])
        elif relative in found.other_types:
            scope.problems.append(type_problem(path, relative, found))
        elif place.exemption:
            scope.exemptions[place.exemption] = parameter
        else:
            scope.raw[place.name] = parameter
    _require_base(scopes[BASE], path)
    for scope in scopes.values():
        scope.problems.extend(_problems(scope, path))
    return scopes


def type_problem(path: str, relative: str, found: FoundParameters) -> str:
    """Say that a parameter has another type than the one that is accepted."""
    kind = found.other_types[relative]
    return f"The parameter {path}/{relative} has the type {kind}; it accepts {TEXT}."


def _require_base(base: ScopedParameters, path: str) -> None:
    """Raise InvalidSettingsError that names every problem of the base, each parameter once."""
    named = {problem.split()[2] for problem in base.problems}
    problems = list(base.problems)
    try:
        owners = has_owner_names(base.raw)
        Settings.parse(base.raw, path=path, exemption_parameters=base.exemptions, owners=owners)
    except InvalidSettingsError as error:
        problems += [each for each in error.problems if each.split()[2] not in named]
    if problems:
        raise InvalidSettingsError(problems)


def _problems(scope: ScopedParameters, path: str) -> Iterator[str]:
    """Return what is wrong with the values of a scope, each by itself."""
    for name, parameter in scope.raw.items():
        yield from problems_of(name, whole_name(path, scope.scope, name), parameter)
    below = whole_name(path, scope.scope, EXEMPTION)
    found = (exemption_problem(f"{below}/{name}", each) for name, each in scope.exemptions.items())
    yield from bounded_problems([problem for problem in found if problem], below)
