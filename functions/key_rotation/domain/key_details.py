"""What no rule needs of a key, and only its reader: a description, and the user's other key."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from key_rotation.domain.model import LastUse
from key_rotation.domain.owners.owner import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class NewerKey:
    """The newest active key of the same user; `last_use` is None where it could not be read."""

    access_key_id: str
    last_use: LastUse | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyToDelete:
    """The key that a user must delete before IAM accepts a new one.

    status: in IAM's own word
    last_use: None where it is not known
    key_count: how many keys the user has
    """

    access_key_id: str
    status: str
    last_use: LastUse | None
    key_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What only the reader of the digest needs to know of a key.

    newer: a newer active key of the same user
    to_delete: the key to delete before a new one can be made; None if there is room for one, or
        if the newer key stays
    owner: who gets mail about it; None where owners get none, or this is in no mail
    tags: those of the user that say who is responsible, as they are written
    """

    description: str | None = None
    newer: NewerKey | None = None
    to_delete: KeyToDelete | None = None
    owner: Owner | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


NO_DETAILS = Details()
