"""Promise 5: `prepare` can die at any call, and be started again.

A day on which accounts join, leave and are left out is prepared undisturbed, and then once for each
call, killed before the call and after it. Then either the state machine tries the step again, or
the execution has failed and the next one begins.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.aws.conftest import AccountFactory
from tests.aws.organisation.hub import FIRST, PRODUCTION, SECOND, THIRD, Hub, open_hub
from tests.aws.organisation.test_prepare import put, watched
from tests.simulation.fault_injection import KilledError
from tests.simulation.simulator import without_threads

pytestmark = pytest.mark.no_cover

EVENT = {"scheduled_time": "2026-11-25T09:00:00Z"}
CALLS = [
    "GetItem",  # the run before
    "PutItem",  # the claim
    "GetItem",  # the state
    *["GetParametersByPath"] * 2,
    "DescribeOrganization",
    *["ListAccounts"] * 2,
    "Query",  # the register
    "ListSubscriptionsByTopic",
    "GetSubscriptionAttributes",
    *["Query"] * 3,  # the watches of the accounts
    "Query",  # the watches of the one that left
    *["GetParameterHistory"] * 2,
    "PutItem",  # the run with its parameters
    *["PutItem"] * 5,  # the register
    "PutItem",  # the copy of the parameters
]


@pytest.fixture(autouse=True)
def _without_threads() -> Iterator[None]:
    """Work without threads, so that the calls have a fixed order."""
    with without_threads():
        yield


@contextmanager
def an_eventful_day(accounts: AccountFactory) -> Iterator[Hub]:
    """Prepare a day of an organization after another."""
    with accounts() as account, open_hub(account) as hub:
        snapshot = hub.runs.read_snapshot(hub.prepare_whole().run.run_id)
        assert snapshot is not None
        told = replace(hub.runs.read_state(), parameters=snapshot.parameters)
        hub.runs.write_state(told)
        hub.after(1)
        del hub.organization.members[THIRD]
        hub.organization.add("000000000001", PRODUCTION)
        put(hub, "organisation/leave-out", SECOND)
        put(hub, "organisation/max-changes-per-run", "1")
        hub.watch(FIRST, watched(1, age=500))
        hub.watch("000000000001", watched(2, age=900))
        hub.watch(THIRD, watched(3))
        yield hub


@contextmanager
def killed(hub: Hub, at: int, when: str) -> Iterator[list[str]]:
    """Kill the step before or after the call of a number; yields the names of the calls."""
    calls: list[str] = []
    numbers = count()

    dead: list[bool] = []

    def on_call(stage: str, operation: str) -> None:
        if stage == "before" and not dead:
            calls.append(operation)
        if dead or (stage == when and next(numbers) == at):
            dead.append(True)
            raise KilledError

    def before(model: Any, **_: Any) -> None:
        on_call("before", model.name)

    def after(model: Any, **_: Any) -> None:
        on_call("after", model.name)

    hub.organization.on_call = on_call
    clients = (hub.clients.ssm, hub.clients.sns, hub.clients.table.meta.client)
    all_events: list[Any] = [each.meta.events for each in clients]
    for events in all_events:
        events.register_first("before-call", before)
        events.register_first("after-call", after)
    try:
        yield calls
    finally:
        hub.organization.on_call = lambda *_: None
        for events in all_events:
            events.unregister("before-call", before)
            events.unregister("after-call", after)


def outcome(hub: Hub) -> Mapping[str, Any]:
    """Return what a run left, without the names of runs and executions."""
    run = hub.run
    assert run is not None
    rows = {row["sk"]: hub.row(row["sk"]) for row in hub.account.items("ACCOUNT")}
    return {
        "rows": {
            name: replace(row, run_id=str(row.run_id == run.run_id), event_id="")
            for name, row in rows.items()
        },
        "news": {name for name, row in rows.items() if run.has_news_of(row)},
        "run": (run.mode, run.change_limit, run.due_changes, run.started, run.event_id),
        "snapshot": hub.runs.read_snapshot(run.run_id),
    }


def test_the_calls_of_the_eventful_day(accounts: AccountFactory) -> None:
    with an_eventful_day(accounts) as hub, killed(hub, -1, "before") as calls:
        arn = hub.start()
        hub.prepare(EVENT, arn)
    assert calls == CALLS
    page = (Path(__file__).parents[3] / "docs/crashes.md").read_text()
    section = page.partition("## Preparing a run")[2].partition("\n## ")[0]
    assert {call for call in calls if f"`{call}`" not in section} == set()


WRITES = [number for number, call in enumerate(CALLS) if call == "PutItem"]


@cache
def the_undisturbed_day(accounts: AccountFactory) -> Mapping[str, Any]:
    """Return what the undisturbed day leaves."""
    with an_eventful_day(accounts) as hub:
        hub.prepare(EVENT)
        found = outcome(hub)
    assert found["news"] == {"000000000001", THIRD}
    return found


def resume(hub: Hub, arn: str, by: str) -> str:
    """Return the execution that prepares next."""
    if by == "a retry of the step":
        return arn
    hub.stop(arn)
    return hub.start()


by_either = pytest.mark.parametrize("by", ["a retry of the step", "the next execution"])


@by_either
@pytest.mark.parametrize("at", WRITES)
def test_prepare_recovers_from_a_crash_after_any_write(
    accounts: AccountFactory, at: int, by: str
) -> None:
    """The register, the shares, the news and the parameters are as if it had not been killed.

    To be killed before a call leaves what the last write left.
    """
    expected = the_undisturbed_day(accounts)
    with an_eventful_day(accounts) as hub:
        arn = hub.start()
        with killed(hub, at, "after") as calls, pytest.raises(KilledError):
            hub.prepare(EVENT, arn)
        assert calls == CALLS[: at + 1]
        prepared = hub.prepare(EVENT, resume(hub, arn, by))
        assert prepared.account_ids == ("000000000001", FIRST, "123456789012")
        assert outcome(hub) == expected


@by_either
@pytest.mark.parametrize("when", ["before", "after"])
def test_prepare_recovers_when_it_is_killed_at_one_call_after_another(
    accounts: AccountFactory, when: str, by: str
) -> None:
    expected = the_undisturbed_day(accounts)
    with an_eventful_day(accounts) as hub:
        arn = hub.start()
        for at in range(len(CALLS) - 1):  # the watches of the account that left are read once
            with killed(hub, at, when), pytest.raises(KilledError):
                hub.prepare(EVENT, arn)
            arn = resume(hub, arn, by)
        hub.prepare(EVENT, arn)
        assert outcome(hub) == expected
