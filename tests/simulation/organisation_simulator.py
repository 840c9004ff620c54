"""Runs the product as an organization of one account does: account step, then digest step.

The account is the hub itself, so that its items in the ledger are where those of a single account
are, and the oracle of the random histories can check them.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from key_rotation.adapters import codec
from key_rotation.adapters.clients import MemberClients
from key_rotation.adapters.member_role import MemberRole
from key_rotation.adapters.organisation_runs import OrganisationRuns
from key_rotation.adapters.parameter_store import read_settings
from key_rotation.adapters.register import Register
from key_rotation.adapters.run_rows import RunRows
from key_rotation.adapters.sns_topic import SnsTopic
from key_rotation.domain.execution import TimeBudget
from key_rotation.domain.model import Mode
from key_rotation.domain.organisation.accounts import (
    Account,
    AccountSettings,
    Coverage,
    RegisteredAccount,
)
from key_rotation.domain.organisation.organisation_run import OrganisationRun, ParameterSnapshot
from key_rotation.domain.run_state import Continuation
from key_rotation.errors import (
    InvalidEventError,
    KeyRotationError,
    RunInProgressError,
    RunStoppedError,
)
from key_rotation.organisation.account_run import AccountRun
from key_rotation.organisation.collected import CollectedAccount
from key_rotation.organisation.digest_step import DigestStep
from key_rotation.organisation.hub import Hub
from key_rotation.organisation.run_collector import CollectedRun, RunCollector
from key_rotation.organisation.save_digest import DigestSaver
from key_rotation.reporting.organisation.account_part import ReportSource
from key_rotation.reporting.outcome import Section
from key_rotation.reporting.response import key_entry
from key_rotation.service_layer.run_context import Execution
from tests.simulation.fault_injection import FaultInjector
from tests.simulation.simulator import (
    ENVIRONMENT,
    SEQUENCE,
    STALLED,
    TIME_LIMIT,
    WITHOUT_THREADS,
    Run,
    Simulator,
)

HUB = ENVIRONMENT.account_id


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeRole(MemberRole):
    """A member role whose session has the clients of the account in memory."""

    simulator: Simulator

    def assume(self, account_id: str, run_id: str, *, read_only: bool) -> MemberClients:
        """Make one call, and return the clients."""
        assert account_id == HUB
        del read_only  # the fakes have no policies
        aws = self.simulator.aws
        return aws.call("AssumeRole", {"RunId": run_id}, lambda: aws.clients.member)


class OrganisationSimulator(Simulator):
    """An organization of one account, and its runs."""

    retries = False
    """Whether the next run is the same execution, whose dead step the state machine tries again."""
    _registered: RegisteredAccount | None = None
    _account_step_ended = False

    def _run_parts(
        self, current: Run, first_event: dict[str, Any], call_duration: timedelta
    ) -> None:
        """Prepare, run in the account part by part, and publish the digest."""
        stopped = None
        try:
            if not (self.retries and self._registered):
                self._registered, self._account_step_ended = None, False
                self._registered = self._prepare(current, report_only="mode" in first_event)
            if not (self.retries and self._account_step_ended):
                stopped = self._account_step(current, self._registered, call_duration)
            self._account_step_ended = True
            self._publish(current, self._registered.run_id)
            current.error = stopped
        except KeyRotationError as error:
            current.error = error

    def _account_step(
        self, current: Run, registered: RegisteredAccount, call_duration: timedelta
    ) -> KeyRotationError | None:
        try:
            return self._run_in_account(current, registered, call_duration)
        finally:
            self._read_responses(current, registered)

    def _prepare(self, current: Run, *, report_only: bool) -> RegisteredAccount:
        """Write the register and the run, as the step before does.

        While another execution goes on, this one leaves the work to it; one that stalled counts as
        ended, and a report run does not keep a whole one waiting.
        """
        if self._leaves_the_work(current):
            raise RunInProgressError("another execution")
        clients, table = self.aws.clients, self.aws.clients.table
        settings = read_settings(clients.ssm, ENVIRONMENT.parameter_path)
        if settings.mode is Mode.ENFORCE and not report_only:
            SnsTopic(clients.sns, ENVIRONMENT.topic_arn).require_listener()
        runs = OrganisationRuns(table)
        run = OrganisationRun(
            run_id=f"run-{next(SEQUENCE):06}",
            execution_arn=f"arn:aws:states:eu-west-1:{HUB}:execution:machine:{current.start}",
            event_id=f"event-{current.start}",
            started=current.now.instant,
            mode=Mode.REPORT if report_only else settings.mode,
            report_only=report_only,
            change_limit=1_000,
        )
        registered = RegisteredAccount(
            account=Account(account_id=HUB, name="hub", ous=("r-1",), state="ACTIVE"),
            coverage=Coverage.COVERED,
            run_id=run.run_id,
            event_id=run.event_id,
            report_only=report_only,
            first_seen=current.now.instant,
            settings=AccountSettings(
                raw=settings.raw, exemption_parameters=settings.exemption_parameters
            ),
        )
        runs.claim(run, runs.read())
        Register(table).write([registered])
        runs.write_snapshot(run, ParameterSnapshot(parameters=settings.raw))
        return registered

    def _leaves_the_work(self, current: Run) -> bool:
        outer = self._in_progress[-2] if len(self._in_progress) > 1 else None
        if outer is None or STALLED in outer.injector.disturbances:
            return False
        return current.report or not outer.report

    def _run_in_account(
        self, current: Run, registered: RegisteredAccount, call_duration: timedelta
    ) -> KeyRotationError | None:
        """Run until nothing is left, as the state machine does.

        Returns what stopped it, if the digest is to report that.
        """
        remainder: Continuation | None = None
        while True:
            budget = self._budget(current, call_duration)
            execution = Execution(
                run_id=registered.run_id,
                now=current.now,
                clock=self.clock,
                budget=budget,
                lease_options=WITHOUT_THREADS,
                attempt=f"attempt-{next(SEQUENCE)}",
            )
            hub = self._hub()
            assert registered.settings
            account_run = AccountRun(
                hub=hub,
                role=FakeRole(
                    sts=self.aws.clients.sns,  # type: ignore[arg-type]  # not used
                    partition="aws",
                    name="member",
                    external_id="o-1",
                    simulator=self,
                ),
                registered=registered,
                settings=hub.settings(registered.settings),
                remainder=remainder,
            )
            answer = account_run.execute(execution)
            if not answer["looked"]:
                return RunStoppedError(answer["why"])
            current.responses.append({})
            if "remainder" not in answer:
                return None
            remainder = codec.read(answer["remainder"], Continuation)

    def _budget(self, current: Run, call_duration: timedelta) -> TimeBudget:
        calls = current.injector.calls
        start = len(calls)
        return TimeBudget(lambda: TIME_LIMIT - call_duration * (len(calls) - start), TIME_LIMIT)

    def _publish(self, current: Run, run_id: str) -> None:
        topic = SnsTopic(self.aws.clients.sns, ENVIRONMENT.topic_arn)
        step = DigestStep(
            hub=self._hub(),
            topic=topic,
            account_topic=topic,
            now=current.now,
            clock=self.clock,
        )
        collected = self._collect(current)
        if collected.report.run.run_id != run_id:
            raise InvalidEventError("A newer run has begun.")
        if collected.report.run.ended:
            return  # its answer was lost: it answers again
        published = step.publish(collected)
        saver = DigestSaver(hub=self._hub(), now=current.now, run=collected, published=published)
        saver.save()
        saver.end()

    def _collect(self, current: Run) -> CollectedRun:
        table = self.aws.clients.table
        runs = OrganisationRuns(table)
        run = runs.read()
        assert run
        return RunCollector(
            hub=self._hub(),
            organization_id="o-1",
            run=run,
            now=current.now,
            registered=Register(table).read_all().by_id,
            snapshot=runs.read_snapshot(run.run_id) or ParameterSnapshot(parameters={}),
            previous=runs.read_state(),
        ).collect()

    def _read_responses(self, current: Run, registered: RegisteredAccount) -> None:
        """Give each part that ended the lists that a single account's run answers."""
        assert registered.settings
        source = ReportSource(
            account_id=HUB, now=current.now, settings=self._hub().settings(registered.settings)
        )
        injector, self.aws.injector = self.aws.injector, FaultInjector()
        try:
            rows = dict(RunRows(self.aws.clients.table, registered.run_id).read())
        finally:
            self.aws.injector = injector
        account = CollectedAccount.read(registered, rows.get(HUB, ()), source)
        for number, report in enumerate(account.reports[: len(current.responses)]):
            lists = {
                str(section): [key_entry(o, report.now) for o in report.in_section(section)]
                for section in Section
            }
            counts = {"users": report.user_count, "keys": report.key_count}
            exemptions = {"unmatched_exemptions": list(account.parts[number].unmatched)}
            current.responses[number] = lists | counts | exemptions | {"mode": str(report.mode)}

    def _hub(self) -> Hub:
        return Hub(
            account_id=HUB,
            parameter_path=ENVIRONMENT.parameter_path,
            table=self.aws.clients.table,
        )
