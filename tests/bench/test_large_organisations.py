"""The calculation of a quiet day of a large organization."""

from dataclasses import replace

import pytest

from bench.organisation.assumptions import Assumptions
from bench.organisation.measured import Measured, StepFigures
from bench.organisation.paper import Paper
from bench.organisation.quotas import PAYLOAD
from bench.organisation.results import HubResult
from bench.proxy import Conditions
from bench.seeded_account import Size
from bench.tools import Tool

ACCOUNT_CALLS = {"dynamodb:PutItem": 3, "dynamodb:GetItem": 3, "sts:AssumeRole": 1}


def quiet_day(accounts: int, *, cpu: float = 0.1) -> HubResult:
    """Return an execution in which everything grows linearly: six processes of half a second."""
    return HubResult(
        day=Tool.QUIET_DAY,
        accounts=accounts,
        size=Size(users=20, stale=4),
        conditions=Conditions(),
        seconds=1.0,
        steps={
            "Prepare": {
                "dynamodb:PutItem": accounts + 5,
                "organizations:ListAccounts": accounts // 10 + 1,
                "ssm:GetParametersByPath": 2,
            },
            "Account": {action: n * accounts for action, n in ACCOUNT_CALLS.items()},
            "Digest": {"dynamodb:PutItem": 2 * accounts, "sns:Publish": 1},
        },
        members={"iam:ListUsers": accounts},
        most_of_a_member=1,
        memory=60.0,
        cpu={"Prepare": 1 + accounts / 100, "Account": 3 + accounts * cpu, "Digest": 1.0},
        item_bytes={"register": 1025, "run": 1024},
        stale_deactivated=0,
        fresh_deactivated=0,
        looked_at=accounts,
    )


def extrapolated(accounts: int = 1000) -> Measured:
    """Continue the line through 20 and 100 accounts."""
    small, large = quiet_day(20), quiet_day(100)
    return Measured.extrapolate(small, large, quiet_day(20), accounts=accounts, at_once=6)


def paper(**measured: object) -> Paper:
    """Return the calculation for 1,000 accounts, with some measured values replaced."""
    return Paper(measured=replace(extrapolated(), **measured), assumed=Assumptions())  # type: ignore[arg-type]


def test_figures_of_the_hub_continue_the_line_through_two_executions() -> None:
    measured = extrapolated()
    assert measured.prepare.calls == pytest.approx(
        {
            "dynamodb:PutItem": 1005,
            "organizations:ListAccounts": 101,
            "ssm:GetParametersByPath": 2,
        }
    )
    assert measured.prepare.cpu == pytest.approx(11)
    assert measured.digest.calls == pytest.approx({"dynamodb:PutItem": 2000, "sns:Publish": 1})
    assert measured.digest.cpu == pytest.approx(1)


def test_an_account_has_its_share_and_a_cold_start_is_what_does_not_grow() -> None:
    measured = extrapolated()
    assert measured.account.calls == ACCOUNT_CALLS | {"iam:ListUsers": 1}
    assert measured.account.cpu == pytest.approx(0.1)
    assert measured.cold_start == pytest.approx(0.5)


def test_the_calls_of_an_account_are_those_of_the_execution_that_waits() -> None:
    small, large = quiet_day(20), quiet_day(100)
    waiting = replace(small, members={"iam:GenerateCredentialReport": 60})
    measured = Measured.extrapolate(small, large, waiting, accounts=1000, at_once=6)
    assert measured.account.calls["iam:GenerateCredentialReport"] == 3


def test_the_time_is_prepare_the_waves_of_accounts_a_cold_start_and_the_digest() -> None:
    calculated = paper()
    share = 256 / 1769
    account = 8 * 0.04 + 2 + 0.1 / share
    assert calculated.account_seconds == pytest.approx(account)
    assert calculated.waves == 25
    # Its 103 pages follow each other, and eight of the 1,005 writes are made at once.
    assert calculated.prepare_seconds == pytest.approx((103 + 1005 / 8) * 0.04 + 11 * 1769 / 1024)
    assert calculated.digest_seconds == pytest.approx(2001 / 8 * 0.04 + 1)
    parts = (calculated.prepare_seconds, 0.5 / share, calculated.digest_seconds)
    assert calculated.seconds == pytest.approx(25 * (account + 0.3) + sum(parts))


@pytest.mark.parametrize(("accounts", "waves"), [(1, 1), (40, 1), (41, 2), (1000, 25), (1001, 26)])
def test_a_wave_that_is_not_full_takes_as_long_as_a_full_one(accounts: int, waves: int) -> None:
    assert paper(accounts=accounts).waves == waves


def test_transitions_and_gigabyte_seconds_are_those_of_all_accounts() -> None:
    calculated = paper()
    assert calculated.transitions == 5006
    accounts = 1000 * calculated.account_seconds + 40 * calculated.cold_seconds
    assert calculated.gigabyte_seconds == pytest.approx(
        accounts / 4 + calculated.prepare_seconds + 2 * calculated.digest_seconds
    )


def test_a_write_unit_is_a_kilobyte_begun() -> None:
    register, run = 2, 1
    assert paper().write_units == pytest.approx((1005 + 2000) * register + 1000 * (3 - 1 + run))
    assert paper(item_bytes={"register": 1024, "run": 1025}).write_units == pytest.approx(
        3005 + 1000 * 4
    )


def test_a_state_of_16000_accounts_fits_and_one_of_17000_does_not() -> None:
    assert paper(accounts=16_000).state_bytes <= PAYLOAD.value
    assert paper(accounts=17_000).state_bytes > PAYLOAD.value


def test_the_price_is_the_sum_of_what_each_service_bills() -> None:
    calculated = paper()
    assert calculated.costs["Step Functions"] == pytest.approx(5006 * 0.000025)
    assert calculated.costs["Lambda"] == pytest.approx(
        calculated.gigabyte_seconds * 0.0000133334 + 1002 * 0.0000002
    )
    assert calculated.costs["DynamoDB"] == pytest.approx(
        calculated.write_units * 0.000000625 + calculated.read_units * 0.000000125
    )


def test_the_least_price_is_without_the_start_and_the_end_of_each_execution() -> None:
    calculated = paper()
    price = sum(calculated.costs.values())
    assert calculated.least_cost == pytest.approx(price - 2 * 1001 * 0.000025)


def test_no_parameter_is_read_for_each_account() -> None:
    assert paper().parameter_calls == pytest.approx(2)
    none = StepFigures(calls={}, cpu=0)
    assert paper(prepare=none).parameter_calls == 0
