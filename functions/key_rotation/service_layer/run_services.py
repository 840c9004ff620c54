"""What a run uses of its surroundings: an account by itself, or one of an organization."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from key_rotation.adapters.clients import MemberClients
from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.ledger_history import RunHistory
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import WatchChange, Watches
from key_rotation.reporting.report import FinishedPart, Report
from key_rotation.service_layer.owners import NO_OWNERS, Owners
from key_rotation.service_layer.run_context import RunContext

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecords:
    """Where a run that came to its end is recorded."""

    ledger: Ledger
    history: RunHistory
    context: RunContext


class Notifier(Protocol):
    """Who reports a run."""

    def require_listener(self) -> None:
        """Raise NoListenerError if nobody would see what is reported."""

    def read_editors(self, report: Report, context: RunContext) -> Mapping[str, str | None]:
        """Return who last edited the parameters that changed, by name; None for not known."""

    def read_undelivered(self, part: int) -> tuple[WatchChange, ...]:
        """Return what the parts of this run before a part decided, and the ledger lacks.

        It counts only once a digest was delivered. Raises LedgerError.
        """

    def finish(self, finished: FinishedPart, watches: Watches, records: RunRecords) -> FinishedPart:
        """Report the part, and save it; returns it with what came of its digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunServices:
    """What one run uses.

    read_settings: returns the settings; raises InvalidSettingsError or SettingsUnreadableError
    """

    member: MemberClients
    table: "Table"
    read_settings: Callable[[], Settings]
    notifier: Notifier
    owners: Owners = NO_OWNERS
