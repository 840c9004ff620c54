"""Converts values to JSON-like documents and back; anything unexpected is refused."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from inspect import isclass
from typing import Any, TypeVar

import cattrs
from cattrs.strategies import configure_tagged_union

from key_rotation.domain.model import Reason
from key_rotation.domain.watch import State

T = TypeVar("T")
Item = dict[str, Any]


class MalformedError(Exception):
    """Raised when a document does not have exactly the fields and types of its value."""


def write(value: object) -> Item:
    """Return a value as a document."""
    document: Item = _CONVERTER.unstructure(value)
    return document


def read(document: object, kind: type[T], *, complete: bool = False) -> T:
    """Read a value; raises MalformedError for an unknown field, or another type.

    complete: whether a field that is missing is malformed even if it has a default: one that this
        version writes
    """
    if not isinstance(document, Mapping):
        raise MalformedError(f"{document!r} is no object")
    try:
        value = _CONVERTER.structure(document, kind)
    except cattrs.BaseValidationError as cause:
        raise MalformedError("; ".join(cattrs.transform_error(cause))) from cause
    written = write(value)
    if document != written and (problem := _difference(document, written, complete=complete)):
        raise MalformedError(problem)
    return value


def _difference(found: object, written: object, *, complete: bool) -> str | None:
    """Describe where a document is not what its value is written as; None if it is."""
    match found, written:
        case Mapping(), Mapping():
            names = found.keys() | written.keys() if complete else found.keys()
            for name in sorted(names, key=str):
                if name not in found:
                    return f"{name} is missing"
                if _difference(found[name], written.get(name), complete=complete):
                    return f"{name} has an unexpected value"
        case list() | tuple(), list() | tuple() if len(found) == len(written):
            pairs = zip(found, written, strict=True)
            if any(_difference(a, b, complete=complete) for a, b in pairs):
                return "an entry has an unexpected value"
        case _:
            return None if found == written else "it has an unexpected value"
    return None


def _converter() -> cattrs.Converter:
    """Build a converter that refuses a value of a wrong type instead of converting it."""
    converter = cattrs.Converter(forbid_extra_keys=True)
    # A hook for the class str would also get each closed set of words, and return bare text.
    converter.register_structure_hook_func(lambda kind: kind is str, _only(str))
    converter.register_structure_hook_func(_is_closed_set, lambda value, kind: kind(value))
    converter.register_structure_hook(bool, _only(bool))
    converter.register_structure_hook(int, lambda value, _: int(_only(Decimal, int)(value, int)))
    converter.register_structure_hook(datetime, _aware)
    converter.register_structure_hook(date, lambda value, _: date.fromisoformat(value))
    converter.register_structure_hook(Reason, lambda value, _: Reason[value])
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_unstructure_hook(Reason, lambda reason: reason.name)
    configure_tagged_union(
        State, converter, tag_name="kind", tag_generator=lambda state: state.__name__.lower()
    )
    return converter


def _is_closed_set(kind: object) -> bool:
    return isclass(kind) and issubclass(kind, StrEnum) and kind is not Reason


def _only(*kinds: type) -> Callable[[Any, Any], Any]:
    def check(value: object, _: object) -> object:
        if type(value) not in kinds:
            raise TypeError(f"{value!r} has the wrong type")
        return value

    return check


def _aware(value: str, _: object) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return instant


_CONVERTER = _converter()
