"""Steps that are delivered twice: acted on once, told once, and no more than the limit."""

from collections import Counter

import pytest

from key_rotation.organisation.preparation import Preparation
from key_rotation.service_layer import inventory
from tests.aws.organisation.hub import FIRST, THIRD
from tests.aws.organisation.organisation import FinishedRun, Organisation
from tests.aws.organisation.test_parts import SHORT

TWICE = range(2)


def noticed_a_week_ago(organisation: Organisation, *users: str) -> list[str]:
    """Create keys that are due today, the oldest first; returns their ids."""
    key_ids = [
        organisation.create_key(user, age=400 - number, account_id=FIRST)
        for number, user in enumerate(users)
    ]
    organisation.run()
    organisation.hub.after(7)
    return key_ids


def run_in_accounts(organisation: Organisation, prepared: Preparation) -> None:
    """Run in each account once."""
    for row in prepared.rows:
        organisation.run_in_account(row)


def told(*runs: FinishedRun) -> Counter[tuple[str, str]]:
    """Count section and user of what messages name."""
    return Counter(
        (section, user)
        for run in runs
        for section in ("noticed", "deactivated", "deleted", "failed")
        for _, user in run.entries(section)
    )


def test_an_account_that_is_delivered_twice_is_acted_on_and_told_once(
    organisation: Organisation,
) -> None:
    [key_id] = noticed_a_week_ago(organisation, "alice")
    organisation.create_key("bob", age=100, account_id=FIRST)
    prepared = organisation.hub.prepare()
    for _ in TWICE:
        run_in_accounts(organisation, prepared)
    run = organisation.publish()
    assert told(run) == {("deactivated", "alice"): 1, ("noticed", "bob"): 1}
    assert (run.metrics["KeysDeactivated"], run.metrics["KeysNoticed"]) == (1, 1)
    history = organisation.account.items(f"{FIRST}#HISTORY#{key_id}")
    assert [item["action"] for item in history] == ["notice", "deactivate"]


def test_parts_that_an_earlier_delivery_left_do_not_count(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one was short of time and had three parts, the second one has one."""
    monkeypatch.setattr(inventory, "BATCH_SIZE", 1)
    for user in ("alice", "bob", "carol"):
        organisation.create_key(user, age=400, account_id=FIRST)
    prepared = organisation.hub.prepare()
    for row in prepared.rows:
        organisation.run_in_account(row, SHORT)
    run_in_accounts(organisation, prepared)
    run = organisation.publish()
    assert told(run) == {("noticed", user): 1 for user in ("alice", "bob", "carol")}
    assert (run.metrics["KeysNoticed"], run.metrics["ActiveKeys"]) == (3, 3)
    [account] = [a for a in run.collected.report.accounts if a.account_id == FIRST]
    assert (account.report.key_count, account.report.user_count) == (3, 3)


def test_an_execution_whose_steps_are_all_delivered_twice_keeps_the_limit(
    organisation: Organisation,
) -> None:
    """The second time, the keys of another account are the oldest that are due."""
    organisation.put("organisation/max-changes-per-run", "2")
    for account_id, age in ((FIRST, 400), (THIRD, 300)):
        for user in ("alice", "bob"):
            organisation.create_key(user, age=age, account_id=account_id)
    organisation.run()
    organisation.hub.after(7)
    arn = organisation.hub.start()
    for _ in TWICE:
        run_in_accounts(organisation, organisation.hub.prepare(arn=arn))
    run = organisation.publish()
    assert (run.answer["deactivated"], run.answer["deferred"]) == (2, 2)


def test_an_event_that_is_delivered_twice_is_acted_on_and_told_once(
    organisation: Organisation,
) -> None:
    """Scheduler delivers it again after the first execution has ended."""
    organisation.put("organisation/max-changes-per-run", "1")
    noticed_a_week_ago(organisation, "alice", "bob")
    event = {"scheduled_time": "2026-12-01T09:00:00Z"}
    first, second = organisation.run(event), organisation.run(event)
    assert told(first, second) == {("deactivated", "alice"): 1}
    organisation.hub.after(1)
    assert told(organisation.run()) == {("deactivated", "bob"): 1}
