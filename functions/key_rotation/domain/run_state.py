"""What one run leaves for the next besides the watches: what was reported, and what is left."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date

from key_rotation.domain.inventory import Scan
from key_rotation.domain.model import Mode
from key_rotation.domain.settings import Parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """What the last run read and reported.

    parameters: the settings it ran with, by name; empty before the first run
    ended_exemptions: the exemptions whose end a digest has reported
    unknown_status: the ids of the keys whose unknown status a digest has reported, with their users
    report_fingerprints: of the last digest in report mode, one for each part of the run
    last_full_scan: the last day on which a run in enforce mode read the keys of all users
    last_full_report_scan: the same of a run in report mode, which gives no notices
    stopped: the fingerprint of the last message that a run was stopped; empty after a good run
    expected_continuations: the fingerprints of what runs left to their next parts
    """

    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    ended_exemptions: tuple[str, ...] = ()
    unknown_status: Mapping[str, str] = field(default_factory=dict)
    report_fingerprints: tuple[str, ...] = ()
    last_full_scan: date | None = None
    last_full_report_scan: date | None = None
    stopped: str = ""
    expected_continuations: tuple[str, ...] = ()

    def last_full_scan_in(self, mode: Mode) -> date | None:
        """Return the last full scan that counts in a mode.

        One in report mode counts for report mode only, since it gave no notices.
        """
        days = [self.last_full_scan, self.last_full_report_scan if mode is Mode.REPORT else None]
        return max((day for day in days if day), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """What one part of a run leaves to the next part, which the function invokes itself.

    part: the number of the next part; the first part of a run is 0
    user_ids: the users whose keys are still to be read, in order
    changes_left: how many keys may still be deactivated or deleted in this run
    scan: which users' keys the run reads
    complete: whether the keys of all users before could be read
    """

    part: int
    user_ids: tuple[str, ...]
    changes_left: int
    scan: Scan
    complete: bool

    @property
    def fingerprint(self) -> str:
        """What the ledger stores, to recognise the part that it expects."""
        document = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(document.encode()).hexdigest()
