"""The parts of the run in one account: each knows what the earlier ones announce."""

from collections import Counter
from datetime import timedelta

import pytest

from key_rotation.adapters import codec
from key_rotation.adapters.compressed import pack
from key_rotation.domain.execution import UNLIMITED, TimeBudget
from key_rotation.domain.run_state import Continuation
from key_rotation.service_layer import inventory
from tests.aws.organisation.hub import FIRST
from tests.aws.organisation.organisation import FinishedRun, Organisation

SHORT = TimeBudget(lambda: timedelta(minutes=6), timedelta(minutes=15))
TOO_SHORT_FOR_CHANGES = TimeBudget(lambda: timedelta(minutes=3), timedelta(minutes=15))
USERS = ("alice", "bob", "carol", "dave")


@pytest.fixture(autouse=True)
def _one_user_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a part with little time read the keys of one user."""
    monkeypatch.setattr(inventory, "BATCH_SIZE", 1)


def run_in_parts(organisation: Organisation, *budgets: TimeBudget) -> FinishedRun:
    """Run once.

    budgets: of the parts in each account; with none, it has as many parts as users
    """
    arn = organisation.hub.start()
    for row in organisation.hub.prepare({}, arn).rows:
        organisation.run_in_account(row, *(budgets or [SHORT]))
    finished = organisation.publish()
    organisation.hub.stop(arn)
    return finished


def days(run: FinishedRun, section: str) -> list[str]:
    """Return the days that a digest names in a section, in order."""
    return sorted(e["due"] for message in run.messages for e in message["data"][section])


def test_later_parts_give_no_day_that_an_earlier_part_has_filled(
    organisation: Organisation,
) -> None:
    """Its notices are not in the ledger yet, since the digest comes after all parts."""
    organisation.put("max-changes-per-run", "1")
    for user in USERS:
        organisation.create_key(user, age=400, account_id=FIRST)
    announced = days(run_in_parts(organisation), "noticed")
    assert announced == ["2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04"]
    organisation.hub.after(7)
    for _ in USERS:
        run = organisation.run()
        assert (run.answer["deactivated"], run.answer["deferred"]) == (1, 0)
        organisation.hub.after(1)


def test_parts_announce_the_days_that_one_part_would(organisation: Organisation) -> None:
    organisation.put("max-changes-per-run", "2")
    for user in (*USERS, "erin"):
        organisation.create_key(user, age=400, account_id=FIRST)
    found = Counter(days(run_in_parts(organisation), "noticed"))
    assert found == {"2026-12-01": 2, "2026-12-02": 2, "2026-12-03": 1}


def test_a_key_that_an_earlier_part_announced_is_not_decided_again(
    organisation: Organisation,
) -> None:
    """Its user comes again, for a change for which there was no time; an older key comes first."""
    organisation.put("max-changes-per-run", "1")
    due = organisation.create_key("bob", age=400, account_id=FIRST)
    organisation.run()
    organisation.hub.after(7)
    announced = organisation.create_key("bob", age=100, account_id=FIRST)
    older = organisation.create_key("zoe", age=200, account_id=FIRST)
    run = run_in_parts(organisation, TOO_SHORT_FOR_CHANGES, UNLIMITED)
    named = {e["access_key_id"]: e["due"] for m in run.messages for e in m["data"]["noticed"]}
    assert named == {announced: "2026-12-08", older: "2026-12-09"}
    watches = {item["sk"]: item for item in organisation.account.items(f"{FIRST}#WATCH")}
    assert {key_id: watches[key_id]["state"]["due"] for key_id in named} == named
    assert watches[due]["state"]["kind"] == "deactivated"


def test_rows_of_another_version_fail_the_account_before_it_is_asked_again(
    organisation: Organisation,
) -> None:
    """The digest would not read them either, so that nobody would hear of what it did."""
    for user in USERS:
        organisation.create_key(user, age=400, account_id=FIRST)
    row = next(r for r in organisation.hub.prepare().rows if r.account.account_id == FIRST)
    account_run = organisation.members.account_run(row)
    answer = account_run.execute(organisation.members.execution(row.run_id, budget=SHORT))
    table, key = organisation.account.clients.table, {"pk": f"RUN#{row.run_id}"}
    key["sk"] = f"{FIRST}#000#0001"
    table.put_item(Item=table.get_item(Key=key)["Item"] | {"records": pack([{"another": 1}])})
    rest = codec.read(answer["remainder"], Continuation)
    second = organisation.members.account_run(row, remainder=rest)
    answer = second.execute(organisation.members.execution(row.run_id))
    assert "an earlier part of this run left cannot be read" in answer["why"]
