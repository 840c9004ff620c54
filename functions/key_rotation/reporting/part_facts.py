"""What a digest says of one part of a run, apart from its keys."""

from dataclasses import dataclass
from typing import Self

from key_rotation.domain.inventory import Scan
from key_rotation.domain.model import Mode, Now
from key_rotation.domain.run_part import RunPart
from key_rotation.domain.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFacts:
    """The facts of one part.

    number: of the part; 0 for the first
    users: how many users the account has
    keys: how many keys this part knows: those read, and those only in the credential report
    users_read: of how many users it read the keys
    users_left: how many users are left to later parts of the run
    note: why the keys of all users were read, where that was not planned
    restored: whether the ledger was restored from a backup since the last run
    is_manual_report: whether a person started it in report mode where enforce mode is set
    saw_all_keys: whether this one part read every key of the account
    """

    now: Now
    mode: Mode
    settings: Settings
    number: int
    users: int
    keys: int
    users_read: int
    users_left: int
    scan: Scan
    note: str
    restored: bool
    is_manual_report: bool
    saw_all_keys: bool

    @classmethod
    def of(cls, part: RunPart) -> Self:
        """Return the facts of a part whose plan came out."""
        inventory, continuation = part.inventory, part.continuation
        return cls(
            now=part.now,
            mode=part.mode,
            settings=part.settings,
            number=part.number,
            users=len(inventory.users),
            keys=len(inventory.keys) + len(inventory.reported_keys),
            users_read=len(inventory.read_user_ids),
            users_left=len(continuation.user_ids) if continuation else 0,
            scan=inventory.scan,
            note=inventory.note,
            restored=part.restored,
            is_manual_report=part.is_manual_report,
            saw_all_keys=part.saw_all_keys,
        )
