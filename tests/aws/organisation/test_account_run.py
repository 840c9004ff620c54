"""The run in one account of an organization: today's rules, and a report for somebody else."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from key_rotation.adapters import codec
from key_rotation.adapters.lease import Holder, Lease, LeaseTiming
from key_rotation.adapters.ledger_items import Partitions
from key_rotation.adapters.run_rows import RowPart, RunRows
from key_rotation.domain.execution import TimeBudget
from key_rotation.domain.run_state import Continuation
from key_rotation.errors import LeaseLostError
from key_rotation.service_layer import inventory
from tests.aws.faults import on_event
from tests.aws.organisation.members import MEMBER, RUN_ID, Members

DENIED = ClientError(
    {"Error": {"Code": "AccessDenied", "Message": "is not authorized"}}, "AssumeRole"
)


def parts(members: Members) -> list[RowPart]:
    """Return what the step left to the digest."""
    rows = RunRows(members.hub.clients.table, RUN_ID)
    return [part for _, found in rows.read() for part in found]


def outcomes(members: Members) -> list[tuple[str, str]]:
    """Return section and user of what the step left to the digest."""
    return [
        (outcome["section"], outcome["user_name"])
        for part in parts(members)
        for record in part.records
        for outcome in record["outcomes"]
    ]


def run(members: Members, **fields: Any) -> dict[str, Any]:
    """Run once in the member account."""
    return members.account_run(members.registered(**fields)).execute(members.execution())


def notice_last_week(members: Members, user: str, *, age: int = 400) -> str:
    """Create a key whose notice was delivered seven days ago, as an earlier run left it."""
    key_id = members.create_key(user, age=age)
    run(members)
    changes = [record["change"] for part in parts(members) for record in part.records]
    members.hub.clients.table.put_item(
        Item=_watch_item(next(c for c in changes if c["watch"]["access_key_id"] == key_id))
    )
    members.hub.now += timedelta(days=7)
    return key_id


def _watch_item(change: dict[str, Any]) -> dict[str, Any]:
    watch = change["watch"] | {"version": 1}
    key = {"pk": f"{MEMBER}#WATCH", "sk": watch["access_key_id"]}
    return {**key, "schema": 3, "written_by": RUN_ID, **watch}


def test_a_quiet_account_needs_eight_calls_of_the_ledger(members: Members) -> None:
    """With two of the handler, one of STS and at most seven of IAM, 18."""
    members.create_key("alice", age=10)
    run(members)
    members.hub.now += timedelta(days=1)
    calls: Counter[str] = Counter()
    with on_event(
        members.hub, "before-call.dynamodb", lambda model, **_: calls.update([model.name])
    ):
        run(members)
    assert calls == {"DeleteItem": 1, "DescribeTable": 1, "GetItem": 1, "PutItem": 4, "Query": 1}


def test_a_notice_is_left_to_the_digest_and_does_not_count_yet(members: Members) -> None:
    members.create_key("alice", age=400)
    assert run(members) == {"account_id": MEMBER, "looked": True}
    assert outcomes(members) == [("noticed", "alice")]
    assert members.hub.items(f"{MEMBER}#WATCH") == []
    assert members.hub.messages == []
    members.hub.now += timedelta(days=30)
    run(members)
    assert outcomes(members) == [("noticed", "alice")]


def test_a_key_whose_notice_was_delivered_is_deactivated(members: Members) -> None:
    key_id = notice_last_week(members, "alice")
    run(members)
    assert members.status(key_id) == "Inactive"
    assert outcomes(members) == [("deactivated", "alice")]
    [watch] = members.hub.items(f"{MEMBER}#WATCH")
    assert (watch["state"]["kind"], len(watch["unreported_events"])) == ("deactivated", 1)


def test_what_was_done_is_left_to_each_digest_until_one_was_delivered(members: Members) -> None:
    """The digest died: the next run reports the deactivation again."""
    notice_last_week(members, "alice")
    run(members)
    members.hub.now += timedelta(days=1)
    run(members)
    assert ("deactivated", "alice") in outcomes(members)


def test_nothing_counts_as_reported_before_the_digest(members: Members) -> None:
    """A failure would otherwise be news once, and that once would be lost."""
    members.create_key("alice", age=400)
    run(members)
    [state] = [i for i in members.hub.items(f"{MEMBER}#RUN") if i["sk"] == "STATE"]
    assert state["ended_exemptions"] == []
    assert state["last_full_scan"] == "2026-11-24"
    assert members.hub.items(f"{MEMBER}#RUNS") == []


def test_the_hub_is_an_account_like_any_other_with_its_own_items(members: Members) -> None:
    """A deployment that enforced one account keeps its windows when it becomes a hub."""
    hub = members.hub.environment.account_id
    members.create_key("alice", age=400, account_id=hub)
    run(members, account_id=hub)
    assert [item["sk"] for item in members.hub.items("RUN")] == ["STATE"]
    assert members.hub.items(f"{hub}#RUN") == []


def test_an_account_without_the_role_is_named_with_the_words_of_sts(members: Members) -> None:
    members.create_key("alice", age=400)
    members.role.errors[MEMBER] = DENIED
    answer = run(members)
    assert answer["looked"] is False
    assert answer["why"] == "AssumeRole: AccessDenied: is not authorized"
    [part] = parts(members)
    assert (part.kind, part.head["step"]) == ("AccountFailure", "role")
    assert part.head["reason"] == answer["why"]


@pytest.mark.parametrize(
    ("fields", "report_only", "read_only"),
    [
        ({}, False, False),
        ({}, True, True),
        ({"report_only": True}, False, True),
        ({"parameters": {"mode": "report"}}, False, True),
    ],
)
def test_a_session_that_must_not_change_keys_can_only_read(
    members: Members, fields: dict[str, Any], *, report_only: bool, read_only: bool
) -> None:
    """IAM itself then refuses a change."""
    registered = members.registered(**fields)
    members.account_run(registered, report_only=report_only).execute(members.execution())
    assert members.role.assumed == [(MEMBER, read_only)]


def test_an_account_changes_no_more_keys_than_its_share(members: Members) -> None:
    key_ids = [members.create_key(f"user-{age}", age=age) for age in (400, 300, 200)]
    for key_id in key_ids:
        assert members.status(key_id) == "Active"
    parameters = {"notice-days": "0", "max-changes-per-run": "25"}
    members.account_run(members.registered(parameters=parameters, changes_allowed=1)).execute(
        members.execution()
    )
    changed = [key_id for key_id in key_ids if members.status(key_id) == "Inactive"]
    assert changed == key_ids[:1]
    assert outcomes(members).count(("deferred", "user-300")) == 1


def test_a_run_short_of_time_leaves_users_to_another_invocation(
    members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory, "BATCH_SIZE", 1)
    for user in ("alice", "bob", "carol"):
        members.create_key(user, age=400)
    budget = TimeBudget(lambda: timedelta(minutes=6), timedelta(minutes=15))
    account_run = members.account_run(members.registered())
    answer = account_run.execute(members.execution(budget=budget))
    assert answer["remainder"]["part"] == 1
    rest = codec.read(answer["remainder"], Continuation)
    second = members.account_run(members.registered(), remainder=rest)
    assert "remainder" not in second.execute(members.execution())
    assert sorted(outcomes(members)) == [("noticed", u) for u in ("alice", "bob", "carol")]


def test_all_attempts_for_one_event_share_the_limit(members: Members) -> None:
    """A step that is tried again, and an event that is delivered twice, change no more keys."""
    key_ids = [members.create_key(f"user-{age}", age=age) for age in (400, 300, 200)]
    parameters = {"notice-days": "0", "max-changes-per-run": "1"}
    changed = []
    for event_id in ("event-1", "event-1", "event-2"):
        run(members, parameters=parameters, event_id=event_id)
        changed.append(sum(members.status(key_id) == "Inactive" for key_id in key_ids))
    assert changed == [1, 1, 2]


def test_an_attempt_that_was_taken_for_dead_loses_the_lease_to_the_next(members: Members) -> None:
    """Both have the id of one run: a heartbeat of the first must not keep it alive."""
    table, partitions = members.hub.clients.table, Partitions(MEMBER)
    first, second = (
        Lease(table, partitions, Holder(members.execution().holder_id)) for _ in range(2)
    )
    first.take(LeaseTiming(), members.hub.clock)
    second.take(LeaseTiming(), members.hub.clock)
    assert not first.beat()
    with pytest.raises(LeaseLostError):
        first.check()
    assert second.beat()
