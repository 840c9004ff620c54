"""How watches, events and the run's state are stored as DynamoDB items, and read again strictly."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from key_rotation.adapters import codec
from key_rotation.adapters.codec import Item
from key_rotation.domain.run_state import RunState
from key_rotation.domain.watch import Event, Watch
from key_rotation.errors import UnreadableError, UnreadableItemError

SCHEMA = 3
FRAME = frozenset({"pk", "sk", "schema", "written_by"})
RENAMED_IN_SCHEMA_2 = {
    "reported_on": "announced_on",
    "promised": "earliest_deactivation",
    "untold": "unreported_events",
    "reported": "report_fingerprints",
    "swept": "last_full_scan",
    "reported_of_all": "last_full_report_scan",
    "going_on": "expected_continuations",
}
"""Fields by their names in schema 1, which version 0.1.0 wrote."""


@dataclass(frozen=True, slots=True)
class Partitions:
    """The partition keys of one account's items.

    account_id: None for the account of the deployment, whose partition keys have no prefix; the
        items of other accounts stand beside them
    """

    account_id: str | None = None

    @property
    def watches(self) -> str:
        """Holds the watches of all keys, so that one query reads them."""
        return f"{self._prefix}WATCH"

    @property
    def run(self) -> str:
        """Holds the run's lease and what one run leaves for the next."""
        return f"{self._prefix}RUN"

    def history(self, access_key_id: str) -> str:
        """Holds the events of one key."""
        return f"{self._prefix}HISTORY#{access_key_id}"

    @property
    def runs(self) -> str:
        """Holds the summaries of all runs."""
        return f"{self._prefix}RUNS"

    @property
    def populations(self) -> str:
        """Holds the keys that each full scan found."""
        return f"{self._prefix}POPULATION"

    @property
    def notice_mails(self) -> str:
        """Holds what came of the mails about the notices of all keys."""
        return f"{self._prefix}NOTICE_MAIL"

    def mails(self, access_key_id: str) -> str:
        """Holds the mails about one key that SES accepted."""
        return f"{self._prefix}MAIL#{access_key_id}"

    @property
    def _prefix(self) -> str:
        return f"{self.account_id}#" if self.account_id else ""


OWN_ACCOUNT = Partitions()


def watch_key(access_key_id: str, partitions: Partitions = OWN_ACCOUNT) -> Item:
    """Return the primary key of a watch."""
    return {"pk": partitions.watches, "sk": access_key_id}


def state_key(partitions: Partitions = OWN_ACCOUNT) -> Item:
    """Return the primary key of the run's state."""
    return {"pk": partitions.run, "sk": "STATE"}


def unreadable_item(
    table_name: str, key: Mapping[str, str], problem: object
) -> UnreadableItemError:
    """Return the error of an item that each run needs, with the command that deletes it.

    The next run writes it anew. Without a lease, a run in progress ends before its next change;
    without a state, a run reads all users, and repeats what it has reported; without the run of the
    organization, a second one can be started at once.
    """
    typed = json.dumps({name: {"S": value} for name, value in key.items()})
    command = (f"aws dynamodb delete-item --table-name {table_name} \\", f"  --key '{typed}'")
    what = {
        "LEASE": "lease of the run",
        "STATE": "state of the last run",
        "RUN": "run of the organization",
    }[key["sk"]]
    return UnreadableItemError(f"The {what} in the ledger cannot be read: {problem}.", command)


def encode_watch(watch: Watch, partitions: Partitions = OWN_ACCOUNT) -> Item:
    """Return a watch as an item."""
    item = codec.write(watch)
    return {**watch_key(watch.access_key_id, partitions), "schema": SCHEMA, **item}


def decode_watch(item: Mapping[str, Any]) -> Watch:
    """Read a watch from its item; raises UnreadableError for any other shape, type or schema."""
    try:
        return codec.read(_fields(item), Watch, complete=item["schema"] == SCHEMA)
    except (codec.MalformedError, KeyError) as cause:
        raise UnreadableError(f"its watch cannot be read: {cause}") from cause


def encode_event(watch: Watch, event: Event, partitions: Partitions = OWN_ACCOUNT) -> Item:
    """Return an event as an item of the key's history, which sorts by time and never changes."""
    item = codec.write(event)
    return {
        "pk": partitions.history(watch.access_key_id),
        "sk": f"{event.at.isoformat()}#{watch.version:06}",
        "schema": SCHEMA,
        "user": watch.user.name,
        **item,
    }


def encode_state(state: RunState, partitions: Partitions = OWN_ACCOUNT) -> Item:
    """Return the run's state as an item."""
    return {**state_key(partitions), "schema": SCHEMA, **codec.write(state)}


def decode_state(item: Mapping[str, Any]) -> RunState:
    """Read the run's state from its item; raises codec.MalformedError for any other shape.

    Versions up to 0.2.0 wrote the keys of unknown status, with their users, who are read again.
    """
    fields = _fields({"schema": 1, **item})
    earlier = fields.pop("unknown_status", {})
    if isinstance(earlier, Mapping) and "reported_days" not in fields:
        fields["reported_days"] = {str(user_id): {} for user_id in earlier.values()}
    return codec.read(fields, RunState)


def _fields(item: Mapping[str, Any]) -> Item:
    """Return the fields of an item by their names of today; raises codec.MalformedError."""
    fields = {name: value for name, value in item.items() if name not in FRAME}
    match item.get("schema"):
        case 1:
            renamed: Item = _renamed(fields)
            return renamed
        case 2 | 3:
            return fields
        case schema:
            raise codec.MalformedError(f"schema {schema!r} is not one of 1 to {SCHEMA}")


def _renamed(value: object) -> Any:  # noqa: ANN401  # what DynamoDB stores has no narrower type
    match value:
        case dict():
            return {RENAMED_IN_SCHEMA_2.get(k, k): _renamed(part) for k, part in value.items()}
        case list():
            return [_renamed(part) for part in value]
        case _:
            return value
