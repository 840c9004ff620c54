"""The items of the history of runs: their places, their sizes, and what is read back."""

import random
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from key_rotation.adapters.codec import MalformedError
from key_rotation.adapters.ledger_history import (
    decode_population,
    decode_run,
    encode_population,
    encode_run,
)
from key_rotation.adapters.ledger_items import Partitions
from key_rotation.domain.inventory import Scan
from key_rotation.domain.model import Mode
from key_rotation.domain.run_history import PopulationKey, RunFailure, RunSummary
from key_rotation.domain.settings import Parameter
from tests.unit.test_ledger_items import as_stored

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SUMMARY = RunSummary(run_id="run-1", event_id="event-1", started=START, version="0.3.0")
FULL = replace(
    SUMMARY,
    mode=Mode.REPORT,
    scan=Scan.FULL,
    users=2,
    keys=3,
    users_left=1,
    counts={"failed": 1},
    complete=True,
    failures=(RunFailure(user="alice", access_key_id=None, text="denied"),),
    failure_count=1,
    settings={"mode": Parameter(value="report", version=4)},
    message_id="1",
    further_message_ids=("2",),
    delivered=True,
    population_items=1,
)


def a_population(size: int) -> list[PopulationKey]:
    """Return keys whose names and ids do not repeat, so that they compress badly."""
    choice = random.Random(7)  # noqa: S311  # no secret

    def word(length: int) -> str:
        return "".join(choice.choices(string.ascii_uppercase + string.digits, k=length))

    return [
        PopulationKey(
            user_id=f"AIDA{word(17)}",
            user=word(64),
            access_key_id=f"AKIA{word(16)}",
            status="Active",
            created=START - timedelta(seconds=choice.randrange(10**8)),
            last_use_read=True,
            last_used=START - timedelta(seconds=choice.randrange(10**7)),
        )
        for _ in range(size)
    ]


@pytest.mark.parametrize("summary", [SUMMARY, FULL, replace(SUMMARY, stopped="LedgerError: x")])
def test_a_summary_is_read_back_as_it_was_written(summary: RunSummary) -> None:
    assert decode_run(as_stored(encode_run(summary))) == summary


def test_summaries_sort_by_time_and_each_account_has_its_own() -> None:
    later = replace(SUMMARY, started=START + timedelta(microseconds=1), run_id="a")
    first, second = encode_run(SUMMARY), encode_run(later)
    assert first["pk"] == "RUNS"
    assert first["sk"] < second["sk"]
    assert encode_run(SUMMARY, Partitions("111111111111"))["pk"] == "111111111111#RUNS"


@pytest.mark.no_cover
def test_the_largest_account_fits_into_items_below_300_kb() -> None:
    """IAM allows 5,000 users with two keys each."""
    keys = a_population(10_000)
    items = list(encode_population(SUMMARY, keys))
    assert max(len(item["rows"]) for item in items) < 300_000
    assert all("POPULATION" in item["pk"] for item in items)
    assert len({item["sk"] for item in items}) == len(items)
    assert sum(item["keys"] for item in items) == 10_000
    assert [key for item in items for key in decode_population(item)] == keys


def test_a_usual_account_fits_into_one_item() -> None:
    keys = [replace(key, user=f"user-{n}") for n, key in enumerate(a_population(2500))]
    [item] = encode_population(SUMMARY, keys)
    assert len(item["rows"]) < 150_000


def test_an_account_without_keys_has_no_population() -> None:
    assert list(encode_population(SUMMARY, [])) == []


def test_never_used_and_not_read_stay_apart() -> None:
    [key] = a_population(1)
    keys = [
        replace(key, last_used=None),
        replace(key, last_used=None, last_use_read=False),
    ]
    [item] = encode_population(SUMMARY, keys)
    assert list(decode_population(item)) == keys


@pytest.mark.parametrize("rows", [b"", b"[]", "text", None])
def test_a_population_that_cannot_be_read_is_malformed(rows: object) -> None:
    [item] = encode_population(SUMMARY, a_population(1))
    with pytest.raises(MalformedError):
        decode_population({**item, "rows": rows})
