"""Counts the changes of an event in the ledger, before they are made."""

from key_rotation.adapters.ledger import Ledger
from key_rotation.domain.run_state import RunState


class ChangeCounter:
    """Counts for one event, whose retries and parts share the limit of changes."""

    def __init__(self, ledger: Ledger, previous: RunState, event_id: str) -> None:
        """Start from what earlier runs and parts have counted."""
        self._ledger = ledger
        self._state = previous
        self._event_id = event_id

    def add(self, changes: int) -> None:
        """Record that so many more are about to be made; raises LedgerError."""
        state = self._state.after_changes(self._event_id, changes)
        if state != self._state:
            self._ledger.write_run_state(state)
            self._state = state
