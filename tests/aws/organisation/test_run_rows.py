"""What the steps of a run leave to its digest: whole, or not at all."""

from datetime import UTC, datetime

import pytest

from key_rotation.adapters.run_rows import RECORDS_A_ROW, RowPlace, RunRows
from key_rotation.domain.model import User
from key_rotation.domain.watch import WatchChange
from key_rotation.reporting.organisation.account_part import KeyRecord
from key_rotation.service_layer.row_notifier import RowNotifier
from tests.aws.aws_account import AwsAccount
from tests.unit.builders import a_key, a_watch, an_outcome, noticed

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HEAD = User(name="head", path="/", user_id="1")


def place(account_id: str = "111111111111", part: int = 0, attempt: str = "a") -> RowPlace:
    """Return where a part's rows stand."""
    return RowPlace(account_id=account_id, part=part, attempt=attempt)


def records(number: int) -> list[User]:
    """Return values with different contents."""
    return [User(name=f"user-{i:04}", path="/", user_id=str(i)) for i in range(number)]


def names(rows: RunRows) -> dict[str, list[list[str]]]:
    """Return the names in the records, by account and part."""
    return {
        account: [[str(record["name"]) for record in part.records] for part in parts]
        for account, parts in rows.read()
    }


@pytest.mark.parametrize("number", [0, 1, RECORDS_A_ROW, RECORDS_A_ROW + 1, 3 * RECORDS_A_ROW])
def test_all_records_of_a_part_are_read_in_order(account: AwsAccount, number: int) -> None:
    rows = RunRows(account.clients.table, "run-1")
    rows.write(place(), HEAD, records(number), now=NOW)
    [(account_id, [part])] = rows.read()
    assert (account_id, part.kind, part.head["name"]) == ("111111111111", "User", "head")
    assert [record["user_id"] for record in part.records] == [str(i) for i in range(number)]


def test_accounts_and_parts_are_read_one_after_the_other(account: AwsAccount) -> None:
    rows = RunRows(account.clients.table, "run-1")
    for account_id in ("222222222222", "111111111111"):
        for part in (1, 0):
            rows.write(place(account_id, part), HEAD, records(part + 1), now=NOW)
    RunRows(account.clients.table, "run-2").write(place(), HEAD, (), now=NOW)
    parts = [["user-0000"], ["user-0000", "user-0001"]]
    assert names(rows) == {"111111111111": parts, "222222222222": parts}


def test_a_second_attempt_replaces_the_records_of_the_first(account: AwsAccount) -> None:
    rows = RunRows(account.clients.table, "run-1")
    rows.write(place(attempt="a"), HEAD, records(3 * RECORDS_A_ROW), now=NOW)
    rows.write(place(attempt="b"), HEAD, records(1), now=NOW)
    assert names(rows) == {"111111111111": [["user-0000"]]}


def test_a_part_whose_head_is_missing_does_not_count(account: AwsAccount) -> None:
    """The head is written last: the attempt died before."""
    rows = RunRows(account.clients.table, "run-1")
    rows.write(place(), HEAD, records(1), now=NOW)
    account.clients.table.delete_item(Key={"pk": "RUN#run-1", "sk": "111111111111#000#0000"})
    assert names(rows) == {"111111111111": []}


def test_records_of_two_attempts_never_mix(account: AwsAccount) -> None:
    """A second attempt died among its chunks: the head of the first no longer has its own."""
    rows = RunRows(account.clients.table, "run-1")
    rows.write(place(attempt="a"), HEAD, records(2 * RECORDS_A_ROW), now=NOW)
    [head] = [item for item in account.items("RUN#run-1") if "head" in item]
    rows.write(place(attempt="b"), HEAD, records(1), now=NOW)
    account.clients.table.put_item(Item=head)
    assert names(rows) == {"111111111111": []}


def test_no_part_counts_behind_one_that_does_not(account: AwsAccount) -> None:
    rows = RunRows(account.clients.table, "run-1")
    for part in (0, 2):
        rows.write(place(part=part), HEAD, records(1), now=NOW)
    account.clients.table.delete_item(Key={"pk": "RUN#run-1", "sk": "111111111111#000#0000"})
    rows.write(place(part=1), HEAD, records(1), now=NOW)
    assert names(rows) == {"111111111111": []}


def test_the_rows_of_the_parts_before_one_are_read_for_its_account_only(
    account: AwsAccount,
) -> None:
    rows = RunRows(account.clients.table, "run-1")
    for account_id in ("111111111111", "222222222222"):
        for part in range(3):
            rows.write(place(account_id, part), HEAD, records(part + 1), now=NOW)
    assert [len(part.records) for part in rows.read_before("111111111111", 2)] == [1, 2]
    assert list(rows.read_before("111111111111", 0)) == []


def test_what_an_earlier_part_only_found_is_still_to_be_decided(account: AwsAccount) -> None:
    """An earlier run did it, and no digest has reported it; there was no time for the key."""
    rows = RunRows(account.clients.table, "run-1")
    found, decided = (
        KeyRecord(
            outcomes=(an_outcome(key_id=key_id, happened_at=happened_at),),
            change=WatchChange(watch=a_watch(a_key(key_id=key_id), noticed(due=7))),
        )
        for key_id, happened_at in (("AKIAFOUND", NOW), ("AKIADECIDED", None))
    )
    rows.write(place(), HEAD, [found, decided], now=NOW)
    notifier = RowNotifier(rows=rows, account_id="111111111111")
    assert notifier.read_undelivered(1) == (decided.change,)


def test_rows_expire_after_two_weeks(account: AwsAccount) -> None:
    RunRows(account.clients.table, "run-1").write(place(), HEAD, records(1), now=NOW)
    days = {
        (int(item["expires_at"]) - NOW.timestamp()) / 86_400 for item in account.items("RUN#run-1")
    }
    assert days == {14}
