"""The day's run of an organization takes over one of named accounts that lasts too long.

The run of named accounts waits for an account on which a third run works, whose lease this test
holds. The day's run waits for it for four minutes. It is a part of `make soak`.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.emulator.account import ACCOUNT, LocalAccount
from local.emulator.local_organization import LocalOrganization
from tests.local.daily_runs import disable_schedule
from tests.local.hub import Hub, deploy_hub

pytestmark = pytest.mark.soak
START = datetime(2026, 6, 1, 10, tzinfo=UTC)
MANAGEMENT, BUSY = "600000000000", "610000000001"
LONGEST_WAIT = 400  # seconds
BEAT = 1.0  # seconds; a lease is taken over when it has not changed for ten


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """Deploy the hub in an organization with another account."""
    with LocalAccount.start(now=START) as account:
        organization = LocalOrganization(account, management=MANAGEMENT)
        unit = organization.create_unit("workloads")
        for member in (ACCOUNT, BUSY):
            organization.join(member)
            organization.move(member, unit)
        hub = deploy_hub(organization, tmp_path, targets=unit)
        disable_schedule(account)
        yield hub


@contextmanager
def lease_held(hub: Hub, account_id: str) -> Iterator[None]:
    """Hold the lease of an account during the block, as a run does that works on it."""
    ledger, table = hub.account.client("dynamodb"), hub.outputs["TableName"]
    key = {"pk": {"S": f"{account_id}#RUN"}, "sk": {"S": "LEASE"}}
    released = threading.Event()

    def beat() -> None:
        beats = 0
        while not released.wait(BEAT):
            beats += 1
            lease = {"run_id": {"S": "third"}, "beats": {"N": str(beats)}}
            ledger.put_item(TableName=table, Item=key | lease)

    heartbeat = threading.Thread(target=beat)
    heartbeat.start()
    try:
        yield
    finally:
        released.set()
        heartbeat.join()
        ledger.delete_item(TableName=table, Key=key)


def wait_until_busy(hub: Hub, *, runs: int) -> None:
    """Wait until the account steps of so many runs have found that another run is in progress."""
    give_up = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < give_up:
        busy = {
            each.payload["run_id"]
            for each in hub.account.invocations()
            if each.error and each.error["errorType"] == "RunInProgressError"
        }
        if len(busy) == runs:
            return
        time.sleep(1)
    pytest.fail(f"the steps of {runs} runs are not busy after {LONGEST_WAIT} s")


def test_the_day_s_run_looks_at_all_accounts_and_the_one_it_took_over_does_nothing_more(
    hub: Hub,
) -> None:
    key_ids = {each: hub.create_key(each, "carol") for each in (ACCOUNT, BUSY)}
    with lease_held(hub, BUSY):
        named = hub.start({"accounts": [BUSY]})
        wait_until_busy(hub, runs=1)
        daily = hub.start({})
        wait_until_busy(hub, runs=2)
    whole, partial = hub.wait(daily), hub.wait(named)

    assert (whole["status"], partial["status"]) == ("SUCCEEDED", "SUCCEEDED")
    answer = json.loads(whole["output"])
    assert (answer["accounts"], answer["looked_at"], answer["not_looked_at"]) == (2, 2, [])
    assert json.loads(partial["output"])["left_to"] == daily
    for key_id in key_ids.values():
        assert len(hub.telling("noticed", key_id)) == 1
