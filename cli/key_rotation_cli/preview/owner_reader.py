"""Reads who owns the keys that come due: one call for each of their users."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.iam_reads import list_user_tags
from key_rotation.domain.model import Now
from key_rotation.domain.owners.owner import OwnerPolicy, find_owner
from key_rotation.errors import UnreadableError
from key_rotation_cli.aws_errors import describe_cause
from key_rotation_cli.preview.key_owners import KeyOwners
from key_rotation_cli.preview.user_reader import BATCH_SIZE

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerReader:
    """Reads owners.

    on_progress: is told of how many of how many users the tags were read
    """

    iam: "IAMClient"
    policy: OwnerPolicy
    now: Now
    on_progress: Callable[[int, int], None]

    def read(self, user_names: Iterable[str]) -> KeyOwners:
        """Read the tags of users; one whose tags cannot be read stops no other."""
        names = sorted(set(user_names))
        found: dict[str, Mapping[str, str] | str] = {}
        for start in range(0, len(names), BATCH_SIZE):
            self.on_progress(start, len(names))
            batch = names[start : start + BATCH_SIZE]
            found |= zip(batch, in_parallel(self._read_user, batch), strict=True)
        self.on_progress(len(names), len(names))
        read = {name: None if isinstance(tags, str) else tags for name, tags in found.items()}
        return KeyOwners(
            by_user={
                name: find_owner(name, tags, self.policy, self.now.today)
                for name, tags in read.items()
            },
            unreadable={name: why for name, why in found.items() if isinstance(why, str)},
        )

    def _read_user(self, name: str) -> Mapping[str, str] | str:
        """Return the tags of a user, or why they cannot be read."""
        try:
            return list_user_tags(self.iam, name)
        except UnreadableError as error:
            return describe_cause(error)
