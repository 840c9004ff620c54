"""Reports a run to nobody: its answer is all that a person asked for."""

from collections.abc import Mapping

from key_rotation.domain.watch import WatchChange, Watches
from key_rotation.reporting.report import FinishedPart, Report
from key_rotation.service_layer.run_context import RunContext
from key_rotation.service_layer.run_services import RunRecords


class SilentNotifier:
    """Leaves nothing, so that what the run of the schedule left stays as it is."""

    def require_listener(self) -> None:
        """Do nothing: nothing is reported."""

    def read_editors(self, report: Report, context: RunContext) -> Mapping[str, str | None]:
        """Return nothing."""
        del report, context
        return {}

    def read_undelivered(self, part: int) -> tuple[WatchChange, ...]:
        """Return nothing."""
        del part
        return ()

    def finish(self, finished: FinishedPart, watches: Watches, records: RunRecords) -> FinishedPart:
        """Return the part as it is, and save nothing."""
        del watches, records
        return finished
