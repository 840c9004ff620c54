"""One run, on one screen: settings -> inventory -> decide -> apply -> record -> notify."""

from dataclasses import replace

from key_rotation.adapters import lease
from key_rotation.adapters.lease import Holder
from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.ledger_history import RunHistory
from key_rotation.adapters.ledger_items import Partitions
from key_rotation.domain.inventory import Inventory
from key_rotation.domain.model import Mode, RunEnvironment
from key_rotation.domain.owners.contacts import OwnerContacts
from key_rotation.domain.plan import Terms, make_plan
from key_rotation.domain.run_part import RunPart
from key_rotation.domain.run_state import RunState
from key_rotation.errors import RunInProgressError
from key_rotation.reporting.report import FinishedPart
from key_rotation.request import Request
from key_rotation.service_layer.apply import PlanExecutor
from key_rotation.service_layer.change_counter import ChangeCounter
from key_rotation.service_layer.inventory import InventoryReader
from key_rotation.service_layer.report_collector import ReportCollector
from key_rotation.service_layer.run_context import Execution, RunContext
from key_rotation.service_layer.run_services import RunRecords, RunServices
from key_rotation.service_layer.stored_watches import StoredWatches, read_stored_watches


def run(
    request: Request,
    environment: RunEnvironment,
    services: RunServices,
    execution: Execution,
) -> FinishedPart:
    """Enforce the rotation of every access key of one account, and publish the digest.

    Returns the part with its report, and with what is left to the next part if time ran out. Raises
    RunInProgressError when another run is in progress or has begun since, and RunStoppedError.
    """
    partitions = Partitions(environment.ledger_account)
    table, options = services.table, execution.lease_options
    ledger = Ledger(table, execution.run_id, partitions)
    holder = Holder(execution.holder_id, report_only=request.report_only)
    with lease.acquire(table, partitions, holder, execution.clock, options) as lease_of_run:
        previous = ledger.read_run_state()
        if not request.is_expected(previous):
            raise RunInProgressError(None)
        settings = request.settings(services.read_settings(), previous)
        mode = request.mode(settings)
        execution.progress.note(request.event_id, settings, mode)
        if mode is Mode.ENFORCE:
            services.notifier.require_listener()
        context = RunContext(execution=execution, settings=settings, mode=mode, lease=lease_of_run)
        contacts = services.owners.begin(context)
        stored = read_stored_watches(ledger, previous)
        stored = replace(stored, undelivered=services.notifier.read_undelivered(request.part))
        reader = InventoryReader(services.member.iam, context, stored.watches)
        inventory = reader.read(previous, request.continuation)
        stored = stored.with_users(inventory.users)
        counter = ChangeCounter(ledger, previous, request.event_id)
        executor = PlanExecutor(services.member, ledger, context, counter)
        part = _apply(request, inventory, stored, previous, contacts, executor)
        collector = ReportCollector(environment, services, context, contacts)
        finished = collector.collect(part, stored.watches, previous)
        records = RunRecords(ledger=ledger, history=RunHistory(table, partitions), context=context)
        finished = services.notifier.finish(finished, stored.watches, records)
        services.owners.finish(finished.report, context)
        return finished


def _apply(
    request: Request,
    inventory: Inventory,
    stored: StoredWatches,
    previous: RunState,
    contacts: OwnerContacts,
    executor: PlanExecutor,
) -> RunPart:
    """Decide, change keys in IAM if the mode is enforce, and record."""
    context = executor.context
    terms = Terms(
        now=context.now,
        settings=context.settings,
        limit=request.limit(context.settings, previous),
        usual_limit=context.settings.max_changes_per_run or previous.last_limit,
        first_part=request.continuation is None,
        restored=stored.restored,
        undelivered=stored.undelivered,
        mails=contacts.notice_mails,
    )
    plan = make_plan(inventory, stored.watches, terms)
    return RunPart(
        now=context.now,
        mode=context.mode,
        settings=context.settings,
        inventory=inventory,
        event_id=request.event_id,
        plan=executor.carry_out(plan),
        ledger_created=stored.ledger_created,
        restored=stored.restored,
        continued_from=request.continuation,
    )
