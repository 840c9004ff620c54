"""What a forecast starts from, of what was read. Pure."""

from dataclasses import replace

from key_rotation.domain.model import Now
from key_rotation.domain.watch import Watch, Watches
from key_rotation_cli.preview.account import Account
from key_rotation_cli.preview.deployed import Deployed
from key_rotation_cli.preview.forecast import Start
from key_rotation_cli.preview.thresholds import Thresholds


def starting_point(
    thresholds: Thresholds, deployed: Deployed, account: Account, now: Now, account_id: str = ""
) -> Start:
    """Return what the next run would find; thresholds other than its last ones are edits.

    account_id: for the mails that are pending; they are those of all accounts
    """
    previous = deployed.previous
    settings = thresholds.settings.after(
        previous.parameters, exemptions_fingerprint=previous.exemptions_fingerprint
    )
    unreachable = deployed.policy.unreachable if deployed.policy else {}
    return Start(
        now=now,
        settings=settings,
        keys=account.observed_keys,
        watches=_open_watches(deployed.watches, account),
        usual_limit=previous.last_limit,
        restored=deployed.restored,
        mails=deployed.mails.known_today(unreachable, now.today),
        pending=deployed.mails.waiting_notices(account_id),
    )


def _open_watches(watches: Watches, account: Account) -> Watches:
    """Leave out the watches whose key is gone: the next run closes them."""
    found = {key.key.access_key_id for key in account.observed_keys}
    unread = {each.user_name for each in account.unreadable if each.access_key_id is None}

    def is_open(watch: Watch) -> bool:
        return watch.access_key_id in found or watch.user.name in unread

    kept = {key_id: watch for key_id, watch in watches.by_key_id.items() if is_open(watch)}
    return replace(watches, by_key_id=kept)
