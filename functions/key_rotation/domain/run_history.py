"""What the history of runs keeps: a summary of each run, and the keys that a full scan found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from key_rotation.domain.exemption_changes import remembered
from key_rotation.domain.inventory import Inventory, Scan
from key_rotation.domain.model import Mode
from key_rotation.domain.run_part import RunPart
from key_rotation.domain.settings import EXEMPTION, Parameter, Settings

MAX_FAILURES = 500
"""Failures in one summary, so that its item stays below DynamoDB's limit of 400 KB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFailure:
    """A user or key that a run left alone because of an error; a user has no `access_key_id`."""

    user: str
    access_key_id: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What is kept of one part of a run; of a run with one part, that is the run.

    event_id: the event for which it took place: its retries and parts share it
    started: its one instant
    version: of this tool
    part: its number; 0 for the first
    mode, scan: None where it was stopped before they were known
    users, keys: how many it knew
    users_left: how many users it left to the next part
    counts: how many keys its answer lists, by section
    complete: whether it came to its end, and left nothing to a next part
    failures: at most MAX_FAILURES of them
    failure_count: how many there were
    settings: the parameters it ran with, by name; empty where it was stopped before they were read
    message_id: of the first message that SNS accepted; None if it published none
    further_message_ids: of the others, where the digest was too large for one
    delivered: whether what it published counts as read
    population_items: in how many items the population was written; 0 for none
    stopped: the error that stopped it; empty if it came to its end
    """

    run_id: str
    event_id: str
    started: datetime
    version: str
    part: int = 0
    mode: Mode | None = None
    scan: Scan | None = None
    users: int = 0
    keys: int = 0
    users_left: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    complete: bool = False
    failures: tuple[RunFailure, ...] = ()
    failure_count: int = 0
    settings: Mapping[str, Parameter] = field(default_factory=dict)
    message_id: str | None = None
    further_message_ids: tuple[str, ...] = ()
    delivered: bool = False
    population_items: int = 0
    stopped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationKey:
    """A key as a full scan found it, before the run changed anything.

    status: in IAM's own word
    last_use_read: whether the run read the last use; it does so only where a rule needs it
    last_used: None for a key never used, or whose last use was not read
    """

    user_id: str
    user: str
    access_key_id: str
    status: str
    created: datetime
    last_use_read: bool = False
    last_used: datetime | None = None


def recorded_settings(settings: Settings) -> Mapping[str, Parameter]:
    """Return the parameters of a run, those of one exemption each as `exemption/NAME`.

    Of these, as many as the run state remembers too, so that the item stays small enough.
    """
    one_by_one = remembered(settings.exemption_parameters)
    return {**settings.raw, **{f"{EXEMPTION}/{name}": one_by_one[name] for name in one_by_one}}


def population_of(part: RunPart, last_full_scan: date | None) -> tuple[PopulationKey, ...]:
    """Return the keys that a part of a full scan found; none if today's were written before.

    last_full_scan: the day of the last full scan that came to its end
    """
    if part.inventory.scan is not Scan.FULL or last_full_scan == part.now.today:
        return ()
    return _keys(part.inventory)


def _keys(inventory: Inventory) -> tuple[PopulationKey, ...]:
    last_uses = {
        observed.key.access_key_id: observed.last_use
        for observed in inventory.observed_keys
        if observed.last_use
    }
    return tuple(
        PopulationKey(
            user_id=key.user.user_id,
            user=key.user.name,
            access_key_id=key.access_key_id,
            status=key.status_text,
            created=key.created,
            last_use_read=last_use is not None,
            last_used=last_use.at if last_use else None,
        )
        for key in inventory.keys
        for last_use in [last_uses.get(key.access_key_id)]
    )
