"""A run that an error stops."""

import pytest

from key_rotation.domain.model import Now
from key_rotation.errors import RunStoppedError
from key_rotation.request import Request
from key_rotation.run import run
from key_rotation.service_layer.run_context import Execution, Progress
from key_rotation.service_layer.single_account import single_account_services
from key_rotation.service_layer.stopped_run import notify_run_stopped
from tests.aws.aws_account import AwsAccount


def stopped_run(
    account: AwsAccount, error: type[RunStoppedError], *, part: int = 0, run_id: str = "run-x"
) -> None:
    """Run once, and publish the error that stops it, as the handler does."""
    execution = Execution(
        run_id=run_id,
        now=Now(instant=account.now, zone=account.zone),
        clock=account.clock,
        lease_options=account.lease_options,
        progress=Progress(part=part),
    )
    clients, environment = account.clients, account.environment
    with pytest.raises(error) as raised:
        run(
            Request(event_id=execution.run_id),
            environment,
            single_account_services(clients.member, clients.deployment, environment),
            execution,
        )
    notify_run_stopped(raised.value, clients.deployment, environment, execution)
