"""The states in which nothing is enforced: each digest names them, and one does so every week."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from key_rotation.domain.model import Mode
from key_rotation.domain.run_part import RunPart
from key_rotation.domain.run_state import RunState


class Suspension(StrEnum):
    """Why nothing is enforced."""

    REPORT_MODE = "report-mode"
    PAUSED = "paused"
    ALL_EXEMPT = "all-exempt"


def suspensions(part: RunPart, previous: RunState) -> Mapping[str, date]:
    """Return the suspensions in force, each with the day on which a run first saw it."""
    settings = part.settings
    in_force = {
        Suspension.REPORT_MODE: settings.mode is Mode.REPORT,
        Suspension.PAUSED: settings.paused,
        Suspension.ALL_EXEMPT: _is_every_key_exempt(part, previous),
    }
    since = previous.suspended_since
    return {str(kind): since.get(kind, part.now.today) for kind, holds in in_force.items() if holds}


def _is_every_key_exempt(part: RunPart, previous: RunState) -> bool:
    """Return whether there are keys, and each is exempt, as far as this part knows.

    A later part sees only some users; it can only refute what the first one found. A user whose
    keys were not read counts as exempt only by name or path.
    """
    inventory, exempt = part.inventory, part.exempt_key_ids
    read = [key.access_key_id in exempt for key in inventory.keys]
    if not all([*read, *(key.exempt for key in inventory.reported_keys)]):
        return False
    if part.number:
        return Suspension.ALL_EXEMPT in previous.suspended_since
    failed = {f.user_name for f in inventory.failures if f.access_key_id is None}
    unread = set(inventory.unread_user_ids)
    unknown = [u for u in inventory.users if u.user_id in unread or u.name in failed]
    covered = all(part.settings.exemption_of_user(user, part.now.today) for user in unknown)
    return bool(inventory.keys or inventory.reported_keys or unknown) and covered
