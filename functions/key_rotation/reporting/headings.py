"""The headings of the e-mail, and what stands below some of them."""

from key_rotation.reporting.formatting import PHONE_WIDTH, pluralize
from key_rotation.reporting.outcome import Section

HEADINGS = {
    Section.FAILED: "FAILED: an error occurred; the next run tries again",
    Section.HELD: "HELD: no further action until a person decides",
    Section.DEACTIVATED: "DEACTIVATED: these keys no longer work",
    Section.DELETED: "DELETED: these keys cannot be restored",
    Section.EXTENDED: "EXTENDED: the grace window starts again",
    Section.ADOPTED: "ADOPTED: inactive keys whose grace window starts today",
    Section.WITHDRAWN: "WITHDRAWN: the notice is cancelled, the key keeps working",
    Section.CLOSED: "CLOSED: these keys no longer exist",
    Section.NOTICED: "NOTICE: these keys will stop working",
    Section.UPCOMING: "UPCOMING: announced before",
    Section.DEFERRED: "DEFERRED: over the limit of changes in one run",
    Section.WAITING: "NO OWNER: these keys work until an owner is reached",
    Section.EXEMPT: "EXEMPT: no action is taken",
}
DRY_RUN_HEADINGS = {
    Section.HELD: "WOULD BE HELD: no further action until a person decides",
    Section.DEACTIVATED: "WOULD BE DEACTIVATED: these keys still work",
    Section.DELETED: "WOULD BE DELETED: these keys still exist",
    Section.EXTENDED: "WOULD BE EXTENDED: the grace window would start again",
    Section.ADOPTED: "WOULD BE ADOPTED: inactive keys whose grace window would start",
    Section.WITHDRAWN: "WOULD BE WITHDRAWN: the notice would be cancelled",
    Section.CLOSED: "WOULD BE CLOSED: these keys no longer exist",
    Section.NOTICED: "WOULD GET A NOTICE: no notice is in force",
    Section.UPCOMING: "UPCOMING IN ENFORCE MODE: announced before",
    Section.DEFERRED: "WOULD BE DEFERRED: over the limit of changes in one run",
    Section.WAITING: "NO OWNER IN ENFORCE MODE: these keys would go on working",
}
PAUSED_HEADINGS = {
    Section.NOTICED: "NOTICE: these keys will stop working when changes go on",
    Section.UPCOMING: "UPCOMING: suspended while changes are paused",
    Section.DEFERRED: "WAITING: suspended while changes are paused",
}
TOMORROW = "TOMORROW: reminder"
SOON = "SOON: reminder"
SUMMARY = {
    "To check": (Section.FAILED, Section.HELD),
    "Done": (
        Section.DEACTIVATED,
        Section.DELETED,
        Section.EXTENDED,
        Section.ADOPTED,
        Section.WITHDRAWN,
        Section.CLOSED,
    ),
    "Coming": (Section.NOTICED, Section.UPCOMING, Section.DEFERRED, Section.WAITING),
    "Exempt": (Section.EXEMPT,),
}
SHORT = frozenset({Section.UPCOMING, Section.EXEMPT, Section.DEFERRED})
ADVICE = {
    Section.NOTICED: "For the owner: create a new key, if no newer one is listed, use it,\n"
    "then deactivate the old one:\n"
    "  aws iam create-access-key --user-name=USER\n"
    "  aws iam update-access-key --status Inactive \\\n"
    "    --user-name=USER --access-key-id KEY",
    Section.FAILED: "An error such as AccessDenied lasts until a policy allows the action,\n"
    "or the key is exempt. What lasts is reported once a week.",
    Section.HELD: "Find out what uses it, then exempt or delete it: docs/runbook.md.",
    Section.WAITING: "Tag the user with an address that accepts mail: the key stops working\n"
    "a whole notice after that mail was accepted: docs/runbook.md.",
}
TWO_KEYS = (
    "IAM allows a user two keys. Where an entry names a key to delete, delete\n"
    "it first, once nothing uses it:\n"
    "  aws iam delete-access-key \\\n"
    "    --user-name=USER --access-key-id KEY"
)
"""Below the advice of a section with more keys than have an entry in full."""


def count_text(section: Section, number: int) -> str:
    """Write how many keys a section has: `6 notices`, `1 deactivated`."""
    match section:
        case Section.NOTICED:
            return pluralize(number, "notice")
        case Section.WAITING:
            return f"{number:,} waiting for an owner"
        case _:
            return f"{number:,} {section}"


def underlined(heading: str) -> str:
    """Write a heading with a line below it that no phone breaks."""
    return f"{heading}\n{'-' * min(len(heading), PHONE_WIDTH)}"
