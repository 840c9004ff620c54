"""One run, on one screen: settings -> inventory -> decide -> apply -> record -> notify."""

from key_rotation.adapters import lease
from key_rotation.adapters.clients import Clients
from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.parameter_store import read_settings
from key_rotation.adapters.sns_topic import SnsTopic
from key_rotation.domain.budget import UNLIMITED, TimeBudget
from key_rotation.domain.model import Mode, Now, RunEnvironment
from key_rotation.domain.plan import make_plan
from key_rotation.errors import RunInProgressError
from key_rotation.reporting.outcome import collect_outcomes
from key_rotation.reporting.report import Report
from key_rotation.request import Request
from key_rotation.service_layer.apply import PlanExecutor
from key_rotation.service_layer.inventory import InventoryReader
from key_rotation.service_layer.key_details import describe
from key_rotation.service_layer.notify import DigestNotifier


def run(
    request: Request,
    environment: RunEnvironment,
    clients: Clients,
    *,
    now: Now,
    run_id: str,
    budget: TimeBudget = UNLIMITED,
) -> Report:
    """Enforce the rotation of every access key of the account, and tell people.

    Returns all there is to say of it: the failures of single keys, and what is left to the next
    part where time or room ran out. Raises RunInProgressError when another run is under way, or the
    ledger expects no such part, and RunStoppedError when this one cannot be trusted.
    """
    ledger = Ledger(clients.table, run_id)
    topic = SnsTopic(clients.sns, environment.topic_arn)
    with lease.acquire(clients.table, run_id, report=request.report) as held:
        previous = ledger.read_run_state()
        if request.continuation and request.continuation.fingerprint not in previous.going_on:
            raise RunInProgressError("a run that began since")
        settings = read_settings(clients.ssm, environment.parameter_path)
        mode = Mode.REPORT if request.report else settings.mode
        if mode is Mode.ENFORCE:
            topic.require_confirmed_subscription()
        watches = ledger.read_watches()
        inventory_reader = InventoryReader(clients.iam, settings, now, budget, mode)
        inventory = inventory_reader.read(watches, previous, request.continuation)
        limit = request.limit(settings.max_changes_per_run)
        first_part = request.continuation is None
        plan = make_plan(
            inventory, watches, now=now, settings=settings, limit=limit, first_part=first_part
        )
        executor = PlanExecutor(clients.iam, ledger, held, settings, now, run_id, budget)
        plan = executor.execute(plan) if mode is Mode.ENFORCE else executor.record_only(plan)
        report = Report(
            run_id=run_id,
            account_id=environment.account_id,
            mode=mode,
            now=now,
            settings=settings,
            inventory=inventory,
            previous=previous,
            plan=plan,
            outcomes=describe(
                clients.iam, collect_outcomes(plan, watches, previous, mode), inventory
            ),
            limit=limit,
            continued_from=request.continuation,
        )
        report = DigestNotifier(topic, ledger, held, now, run_id).send(report, watches)
        ledger.write_run_state(report.next_state())
        return report
