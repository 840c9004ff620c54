"""One run, on one screen: settings -> inventory -> decide -> apply -> record -> notify."""

from dataclasses import replace

from key_rotation.adapters import lease
from key_rotation.adapters.clients import DeploymentClients, MemberClients
from key_rotation.adapters.lease import Holder
from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.ledger_items import Partitions
from key_rotation.adapters.parameter_store import read_settings
from key_rotation.adapters.sns_topic import SnsTopic
from key_rotation.domain import exemptions
from key_rotation.domain.inventory import Inventory
from key_rotation.domain.model import Mode, RunEnvironment
from key_rotation.domain.plan import Terms, make_plan
from key_rotation.domain.run_part import RunPart, next_state
from key_rotation.domain.run_state import RunState
from key_rotation.domain.suspension import suspensions
from key_rotation.domain.watch import Watches
from key_rotation.errors import RunInProgressError
from key_rotation.reporting.near import near_matches
from key_rotation.reporting.news import mark_news
from key_rotation.reporting.outcome import collect_outcomes
from key_rotation.reporting.report import Report
from key_rotation.request import Request
from key_rotation.service_layer.apply import PlanExecutor
from key_rotation.service_layer.change_counter import ChangeCounter
from key_rotation.service_layer.inventory import InventoryReader
from key_rotation.service_layer.key_details import KeyDetailsReader
from key_rotation.service_layer.notify import DigestNotifier
from key_rotation.service_layer.run_context import Execution, RunContext, Stage


def run(
    request: Request,
    environment: RunEnvironment,
    member: MemberClients,
    deployment: DeploymentClients,
    execution: Execution,
) -> Report:
    """Enforce the rotation of every access key of one account, and publish the digest.

    member, deployment: the clients of the account whose keys are rotated, and of this tool's own

    Returns the report, with the failures of single keys, and what is left to the next part if the
    time ran out. Raises RunInProgressError when another run is in progress or the ledger does not
    expect this part, and RunStoppedError when this run cannot be trusted.
    """
    partitions = Partitions(environment.ledger_account)
    ledger = Ledger(deployment.table, execution.run_id, partitions)
    topic = SnsTopic(deployment.sns, environment.topic_arn)
    table, options = deployment.table, execution.lease_options
    holder = Holder(execution.run_id, report_only=request.report_only)
    with lease.acquire(table, partitions, holder, execution.clock, options) as lease_of_run:
        previous = ledger.read_run_state()
        if not request.is_expected(previous):
            raise RunInProgressError(None)
        settings = read_settings(deployment.ssm, environment.parameter_path)
        edited = request.continuation.edited if request.continuation else ()
        settings = settings.after(previous.parameters, edited)
        mode = request.mode(settings)
        if mode is Mode.ENFORCE:
            topic.require_listener()
        context = RunContext(execution=execution, settings=settings, mode=mode, lease=lease_of_run)
        watches = ledger.read_watches()
        reader = InventoryReader(member.iam, context, watches)
        inventory = reader.read(previous, request.continuation)
        watches = watches.with_users(inventory.users)
        counter = ChangeCounter(ledger, previous, request.event_id)
        executor = PlanExecutor(member, ledger, context, counter)
        part = _apply(request, inventory, watches, previous, executor)
        details = KeyDetailsReader(member.iam, context)
        report = _report(environment, details, part, watches, previous)
        report = DigestNotifier(topic, ledger, context).send(report, watches)
        lease_of_run.check()
        ledger.write_run_state(next_state(previous, part, report.told))
        return report


def _apply(
    request: Request,
    inventory: Inventory,
    watches: Watches,
    previous: RunState,
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
    )
    plan = make_plan(inventory, watches, terms)
    progress = context.execution.progress
    if context.mode is Mode.ENFORCE:
        progress.stage = Stage.CHANGING
        plan = executor.execute(plan)
        progress.count_changes(plan.steps)
    else:
        plan = executor.record_only(plan)
    return RunPart(
        now=context.now,
        mode=context.mode,
        settings=context.settings,
        inventory=inventory,
        event_id=request.event_id,
        plan=plan,
        continued_from=request.continuation,
    )


def _report(
    environment: RunEnvironment,
    details: KeyDetailsReader,
    part: RunPart,
    watches: Watches,
    previous: RunState,
) -> Report:
    """Collect what came of the plan, with what only the reader of the digest needs."""
    today = part.now.today
    outcomes = mark_news(
        collect_outcomes(part, watches),
        previous.reported_days,
        today,
        paused=part.settings.paused,
    )
    unmatched = exemptions.unmatched(
        part.settings.exemptions,
        part.inventory.users,
        part.inventory.keys,
        today=today,
        saw_all_keys=part.saw_all_keys,
        known_before=previous.unmatched_exemptions,
    )
    report = Report(
        run_id=details.context.run_id,
        account_id=environment.account_id,
        part=part,
        previous=previous,
        outcomes=details.add_details(outcomes, part.inventory),
        suspended_since=suspensions(part, previous),
        unmatched=unmatched,
    )
    if not report.needs_digest:
        return report
    return replace(
        report,
        account_alias=details.read_account_alias(),
        near=near_matches(report.unmatched_listed, part.inventory),
    )
