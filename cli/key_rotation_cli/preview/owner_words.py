"""The sentences about the owners of keys that the screen and the page share. Pure."""

from collections.abc import Mapping
from datetime import date

from key_rotation.domain.model import ObservedKey
from key_rotation.reporting.formatting import pluralize
from key_rotation_cli.preview import words
from key_rotation_cli.preview.due_keys import DueKey
from key_rotation_cli.preview.key_owners import KeyOwners, Known

PHRASES = {
    Known.TAG: "with an owner by tag",
    Known.USER_NAME: "by user name",
    Known.FALLBACK: "with the fallback",
    Known.NONE: "with nobody",
    Known.UNREADABLE: "of a user whose tags cannot be read",
}
"""How the owners of keys are known, after their number."""
LABELS = {
    Known.TAG: "Owner by tag",
    Known.USER_NAME: "Owner by user name",
    Known.FALLBACK: "Fallback",
    Known.NONE: "Nobody",
    Known.UNREADABLE: "Tags cannot be read",
}


def owners_text(preview: words.Forecast) -> str:
    """Return how the owners of the keys that come due are known, and how many keys wait for one."""
    counts = preview.owner_counts
    total = sum(counts.values())
    if not total:
        return "No key comes due."
    phrases = (f"{counts[known]:,} {PHRASES[known]}" for known in shown_kinds(counts))
    comes = "comes" if total == 1 else "come"
    text = f"{pluralize(total, 'key')} {comes} due: {', '.join(phrases)}."
    return f"{text} {waiting_text(preview)}".rstrip()


def shown_kinds(counts: Mapping[Known, int]) -> tuple[Known, ...]:
    """Return the kinds of owners of which a number is shown: what could not be read, if any."""
    return tuple(kind for kind in Known if kind is not Known.UNREADABLE or counts[kind])


def waiting_text(preview: words.Forecast) -> str:
    """Return how many keys keep working since nobody gets mail about them; empty for none."""
    count = len(preview.waiting)
    if not count:
        return ""
    verb, them = ("keeps", "it") if count == 1 else ("keep", "them")
    return f"{pluralize(count, 'key')} {verb} working until an owner got mail about {them}."


def stops_on_text(key: DueKey, today: date) -> str:
    """Return when a key stops working: a day, `waits` for an owner, or `off` if it is already."""
    if key.waits:
        return "waits"
    return words.near_date(key.deactivated or key.announced, today) or "off"


def owner_text(owners: KeyOwners, key: ObservedKey) -> str:
    """Return who gets the mail about a key: foreign text, `nobody`, or `unknown`."""
    owner, known = owners.of(key), owners.known(key)
    if known is Known.UNREADABLE:
        return "unknown"
    return words.foreign(" ".join(owner.addresses) if owner else "") or "nobody"
