"""The promises in months of random days of an account of an organization.

The oracle is that of a single account: an account of an organization is owed the same.
"""

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulation.organisation_simulator import OrganisationSimulator
from tests.simulation.state_machine import HistoryMachine, Items
from tests.simulation.test_histories import HISTORY_COUNT, PROFILE

FEWER = 15
"""In the short run: the account's rules have their own histories."""


class OrganisationHistoryMachine(HistoryMachine):
    """The same histories; the account step and the digest step do the work."""

    simulator_type = OrganisationSimulator

    def own_items(self, items: Items) -> Items:
        """Leave out what belongs to the organization."""
        others = ("ACCOUNT", "ORGANISATION", "RUN#")
        return {place: item for place, item in items.items() if not place[0].startswith(others)}


def test_every_promise_is_kept_in_an_account_of_an_organization() -> None:
    profile = settings(PROFILE, max_examples=FEWER) if HISTORY_COUNT == "short" else PROFILE
    run_state_machine_as_test(OrganisationHistoryMachine, settings=profile)
