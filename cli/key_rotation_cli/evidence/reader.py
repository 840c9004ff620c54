"""Reads what evidence is made of: the ledger, and the history of the parameters."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from key_rotation import __version__
from key_rotation.adapters.codec import MalformedError
from key_rotation.adapters.ledger_history import RunHistory, decode_population, decode_run
from key_rotation.domain.run_history import RunSummary
from key_rotation.domain.settings import NAMES
from key_rotation.errors import LedgerError
from key_rotation_cli.aws_errors import describe_cause
from key_rotation_cli.deployment import Deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.evidence.facts import Facts, Origin, ParameterVersion, Population
from key_rotation_cli.evidence.period import Period
from key_rotation_cli.explain.events import read_all_events

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


def read_facts(deployment: Deployment, period: Period) -> Facts:
    """Read the evidence of a period; raises CliError if anything cannot be read."""
    now, table = deployment.now, deployment.session.table(deployment.table_name)
    history = RunHistory(table)
    try:
        runs = tuple(map(_run, history.read_runs(period.start, period.end)))
        found = list(history.read_populations(period.start, period.end))
    except LedgerError as error:
        raise CliError(describe_cause(error)) from error
    parameters = tuple(_versions(deployment.session.ssm, deployment.parameter_path))
    return Facts(
        origin=_origin(deployment, period, parameters),
        period=period,
        today=now.today,
        runs=runs,
        populations=tuple(_populations(found)),
        events=read_all_events(table),
        parameters=parameters,
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


def _versions(ssm: "SSMClient", path: str) -> Iterator[ParameterVersion]:
    """Read the versions of all parameters, and of the exemptions that have one of their own."""
    own = ssm.get_paginator("get_parameters_by_path").paginate(
        Path=f"{path}/exemption", Recursive=True
    )
    exemptions = [found["Name"] for page in own for found in page["Parameters"]]
    history = ssm.get_paginator("get_parameter_history")
    for name in [*(f"{path}/{name}" for name in NAMES), *sorted(exemptions)]:
        for page in history.paginate(Name=name):
            for found in page["Parameters"]:
                yield ParameterVersion(
                    name=name.removeprefix(f"{path}/"),
                    version=found["Version"],
                    value=found["Value"],
                    changed_at=found["LastModifiedDate"],
                    changed_by=found.get("LastModifiedUser", ""),
                )


def _origin(
    deployment: Deployment, period: Period, parameters: Iterable[ParameterVersion]
) -> Origin:
    session, names = deployment.session, dict.fromkeys(each.name for each in parameters)
    return Origin(
        account_id=session.account_id,
        caller=session.caller_arn,
        region=session.region,
        stack=deployment.stack,
        table=deployment.table_name,
        created_at=deployment.now.instant,
        version=__version__,
        queries=tuple(_queries(deployment, period, names)),
    )


def _queries(deployment: Deployment, period: Period, names: Iterable[str]) -> Iterator[str]:
    """Write the commands of the AWS CLI that read the same.

    names: of the parameters whose history was read
    """
    table = f"--table-name {deployment.table_name} --consistent-read"
    start, end = _iso(period.start), _iso(period.end)
    for partition in ("RUNS", "POPULATION"):
        values = f'{{":pk":{{"S":"{partition}"}},":a":{{"S":"{start}"}},":b":{{"S":"{end}"}}}}'
        yield (
            f"aws dynamodb query {table} --key-condition-expression "
            f"'pk = :pk AND sk BETWEEN :a AND :b' --expression-attribute-values '{values}'"
        )
    yield (
        f"aws dynamodb scan {table} --filter-expression 'begins_with(pk, :h)' "
        """--expression-attribute-values '{":h":{"S":"HISTORY#"}}'"""
    )
    for name in names:
        yield f"aws ssm get-parameter-history --name {deployment.parameter_path}/{name}"
    yield (
        f"aws ssm get-parameters-by-path --recursive --path {deployment.parameter_path}/exemption"
    )


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()


def _instant(text: object) -> datetime:
    return datetime.fromisoformat(str(text))
