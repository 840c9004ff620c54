"""How a watch and its events are written as DynamoDB items, and read again without guessing."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import cattrs
from cattrs.strategies import configure_tagged_union

from key_rotation.errors import UnreadableError
from key_rotation.model import Action, Reason
from key_rotation.run_state import RunState
from key_rotation.watch import Event, State, Watch

SCHEMA = 1
WATCHES = "WATCH"
HISTORY = "HISTORY#"
FRAME = frozenset({"pk", "sk", "schema", "written_by"})
Item = dict[str, Any]


def watch_key(access_key_id: str) -> Item:
    """Name the item of a key's watch; all share a partition, so that one query reads them."""
    return {"pk": WATCHES, "sk": access_key_id}


def encode_watch(watch: Watch) -> Item:
    """Write a watch as an item."""
    item: Item = _CONVERTER.unstructure(watch)
    return {**watch_key(watch.access_key_id), "schema": SCHEMA, **item}


def decode_watch(item: Mapping[str, Any]) -> Watch:
    """Read a watch from its item; raises UnreadableError for any other shape, type or schema."""
    schema = item.get("schema")
    if schema != SCHEMA:
        raise UnreadableError(f"its watch has schema {schema!r}; this version reads {SCHEMA}")
    try:
        return _CONVERTER.structure(_fields(item), Watch)
    except cattrs.BaseValidationError as cause:
        faults = "; ".join(cattrs.transform_error(cause))
        raise UnreadableError(f"its watch cannot be read: {faults}") from cause


def encode_event(watch: Watch, event: Event) -> Item:
    """Write an event as an item of the key's history, which sorts by time and is never changed."""
    item: Item = _CONVERTER.unstructure(event)
    return {
        "pk": HISTORY + watch.access_key_id,
        "sk": f"{event.at.isoformat()}#{watch.version:06}",
        "schema": SCHEMA,
        "user": watch.user.name,
        **item,
    }


def encode_state(state: RunState) -> Item:
    """Write the run's state as the attributes of an item."""
    item: Item = _CONVERTER.unstructure(state)
    return item


def decode_state(item: Mapping[str, Any]) -> RunState:
    """Read the run's state from its item; raises cattrs.BaseValidationError for any other shape."""
    return _CONVERTER.structure(_fields(item), RunState)


def _fields(item: Mapping[str, Any]) -> Item:
    return {name: value for name, value in item.items() if name not in FRAME}


def _converter() -> cattrs.Converter:
    """Build a converter that refuses a value of a wrong type instead of converting it."""
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_structure_hook(str, _only(str))
    converter.register_structure_hook(bool, _only(bool))
    converter.register_structure_hook(int, lambda value, _: int(_only(Decimal, int)(value, int)))
    converter.register_structure_hook(datetime, _aware)
    converter.register_structure_hook(date, lambda value, _: date.fromisoformat(value))
    converter.register_structure_hook(Reason, lambda value, _: Reason[value])
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_unstructure_hook(Action, lambda action: action.value)
    converter.register_unstructure_hook(Reason, lambda reason: reason.name)
    configure_tagged_union(
        State, converter, tag_name="kind", tag_generator=lambda state: state.__name__.lower()
    )
    return converter


def _only(*kinds: type) -> Callable[[Any, Any], Any]:
    def check(value: object, _: object) -> object:
        if type(value) not in kinds:
            raise TypeError(f"{value!r} is not of the recorded type")
        return value

    return check


def _aware(value: str, _: object) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return instant


_CONVERTER = _converter()
