"""What one run leaves for the next besides the watches: what people have been told already."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date

from key_rotation.domain.model import Mode, Scan
from key_rotation.domain.settings import Parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """What the last run saw and told.

    parameters: the settings it ran with, by name; empty before the first run
    ended_exemptions: the exemptions whose end has been told
    unknown_status: the keys told of because nobody knows their status, and their users, by id
    reported: the fingerprints of the last digest in report mode, one for each part of the run
    swept: the last day on which everybody was asked for keys by a run in enforce mode, and could
        be read
    reported_of_all: the same of a run in report mode, which gives no notices
    stopped: the day and text of the last message that a run was stopped; empty after a good run
    going_on: the fingerprints of what runs left to their next parts
    """

    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    ended_exemptions: tuple[str, ...] = ()
    unknown_status: Mapping[str, str] = field(default_factory=dict)
    reported: tuple[str, ...] = ()
    swept: date | None = None
    reported_of_all: date | None = None
    stopped: str = ""
    going_on: tuple[str, ...] = ()

    def last_full_scan(self, mode: Mode) -> date | None:
        """The last sweep that counts in a mode: one in report mode finds nothing for the other."""
        enforced = self.swept or date.min
        last = max(enforced, self.reported_of_all or date.min) if mode is Mode.REPORT else enforced
        return None if last == date.min else last


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """What a part of a run leaves to the next, which the function sends itself.

    part: the number of the next part; the first part of a run is 0
    user_ids: the users still to be looked at, in order
    changes_left: how many keys may still be deactivated or deleted in this run
    scan: whom the run set out to ask
    complete: whether all users before could be read
    """

    part: int
    user_ids: tuple[str, ...]
    changes_left: int
    scan: Scan
    complete: bool

    @property
    def fingerprint(self) -> str:
        """What the ledger keeps, to know the part that it expects."""
        document = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(document.encode()).hexdigest()
