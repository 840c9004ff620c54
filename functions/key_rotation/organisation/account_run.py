"""The run in one account of an organization; another step publishes its digest."""

from dataclasses import dataclass

from key_rotation.adapters import codec
from key_rotation.adapters.clients import AWS_ERRORS, MemberClients, error_message, is_access_denied
from key_rotation.adapters.member_role import MemberRole
from key_rotation.adapters.run_rows import RowPlace, RunRows
from key_rotation.domain.model import Mode, RunEnvironment
from key_rotation.domain.organisation.accounts import RegisteredAccount
from key_rotation.domain.run_state import Continuation
from key_rotation.domain.settings import Settings
from key_rotation.errors import LeaseLostError, RunStoppedError
from key_rotation.organisation.hub import Hub
from key_rotation.reporting.organisation.account_part import AccountFailure, FailedStep
from key_rotation.reporting.report import FinishedPart
from key_rotation.reporting.response import Document
from key_rotation.request import Request
from key_rotation.run import run
from key_rotation.service_layer.owners import NO_OWNERS, Owners
from key_rotation.service_layer.row_notifier import RowNotifier
from key_rotation.service_layer.run_context import Execution
from key_rotation.service_layer.run_services import Notifier, RunServices
from key_rotation.service_layer.silent_notifier import SilentNotifier
from key_rotation.service_layer.stopped_run import record_run_stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRun:
    """One part of the run in one account.

    registered: what the register says of the account
    settings: those that apply to it
    report_only: whether a person asked that no key is changed: then the digest learns nothing of
        it, unless the whole run is one in report mode
    remainder: what an earlier part left to this one
    owners: who knows the owners of keys
    """

    hub: Hub
    role: MemberRole
    registered: RegisteredAccount
    settings: Settings
    report_only: bool = False
    remainder: Continuation | None = None
    owners: Owners = NO_OWNERS

    @property
    def account_id(self) -> str:
        """The account's id."""
        return self.registered.account.account_id

    @property
    def request(self) -> Request:
        """The request: it can make the run weaker than the register says, never stronger."""
        return Request(
            event_id=self.registered.event_id,
            report_only=self.report_only or self.registered.report_only,
            continuation=self.remainder,
            change_share=self.registered.changes_allowed,
        )

    @property
    def is_silent(self) -> bool:
        """Whether it leaves nothing to the digest: it would take the place of the day's run."""
        return self.report_only and not self.registered.report_only

    def execute(self, execution: Execution) -> Document:
        """Run, and leave to the digest what came of it; returns what the state machine needs.

        What goes wrong in this account alone is left to the digest too: a role that cannot be
        assumed, or a run that was stopped. Raises RunInProgressError, LeaseLostError, and
        LedgerError if not even this could be recorded.
        """
        read_only = self.request.report_only or self.settings.mode is Mode.REPORT
        try:
            member = self.role.assume(self.account_id, execution.run_id, read_only=read_only)
        except AWS_ERRORS as error:
            return self._failed(_step_of(error), error_message(error), execution)
        try:
            finished = self._run(member, execution)
        except LeaseLostError:
            raise
        except RunStoppedError as error:
            partitions = self.hub.partitions(self.account_id)
            done = record_run_stopped(error, self.hub.table, partitions, execution)
            return self._failed(FailedStep.RUN, f"{error} {done.text}", execution)
        remainder = finished.part.continuation
        answer: Document = {"account_id": self.account_id, "looked": True}
        return answer | ({"remainder": codec.write(remainder)} if remainder else {})

    def _run(self, member: MemberClients, execution: Execution) -> FinishedPart:
        environment = RunEnvironment(
            account_id=self.account_id,
            topic_arn="",
            parameter_path=self.hub.parameter_path,
            ledger_account=self.hub.ledger_account(self.account_id),
        )
        rows = RunRows(self.hub.table, execution.run_id)
        notifier: Notifier = RowNotifier(rows=rows, account_id=self.account_id)
        services = RunServices(
            member=member,
            table=self.hub.table,
            read_settings=lambda: self.settings,
            notifier=SilentNotifier() if self.is_silent else notifier,
            owners=self.owners,
        )
        return run(self.request, environment, services, execution)

    def _failed(self, step: FailedStep, reason: str, execution: Execution) -> Document:
        answer: Document = {"account_id": self.account_id, "looked": False, "why": reason}
        if self.is_silent:
            return answer
        part = self.request.part
        place = RowPlace(account_id=self.account_id, part=part, attempt=execution.attempt)
        failure = AccountFailure(step=step, reason=reason)
        RunRows(self.hub.table, execution.run_id).write(place, failure, now=execution.now.instant)
        return answer


def _step_of(error: Exception) -> FailedStep:
    """Return whether STS refused the role, or could not be asked."""
    return FailedStep.ROLE if is_access_denied(error) else FailedStep.STS
