"""The step `digest`, a Lambda function: publishes what a run of the organization came to."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from key_rotation import __version__
from key_rotation.adapters import clients
from key_rotation.adapters.organisation_runs import OrganisationRuns
from key_rotation.adapters.owner_mails import OwnerMails
from key_rotation.adapters.register import Register
from key_rotation.adapters.sns_topic import SnsTopic
from key_rotation.domain.model import Now
from key_rotation.domain.organisation.accounts import RegisteredAccount
from key_rotation.domain.organisation.organisation_run import OrganisationRun, ParameterSnapshot
from key_rotation.errors import InvalidEventError, LeaseLostError, LedgerError
from key_rotation.invocation import (
    CLOCK,
    current_time,
    read_environment,
    read_optional,
    time_budget,
)
from key_rotation.organisation.chat_step import ChatStep
from key_rotation.organisation.digest_event import DigestEvent, StepError
from key_rotation.organisation.digest_step import DigestStep
from key_rotation.organisation.hub import Hub
from key_rotation.organisation.owner_mail import OrganisationOwners
from key_rotation.organisation.published_digest import PublishedDigest
from key_rotation.organisation.run_collector import CollectedRun, RunCollector
from key_rotation.organisation.save_digest import DigestSaver
from key_rotation.organisation.stopped_run import publish_stopped
from key_rotation.reporting.organisation import metrics as figures
from key_rotation.reporting.organisation.answer import answer
from key_rotation.reporting.response import Document
from key_rotation.service_layer.chat_notifier import ChatNotifier
from key_rotation.service_layer.owner_mail_environment import (
    OWNER_MAIL_ENVIRONMENT,
    OwnerMailEnvironment,
)

ENVIRONMENT = (
    "ACCOUNT_ID",
    "ACCOUNT_TOPIC_ARN",
    "LONGEST_GAP_HOURS",
    "ORGANIZATION_ID",
    "PARAMETER_PATH",
    "TABLE_NAME",
    "TIMEZONE",
    "TOPIC_ARN",
)
_environment = read_environment(ENVIRONMENT)
_chat_topic_arn = read_optional(["CHAT_TOPIC_ARN"]).get("CHAT_TOPIC_ARN")
_owner_mail = OwnerMailEnvironment.read(read_optional(OWNER_MAIL_ENVIRONMENT))
_sns = clients.build_sns_client()
_topic = SnsTopic(_sns, _environment["TOPIC_ARN"])
_account_topic = SnsTopic(_sns, _environment["ACCOUNT_TOPIC_ARN"])
_chat = ChatNotifier.of(_sns, _chat_topic_arn)
_hub = Hub(
    account_id=_environment["ACCOUNT_ID"],
    parameter_path=_environment["PARAMETER_PATH"],
    table=clients.build_table(_environment["TABLE_NAME"]),
    owners=_owner_mail is not None,
)
_mailer = _owner_mail.mailer(OwnerMails(_hub.table, _hub.partitions)) if _owner_mail else None
log = Logger()
metrics = Metrics()


@log.inject_lambda_context(clear_state=True)
def handler(event: Mapping[str, Any], context: LambdaContext) -> Document:
    """Publish the digest of a run, and record what it named; returns the run's answer.

    A run that has ended is answered again, and published no more. If another run has begun since,
    the answer names the execution of that one. Raises NoListenerError, PublishError and
    LedgerError; then nothing that was not named counts as reported.
    """
    request = DigestEvent.parse(event)
    log.append_keys(run_id=request.run_id, version=__version__)
    now = current_time(_environment)
    runs = OrganisationRuns(_hub.table)
    chat = ChatStep(chat=_chat, runs=runs, now=now)
    if request.stopped:
        return _stopped(request, request.stopped, chat)
    try:
        return _publish(_run_of(runs, request), request, chat, context)
    except LeaseLostError:
        execution_arn = _taken_over_by(runs, request)
        if execution_arn is None:
            raise
    log.warning("run_taken_over", execution_arn=execution_arn)
    return {"run_id": request.run_id, "left_to": execution_arn}


def _taken_over_by(runs: OrganisationRuns, request: DigestEvent) -> str | None:
    """Return the execution of the run that has begun since; None if this one is the last."""
    run = runs.read()
    return None if run is None or run.run_id == request.run_id else run.execution_arn


def _publish(
    run: OrganisationRun, request: DigestEvent, chat: ChatStep, context: LambdaContext
) -> Document:
    """Publish the digest of a run; raises LeaseLostError if it is not the last one any more."""
    now, runs = chat.now, chat.runs
    collected = _collect(run, runs, now, request.broken_off)
    owners = _owners(now, context)
    if run.ended:
        owners.finish(collected, partial(_require_last, runs, run))
        return answer(collected.report, run.messages)
    step = DigestStep(hub=_hub, topic=_topic, account_topic=_account_topic, now=now, clock=CLOCK)
    collected = owners.begin(collected, lambda: step.require_current(collected))
    published = step.publish(collected)
    failed = step.publish_to_accounts(collected, published)
    if failed:
        log.error("account_messages_failed", accounts=failed)
    saver = DigestSaver(hub=_hub, now=now, run=collected, published=published)
    step.require_current(collected)
    saver.save()
    _log(collected, published)
    _publish_metrics(collected, unrecorded=len(published.unrecorded))
    saver.end()
    _log_chat_failure(chat.send_digest(collected.report, published))
    owners.finish(collected, partial(_require_last, runs, run), delivered=published.was_delivered)
    return answer(collected.report, len(published.message_ids))


def _owners(now: Now, context: LambdaContext) -> OrganisationOwners:
    return OrganisationOwners(mailer=_mailer, now=now, clock=CLOCK, budget=time_budget(context))


def _require_last(runs: OrganisationRuns, run: OrganisationRun) -> None:
    """Raise LeaseLostError if a later run has begun, which sends the mails that are left."""
    last = runs.read()
    if last is None or last.run_id != run.run_id:
        raise LeaseLostError("Another run of the organization has begun.")


def _stopped(request: DigestEvent, error: StepError, chat: ChatStep) -> Document:
    """Publish what stopped a run, to the chat topic too if it is not known already."""
    log.error("run_stopped", error=error.kind, text=error.text)
    organization_id = _environment["ORGANIZATION_ID"]
    answered = publish_stopped(request, _topic, chat.runs, organization_id, chat.now)
    if answered["published"]:
        _log_chat_failure(chat.send_stopped(error, organization_id, request.execution_arn))
    return answered


def _log_chat_failure(failure: str) -> None:
    if failure:
        log.error("chat_failed", why=failure)


def _run_of(runs: OrganisationRuns, request: DigestEvent) -> OrganisationRun:
    """Return the run; raises LeaseLostError for an earlier one, InvalidEventError for no run."""
    run = runs.read()
    if run is not None and run.run_id == request.run_id:
        return run
    if request.run_id is None or runs.read_snapshot(request.run_id) is None:
        text = f"There was no run {request.run_id} in the last two weeks. Nothing was published."
        raise InvalidEventError(text)
    raise LeaseLostError(f"After the run {request.run_id}, another one has begun.")


def _collect(
    run: OrganisationRun, runs: OrganisationRuns, now: Now, broken_off: StepError | None
) -> CollectedRun:
    collector = RunCollector(
        hub=_hub,
        organization_id=_environment["ORGANIZATION_ID"],
        run=run,
        now=now,
        registered=_registered(),
        snapshot=_snapshot(runs, run),
        previous=runs.read_state(),
    )
    why = f"{broken_off.kind}: {broken_off.text}" if broken_off else None
    return collector.collect(why)


def _snapshot(runs: OrganisationRuns, run: OrganisationRun) -> ParameterSnapshot:
    """Return the parameters of a run; raises LedgerError: without them, all would seem removed."""
    found = runs.read_snapshot(run.run_id)
    if found is None:
        raise LedgerError(f"The parameters of the run {run.run_id} are not in the ledger.")
    return found


def _registered() -> Mapping[str, RegisteredAccount]:
    """Return the register; raises LedgerError if it lacks an account: none may be left out."""
    found = Register(_hub.table).read_all()
    if found.unreadable:
        problems = "; ".join(f"{name}: {why}" for name, why in found.unreadable.items())
        raise LedgerError(f"Rows of the register cannot be read ({problems}).")
    return found.by_id


def _log(run: CollectedRun, published: PublishedDigest) -> None:
    for unrecorded in published.unrecorded:
        log.warning(
            "key_not_recorded", access_key_id=unrecorded.access_key_id, why=unrecorded.detail
        )
    for account in run.report.accounts:
        log.info(
            "account_looked_at",
            member=account.account_id,
            mode=account.report.mode,
            users=account.report.user_count,
            keys=account.report.key_count,
            complete=account.complete,
            metrics=dict(account.metrics),
        )
    for failed in run.report.not_looked_at:
        log.warning(
            "account_not_looked_at",
            member=failed.registered.account.account_id,
            reason=failed.reason,
            since=failed.since,
        )


def _publish_metrics(run: CollectedRun, *, unrecorded: int) -> None:
    """Publish the metrics; a key whose report the ledger did not record counts as failed."""
    found = figures.metrics(run.report)
    for name, value in (found | {"KeysFailed": found["KeysFailed"] + unrecorded}).items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    metrics.flush_metrics()
