"""On each of the demo's sixty days, the forecast for that day is what its run then does."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, cast

import boto3
import pytest
import time_machine

from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.parameter_store import read_settings
from key_rotation.domain.model import Now
from key_rotation.reporting.outcome import Section
from key_rotation_cli.preview.account_reader import AccountReader
from key_rotation_cli.preview.deployed import Deployed
from key_rotation_cli.preview.forecast import Start, forecast
from key_rotation_cli.preview.starting_point import starting_point
from key_rotation_cli.preview.thresholds import Flags, choose_thresholds
from local.demo.actors import Actors
from local.demo.scenario import ACTIONS, FIRST_DAY, LAST_DAY, day_of, seed
from local.demo.scenario_keys import KEYS
from local.demo.stages import ACTIVE
from tests.aws.aws_account import REGION, AwsAccount, open_account
from tests.simulation.test_forecast import CHANGES, done_by, forecast_for

RUN_AT = time(9)


@dataclass
class DemoAccount:
    """An account of moto, as the people of the demo use it."""

    aws: AwsAccount

    @property
    def outputs(self) -> dict[str, str]:
        """What of the stack's outputs people need."""
        return {"ParameterPath": "/key-rotation"}

    @property
    def now(self) -> datetime:
        """The time in the account."""
        return self.aws.now

    def client(self, service: str) -> Any:
        """Return a client."""
        return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]  # any service

    def create_user(self, name: str) -> None:
        """Create a user, long ago."""
        with time_machine.travel(self.now - timedelta(days=900), tick=False):
            self.aws.clients.iam.create_user(UserName=name)

    def create_key(self, user: str, *, created: datetime | None = None) -> str:
        """Create a key, now or at another time."""
        with time_machine.travel(created or self.now, tick=False):
            key = self.aws.clients.iam.create_access_key(UserName=user)
        return key["AccessKey"]["AccessKeyId"]

    def set_last_used(self, key_id: str, at: datetime) -> None:
        """Use a key."""
        self.aws.use_key(key_id, at)


@pytest.fixture
def actors(monkeypatch: pytest.MonkeyPatch) -> Iterator[Actors]:
    """Seed the account of the demo."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with open_account() as account:
        account.now = datetime.combine(FIRST_DAY, RUN_AT, tzinfo=account.now.tzinfo)
        people = Actors(cast("Any", DemoAccount(account)))
        seed(people)
        yield people


@pytest.mark.soak  # the random accounts of test_forecast.py have each kind of day too
def test_each_day_of_the_demo_does_what_was_forecast_that_morning(actors: Actors) -> None:
    account = cast("DemoAccount", actors.account).aws
    seen: set[str] = set()
    for day in range(1, LAST_DAY + 1):
        account.now = datetime.combine(day_of(day), RUN_AT, tzinfo=account.now.tzinfo)
        statuses = actors.statuses()
        for key in KEYS:
            if key.daily and statuses.get(actors.key_ids.get(key.label, "")) == ACTIVE:
                actors.use(key.label, ago=timedelta(hours=14))
        [today] = forecast(_start(account), 1)
        done = done_by(account.run())
        assert done == forecast_for(today), day
        seen |= {section for section, _, _ in done}
        for action in ACTIONS:
            if action.day == day:
                action.do(actors)
    assert seen == set(CHANGES) - {Section.WAITING}  # no key of the demo requires an owner


@pytest.mark.soak
def test_the_days_of_the_demo_are_forecast_at_its_beginning_where_nobody_reacts(
    actors: Actors,
) -> None:
    account = cast("DemoAccount", actors.account).aws
    for day in forecast(_start(account), LAST_DAY):
        assert done_by(account.run()) == forecast_for(day), day.date
        account.now += timedelta(days=1)


def _start(account: AwsAccount) -> Start:
    """Read the account and the ledger, as a preview does."""
    settings = read_settings(account.clients.ssm, "/key-rotation")
    ledger = Ledger(account.clients.table, "")
    deployed = Deployed(
        settings=settings, watches=ledger.read_watches(), previous=ledger.read_run_state()
    )
    now = Now(instant=account.now, zone=account.zone)
    found = AccountReader(
        iam=account.clients.iam,
        now=now,
        horizon_end=replace(now, instant=now.instant + timedelta(days=LAST_DAY)),
        settings=settings,
        watches=deployed.watches,
    ).read()
    assert found.complete
    return starting_point(choose_thresholds(Flags(), settings), deployed, found, now)
