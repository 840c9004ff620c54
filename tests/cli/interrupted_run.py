"""What a run leaves that ends between a call of IAM and its record."""

from key_rotation.adapters.ledger import Ledger
from key_rotation.domain.model import Action
from key_rotation.domain.transitions import record_intent
from key_rotation.domain.watch import WatchChange
from tests.aws.aws_account import AwsAccount


def begin_deactivation(account: AwsAccount, key_id: str) -> None:
    """Turn a key off as a run does that is interrupted before it records that."""
    ledger = Ledger(account.clients.table, run_id="interrupted")
    watch = ledger.read_watches().by_key_id[key_id]
    ledger.write_watches([WatchChange(watch=record_intent(watch, Action.DEACTIVATE))])
    account.set_status(watch.user.name, key_id, "Inactive")
