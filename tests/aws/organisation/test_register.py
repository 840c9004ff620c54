"""The rows of the register: written, read again strictly, and never over those of a newer run."""

from dataclasses import replace
from typing import Any

import pytest

from key_rotation.adapters.register import Register
from key_rotation.adapters.register_items import RegisterDecoder, RegisterEncoder
from key_rotation.domain.organisation.accounts import AccountSettings, Coverage
from key_rotation.domain.settings import Parameter
from key_rotation.errors import LedgerError
from tests.aws.aws_account import AwsAccount
from tests.aws.faults import refused
from tests.unit.builders import NOON, parameters
from tests.unit.organisation.organisation_builders import FIRST, SECOND, THIRD, a_row, an_account

SETTINGS = AccountSettings(
    raw=parameters(),
    exemption_parameters={"a": Parameter(value="alice # r\u00e9sum\u00e9", version=2)},
    sources={"mode": "ous/ou-1"},
)
ROW = a_row(
    coverage=Coverage.COVERED,
    settings=SETTINGS,
    report_only=True,
    changes_allowed=0,
    last_looked_at=NOON,
    failing_since=NOON.date(),
    problems=("one", "two"),
    moved_at=NOON,
    rested_until=NOON.date(),
)


@pytest.fixture
def register(account: AwsAccount) -> Register:
    """Return the register of a table in moto."""
    return Register(account.clients.table)


def test_a_row_is_read_as_it_was_written(register: Register) -> None:
    other = a_row(an_account(SECOND, ous=()), coverage=Coverage.LEFT, open_watches=3)
    register.write([ROW, other])
    assert register.read(FIRST) == ROW
    assert register.read(SECOND) == other
    assert register.read(THIRD) is None
    assert dict(register.read_all().by_id) == {FIRST: ROW, SECOND: other}


def test_rows_may_be_read_without_what_applies_to_the_accounts(register: Register) -> None:
    register.write([ROW])
    found = register.read_all(with_settings=False)
    assert dict(found.by_id) == {FIRST: replace(ROW, settings=None)}


def test_rows_with_the_same_settings_share_them_when_they_are_read(register: Register) -> None:
    register.write([ROW, replace(ROW, account=an_account(SECOND))])
    first, second = register.read_all().by_id.values()
    assert first.settings is second.settings


def test_600_rows_over_several_pages_are_read(account: AwsAccount, register: Register) -> None:
    long = Parameter(value="x" * 4000, version=1)
    encoder = RegisterEncoder()
    for number in range(600):
        row = replace(ROW, account=an_account(f"{number:012}"), problems=(long.value,))
        account.clients.table.put_item(Item=encoder.encode(row))
    assert len(register.read_all().by_id) == 600


MALFORMED: list[dict[str, Any]] = [
    {"schema": 2},
    {"schema": 4},
    {"unknown": "field"},
    {"coverage": "Covered"},
    {"coverage": "other"},
    {"changes_allowed": "3"},
    {"changes_allowed": True},
    {"report_only": 1},
    {"first_seen": "2026-11-24T09:00:00"},
    {"first_seen": "yesterday"},
    {"account": {"account_id": SECOND, "name": "n", "ous": [], "state": "ACTIVE"}},
    {"account": {"account_id": FIRST, "name": "n", "ous": []}},
    {"settings": "text"},
    {"settings": b"no gzip"},
    {"settings": {"raw": {}}},
]


@pytest.mark.parametrize("changed", MALFORMED)
def test_a_row_of_any_other_shape_is_named_and_the_others_are_read(
    account: AwsAccount, register: Register, changed: dict[str, Any]
) -> None:
    other = replace(ROW, account=an_account(THIRD))
    register.write([ROW, other])
    item = RegisterEncoder().encode(ROW)
    account.clients.table.put_item(Item=item | changed)
    found = register.read_all()
    assert list(found.by_id) == [THIRD]
    assert list(found.unreadable) == [FIRST]
    with pytest.raises(LedgerError, match=f"The row of {FIRST} in the register cannot be read"):
        register.read(FIRST)


def test_a_row_without_a_field_that_has_a_default_is_read() -> None:
    """As an earlier version wrote it."""
    item = RegisterEncoder().encode(ROW)
    del item["moved_at"]
    assert RegisterDecoder().decode(item) == replace(ROW, moved_at=None)


def test_a_row_is_updated_only_as_long_as_no_other_run_prepared_it(register: Register) -> None:
    """A step of an earlier run may still be working."""
    register.write([ROW])
    looked_at = replace(ROW, open_watches=1)
    assert register.update(looked_at)
    newer = replace(ROW, run_id="run-2")
    register.write([newer])
    assert not register.update(looked_at)
    assert register.read(FIRST) == newer
    assert not register.update(replace(ROW, account=an_account(SECOND)))


def test_a_row_that_the_ledger_refuses_is_named(account: AwsAccount, register: Register) -> None:
    with refused(account, "dynamodb.PutItem"):
        for write in (lambda: register.write([ROW]), lambda: register.update(ROW)):
            with pytest.raises(LedgerError, match=f"did not accept the account {FIRST} "):
                write()


@pytest.mark.parametrize("call", ["Query", "GetItem"])
def test_a_register_that_cannot_be_read_is_no_empty_one(
    account: AwsAccount, register: Register, call: str
) -> None:
    with (
        refused(account, f"dynamodb.{call}"),
        pytest.raises(LedgerError, match="The register of accounts cannot be read"),
    ):
        _ = register.read_all() if call == "Query" else register.read(FIRST)
