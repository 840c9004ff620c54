"""What may have been meant by an exemption that matches nothing."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from key_rotation.domain.exemptions import Exemption
from key_rotation.domain.inventory import Inventory

MAX_ENTRIES = 20
"""Entries for which similar names are looked up; each is compared with every name."""


def near_matches(
    entries: Iterable[Exemption], inventory: Inventory
) -> Mapping[str, tuple[str, ...]]:
    """Return up to three similar names, paths or key ids for each entry, by the entry as a line."""
    names = {user.name.casefold(): user.name for user in inventory.users}
    paths = {(u.path + u.name).casefold(): u.path + u.name for u in inventory.users}
    key_ids = {key.access_key_id.casefold(): key.access_key_id for key in inventory.keys}

    def near(entry: Exemption) -> tuple[str, ...]:
        candidates = paths if entry.pattern.startswith("/") else names
        candidates = key_ids if entry.key_id else candidates
        word = entry.pattern.replace("*", "").casefold()
        return tuple(candidates[found] for found in get_close_matches(word, candidates))

    return {str(entry): near(entry) for entry in tuple(entries)[:MAX_ENTRIES]}
