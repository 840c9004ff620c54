"""What IAM and the ledger have of one key today, and what the rules decide for it."""

from dataclasses import dataclass

from key_rotation.adapters.ledger_items import decode_watch, watch_key
from key_rotation.domain.decide import decide, decide_gone
from key_rotation.domain.model import Action, Decision, Now, ObservedKey, Reason
from key_rotation.domain.owners.notice_mail import NoticeMail
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Watch
from key_rotation.errors import KeyRotationError
from key_rotation_cli.deployment import Deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.explain.events import PastEvent
from key_rotation_cli.key_reader import find_key

ENDS = frozenset({Action.CLOSE, Action.DELETE})
"""The last event of a key that no longer exists."""
GONE = Decision(action=Action.CLOSE, reason=Reason.GONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNow:
    """One key today.

    observed: None if IAM has no such key, or was not read
    watch: None if the ledger has none
    problem: why IAM was not read; empty if it was
    mail: what is remembered of the mails about its notice
    """

    observed: ObservedKey | None
    watch: Watch | None
    problem: str = ""
    mail: NoticeMail | None = None

    def decision(self, now: Now, settings: Settings) -> Decision:
        """Decide as a run would do now; raises CliError where a last use is not known."""
        if self.observed is None:
            return decide_gone(self.watch) if self.watch else GONE
        try:
            return decide(self.observed, self.watch, now=now, settings=settings, mail=self.mail)
        except KeyRotationError as cause:
            raise CliError(f"What comes next is not known: {cause}.") from cause


def read_key(deployment: Deployment, access_key_id: str, events: tuple[PastEvent, ...]) -> KeyNow:
    """Read one key, of which the ledger has these events; raises CliError."""
    place = watch_key(access_key_id, deployment.partitions)
    item = deployment.table.get_item(Key=place, ConsistentRead=True).get("Item")
    try:
        watch = decode_watch(item) if item else None
    except KeyRotationError as cause:
        raise CliError(str(cause)) from cause
    if watch is None and events and events[-1].action in ENDS:
        return KeyNow(observed=None, watch=None)  # IAM does not use the id of a key again
    found = deployment.in_account
    if found and found.session is None:
        return KeyNow(observed=None, watch=watch, problem=found.problem)
    recorded = watch.user if watch else None
    return KeyNow(observed=find_key(deployment.iam_session, access_key_id, recorded), watch=watch)
