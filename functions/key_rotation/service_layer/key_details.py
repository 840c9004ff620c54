"""Reads what only makes the digest more useful: no decision depends on it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from key_rotation.adapters.clients import AWS_ERRORS
from key_rotation.adapters.concurrency import in_parallel
from key_rotation.adapters.iam_reads import read_last_use, read_user_tags
from key_rotation.domain.inventory import Inventory
from key_rotation.domain.key_details import Details, NewerKey
from key_rotation.domain.model import AccessKey, LastUse, Status
from key_rotation.domain.owners.owner import OwnerPolicy, find_owner
from key_rotation.errors import UnreadableError
from key_rotation.reporting.key_limit import keys_to_delete
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.owner_mails import is_about_owner
from key_rotation.service_layer.run_context import RunContext

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

DESCRIBED = frozenset(
    {
        Section.NOTICED,
        Section.DEACTIVATED,
        Section.EXTENDED,
        Section.ADOPTED,
        Section.HELD,
        Section.UPCOMING,
    }
)


RESPONSIBLE = frozenset({"owner-email", "email", "owner", "contact", "team"})
"""The keys of tags that programs get, so that they can find who is responsible, in lower case."""


@dataclass(frozen=True, slots=True)
class KeyDetailsReader:
    """Reads details while there is time; what cannot be read is left out of the digest.

    policy: who may get mail; None if owners get none
    """

    iam: "IAMClient"
    context: RunContext
    policy: OwnerPolicy | None = None

    def add_details(self, outcomes: Iterable[Outcome], inventory: Inventory) -> tuple[Outcome, ...]:
        """Add descriptions and newer keys to the outcomes that trigger a digest.

        A user's tags, and a newer key's last use where this run did not read it, are read once.
        """
        outcomes = tuple(outcomes)
        keys = {key.access_key_id: key for key in inventory.keys}
        described = {str(o.access_key_id): o for o in outcomes if _is_described(o)}
        last_uses = {
            observed.key.access_key_id: observed.last_use
            for observed in inventory.observed_keys
            if observed.last_use
        }
        newer = self._newer_keys([keys[i] for i in described if i in keys], inventory, last_uses)
        to_delete = keys_to_delete(outcomes, inventory.keys, newer, last_uses)
        names = sorted({o.user_name for o in outcomes if self._needs_tags(o)})
        tags = dict(zip(names, in_parallel(self._tags, names), strict=True))

        def with_details(outcome: Outcome) -> Outcome:
            key_id, details = str(outcome.access_key_id), outcome.details
            if key_id in keys and _is_described(outcome):
                first = to_delete.get(key_id)
                details = replace(details, newer=newer.get(key_id), to_delete=first)
            if self._needs_tags(outcome):
                details = self._with_tags(outcome, details, tags[outcome.user_name])
            return replace(outcome, details=details)

        return tuple(map(with_details, outcomes))

    def _needs_tags(self, outcome: Outcome) -> bool:
        """Return whether a digest gives the key's description, or its owner gets mail."""
        is_mailed = self.policy is not None and is_about_owner(outcome)
        return is_mailed or (outcome.triggers_digest and outcome.section is Section.NOTICED)

    def _with_tags(
        self, outcome: Outcome, details: Details, read: Mapping[str, str] | None
    ) -> Details:
        """Return details with what the tags of the user say; None stands for tags not read."""
        today, policy = self.context.now.today, self.policy
        owner = find_owner(outcome.user_name, read, policy, today) if policy else None
        if read is None:
            return replace(details, owner=owner)
        return replace(
            details,
            owner=owner,
            description=read.get(str(outcome.access_key_id)),
            tags={k: value for k, value in read.items() if k.casefold() in RESPONSIBLE},
        )

    def read_account_alias(self) -> str:
        """Return the account's alias; empty where there is none, or it cannot be read."""
        if not self.context.budget.allows_details:
            return ""
        try:
            aliases = self.iam.list_account_aliases()["AccountAliases"]
        except (*AWS_ERRORS, KeyError):
            return ""
        return aliases[0] if aliases else ""

    def _tags(self, user_name: str) -> Mapping[str, str] | None:
        """Read a user's tags: the console stores a key's description in one named after its id.

        Returns None if they were not read, so that a description that is known is kept.
        """
        if not self.context.budget.allows_details:
            return None
        return read_user_tags(self.iam, user_name)

    def _newer_keys(
        self, keys: Iterable[AccessKey], inventory: Inventory, known: Mapping[str, LastUse]
    ) -> Mapping[str, NewerKey]:
        """Return for each key the newest active one of its user, if newer, and its last use.

        known: the last uses that this run has read, by access key id
        """
        newest = {
            key.user.user_id: key
            for key in sorted(inventory.keys, key=lambda key: key.created)
            if key.status is Status.ACTIVE
        }
        newer = {
            key.access_key_id: other
            for key in keys
            if (other := newest.get(key.user.user_id)) and other.created > key.created
        }
        unread = {
            key.access_key_id: key for key in newer.values() if key.access_key_id not in known
        }
        read = in_parallel(self._last_use, unread.values())
        last_uses = {**known, **{i: use for i, use in zip(unread, read, strict=True) if use}}
        return {
            key_id: NewerKey(
                access_key_id=other.access_key_id, last_use=last_uses.get(other.access_key_id)
            )
            for key_id, other in newer.items()
        }

    def _last_use(self, key: AccessKey) -> LastUse | None:
        if not self.context.budget.allows_details:
            return None
        try:
            return read_last_use(self.iam, key)
        except UnreadableError:
            return None


def _is_described(outcome: Outcome) -> bool:
    return outcome.triggers_digest and outcome.section in DESCRIBED
