"""How a watch and its events are written as DynamoDB items, and read again without guessing."""

from collections.abc import Mapping
from typing import Any

from key_rotation.adapters import codec
from key_rotation.adapters.codec import Item
from key_rotation.domain.run_state import RunState
from key_rotation.domain.watch import Event, Watch
from key_rotation.errors import UnreadableError

SCHEMA = 1
WATCHES = "WATCH"
HISTORY = "HISTORY#"
FRAME = frozenset({"pk", "sk", "schema", "written_by"})


def watch_key(access_key_id: str) -> Item:
    """Name the item of a key's watch; all share a partition, so that one query reads them."""
    return {"pk": WATCHES, "sk": access_key_id}


def encode_watch(watch: Watch) -> Item:
    """Write a watch as an item."""
    item = codec.write(watch)
    return {**watch_key(watch.access_key_id), "schema": SCHEMA, **item}


def decode_watch(item: Mapping[str, Any]) -> Watch:
    """Read a watch from its item; raises UnreadableError for any other shape, type or schema."""
    schema = item.get("schema")
    if schema != SCHEMA:
        raise UnreadableError(f"its watch has schema {schema!r}; this version reads {SCHEMA}")
    fields = _fields(item)
    try:
        watch = codec.read(fields, Watch)
    except codec.MalformedError as cause:
        raise UnreadableError(f"its watch cannot be read: {cause}") from cause
    if codec.write(watch).keys() != fields.keys():  # one is missing for which there is a default
        raise UnreadableError("its watch cannot be read: it is incomplete")
    return watch


def encode_event(watch: Watch, event: Event) -> Item:
    """Write an event as an item of the key's history, which sorts by time and is never changed."""
    item = codec.write(event)
    return {
        "pk": HISTORY + watch.access_key_id,
        "sk": f"{event.at.isoformat()}#{watch.version:06}",
        "schema": SCHEMA,
        "user": watch.user.name,
        **item,
    }


def encode_state(state: RunState) -> Item:
    """Write the run's state as the attributes of an item."""
    return codec.write(state)


def decode_state(item: Mapping[str, Any]) -> RunState:
    """Read the run's state from its item; raises codec.MalformedError for any other shape."""
    return codec.read(_fields(item), RunState)


def _fields(item: Mapping[str, Any]) -> Item:
    return {name: value for name, value in item.items() if name not in FRAME}
