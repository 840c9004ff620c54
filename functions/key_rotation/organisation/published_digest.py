"""What the digest step published so far, and which keys its messages name."""

from dataclasses import dataclass

from key_rotation.organisation.collected import CollectedAccount
from key_rotation.reporting.organisation.digest import Named
from key_rotation.reporting.outcome import Outcome


def name_of(account_id: str, outcome: Outcome) -> Named:
    """Return what a message names if it names an outcome."""
    return account_id, outcome.access_key_id or outcome.user_name


@dataclass(slots=True, kw_only=True)
class PublishedDigest:
    """What was published: it grows with each message.

    message_ids: what SNS calls the messages
    named: the keys that they name, each with its account
    delivered: whether somebody listened
    unrecorded: what the ledger refused
    """

    message_ids: list[str]
    named: set[Named]
    delivered: bool
    unrecorded: list[Outcome]

    @property
    def was_delivered(self) -> bool:
        """Whether a message was published, and somebody listened."""
        return self.delivered and bool(self.message_ids)

    def names_a_key_of(self, account_id: str) -> bool:
        """Return whether a message names a key of an account."""
        return any(named == account_id for named, _ in self.named)

    def names_all(self, account: CollectedAccount) -> bool:
        """Return whether all news of an account was named."""
        return all(
            name_of(account.account_id, outcome) in self.named
            for report in account.reports
            for outcome in report.outcomes
            if outcome.triggers_digest
        )
