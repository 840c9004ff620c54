"""Reads what evidence is made of: the ledger, and the history of the parameters."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from key_rotation import __version__
from key_rotation.adapters.codec import MalformedError
from key_rotation.adapters.ledger_history import RunHistory, decode_population, decode_run
from key_rotation.domain.run_history import RunSummary
from key_rotation.errors import LedgerError
from key_rotation_cli.aws_errors import describe_cause
from key_rotation_cli.deployment import Deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.evidence.facts import Facts, Origin, Population
from key_rotation_cli.evidence.parameters import ParameterHistory, Reaching
from key_rotation_cli.evidence.period import Period
from key_rotation_cli.explain.events import PastEvent, read_all_events


def read_facts(
    deployment: Deployment,
    period: Period,
    parameters: ParameterHistory,
    events: tuple[PastEvent, ...] | None = None,
) -> Facts:
    """Read the evidence of one account in a period; raises CliError if anything cannot be read.

    events: of all keys of the account, oldest first; None to read them
    """
    history = RunHistory(deployment.table, deployment.partitions)
    try:
        runs = tuple(map(_run, history.read_runs(period.start, period.end)))
        found = list(history.read_populations(period.start, period.end))
    except LedgerError as error:
        raise CliError(describe_cause(error)) from error
    row = deployment.in_account.row if deployment.in_account else None
    ous = row.account.ous if row else ()
    reaching = tuple(parameters.reaching(deployment.account_id, ous))
    if events is None:
        events = read_all_events(deployment.table, deployment.partitions)
    return Facts(
        origin=_origin(deployment, period, reaching),
        period=period,
        today=deployment.now.today,
        runs=runs,
        populations=tuple(_populations(found)),
        events=events,
        parameters=tuple(parameters.versions(reaching)),
    )


def _run(item: Mapping[str, Any]) -> RunSummary:
    try:
        return decode_run(item)
    except MalformedError as cause:
        raise CliError(f"The item of a run cannot be read ({item['sk']}): {cause}.") from cause


def _populations(items: Iterable[Mapping[str, Any]]) -> Iterator[Population]:
    for run_id, group in groupby(items, key=lambda item: str(item["run_id"])):
        parts = list(group)
        try:
            keys = tuple(key for part in parts for key in decode_population(part))
        except MalformedError as cause:
            raise CliError(f"The population of run {run_id} cannot be read: {cause}.") from cause
        yield Population(run_id=run_id, started=_instant(parts[0]["started"]), keys=keys)


def _origin(deployment: Deployment, period: Period, reaching: Iterable[Reaching]) -> Origin:
    session = deployment.session
    return Origin(
        account_id=deployment.account_id,
        caller=session.caller_arn,
        region=session.region,
        stack=deployment.stack,
        table=deployment.table_name,
        created_at=deployment.now.instant,
        version=__version__,
        queries=tuple(_queries(deployment, period, reaching)),
    )


def _queries(deployment: Deployment, period: Period, reaching: Iterable[Reaching]) -> Iterator[str]:
    """Write the commands of the AWS CLI that read the same.

    reaching: the parameters whose history was read
    """
    table = f"--table-name {deployment.table_name} --consistent-read"
    start, end = _iso(period.start), _iso(period.end)
    partitions, path = deployment.partitions, deployment.parameter_path
    for partition in (partitions.runs, partitions.populations):
        values = f'{{":pk":{{"S":"{partition}"}},":a":{{"S":"{start}"}},":b":{{"S":"{end}"}}}}'
        yield (
            f"aws dynamodb query {table} --key-condition-expression "
            f"'pk = :pk AND sk BETWEEN :a AND :b' --expression-attribute-values '{values}'"
        )
    history = f'{{":h":{{"S":"{partitions.history("")}"}}}}'
    yield (
        f"aws dynamodb scan {table} --filter-expression 'begins_with(pk, :h)' "
        f"--expression-attribute-values '{history}'"
    )
    for each in reaching:
        yield f"aws ssm get-parameter-history --name {path}/{each.relative}"
    yield f"aws ssm get-parameters-by-path --recursive --path {path}/exemption"


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()


def _instant(text: object) -> datetime:
    return datetime.fromisoformat(str(text))
