"""Schedules run as on AWS, by the clock of the account."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from local.emulator.account import LocalAccount
from local.emulator.control_client import ControlError
from local.emulator.records import Cause, Invocation
from tests.local.emulator.conftest import START, denied


def test_a_schedule_runs_at_each_due_time_in_its_time_zone(account: LocalAccount) -> None:
    first = account.now.date() + timedelta(days=1)
    before = len(account.invocations())
    account.move_clock(to=account.now + timedelta(days=3))
    runs = account.invocations()[before:]
    due = [f"{first + timedelta(days=day)}T08:00:00Z" for day in range(3)]  # 09:00 in Madrid
    assert [each.payload["due"] for each in runs] == due
    assert {each.cause for each in runs} == {Cause.SCHEDULE}


def test_the_function_and_the_account_have_the_same_clock(account: LocalAccount, user: str) -> None:
    account.move_clock(to=account.now + timedelta(hours=1))
    reported = datetime.fromisoformat(account.invoke({}).answer["now"])
    keys = account.client("iam").create_access_key(UserName=user)
    for instant in (reported, keys["AccessKey"]["CreateDate"]):
        assert abs(instant - account.now) < timedelta(seconds=10)


def test_a_cron_expression_may_name_a_day_of_the_week(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    with _schedule(account, outputs, "weekly", "cron(30 10 ? * MON *)"):
        account.move_clock(to=account.now + timedelta(days=14))
    payloads = [each.payload for each in account.invocations()]
    due = [datetime.fromisoformat(each["weekly"]) for each in payloads if "weekly" in each]
    assert [f"{each:%a %H:%M}" for each in due] == ["Mon 10:30", "Mon 10:30"]


def test_a_schedule_runs_while_the_clock_ticks(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    due = (account.now + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")
    deadline = time.monotonic() + 15
    with _schedule(account, outputs, "soon", f"at({due})"):
        while not (runs := _with_payload(account, {"soon": f"{due}Z"})):
            assert time.monotonic() < deadline, "the schedule did not run"
            time.sleep(0.1)
    assert [each.cause for each in runs] == [Cause.SCHEDULE]


def test_the_clock_does_not_move_back(account: LocalAccount) -> None:
    with pytest.raises(ControlError, match="cannot move back"):
        account.move_clock(to=START - timedelta(days=1))


def test_a_schedule_whose_role_is_denied_invokes_nothing(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    before = len(account.invocations())
    with denied(account, outputs["ScheduleRoleName"], "lambda:InvokeFunction"):
        account.move_clock(to=account.now + timedelta(days=2))
    assert len(account.invocations()) == before


def _with_payload(account: LocalAccount, payload: object) -> list[Invocation]:
    return [each for each in account.invocations() if each.payload == payload]


@contextmanager
def _schedule(
    account: LocalAccount, outputs: dict[str, str], name: str, expression: str
) -> Iterator[None]:
    """Create a schedule during the block. Its event contains the due time under its name."""
    scheduler = account.client("scheduler")
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": outputs["FunctionArn"],
            "RoleArn": outputs["ScheduleRoleArn"],
            "Input": json.dumps({name: "<aws.scheduler.scheduled-time>"}),
        },
    )
    yield
    scheduler.delete_schedule(Name=name)
