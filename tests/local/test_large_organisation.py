"""The deployed hub in an organization of several pages, and in an account that takes several parts.

The last three tests play the demo of an organization.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.demo.organisation.actors import Actors
from local.demo.organisation.playback import Day, document, play
from local.demo.organisation.scenario import STARTS_AT, SUBSCRIBER, context, seed
from local.demo.organisation.verify import verify
from local.demo.synthesis import STACK, synthesise
from local.demo.verify import Check
from local.emulator.account import ACCOUNT, LocalAccount
from local.emulator.local_organization import LocalOrganization
from tests.local.hub import Hub, deploy_hub
from tests.local.proxy import proxy_to

pytestmark = pytest.mark.soak

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
MANAGEMENT = "600000000000"
MEMBERS = [f"6000000000{number:02}" for number in range(1, 45)]
FIRST, LARGE = MEMBERS[0], MEMBERS[-1]
USERS = 160
TIMEOUT = 16  # seconds of the account step, of which half are for reading
SLOWNESS = 0.6  # seconds: eight calls at once, so the first 128 users take longer than that half


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Deploy the hub in an organization with two full pages of accounts and a third one."""
    with LocalAccount.start(now=START) as account:
        organization = LocalOrganization(account, management=MANAGEMENT)
        unit = organization.create_unit("workloads")
        for member in (ACCOUNT, *MEMBERS):
            organization.join(member)
            organization.move(member, unit)
        folder = tmp_path_factory.mktemp("cdk.out")
        hub = deploy_hub(organization, folder, targets=unit, **{"accounts-at-once": "3"})
        hub.set_parameter("max-changes-per-run", "1000")
        yield hub


def test_all_accounts_are_looked_at_though_their_list_has_empty_pages(hub: Hub) -> None:
    key_ids = {each: hub.create_key(each, "carol") for each in (FIRST, LARGE)}
    pages = hub.organization.client().get_paginator("list_accounts").paginate()
    assert [len(page["Accounts"]) for page in pages] == [20, 0, 20, 0, 6]
    before = len(hub.account.invocations())
    answer = hub.run({})
    assert (answer["accounts"], answer["looked_at"], answer["not_looked_at"]) == (45, 45, [])
    looks = [run for run in hub.account.invocations()[before:] if _is_look(run)]
    asked = [run.payload["account_id"] for run in looks]
    assert sorted(asked) == sorted([ACCOUNT, *MEMBERS])
    for key_id in key_ids.values():
        assert len(hub.telling("noticed", key_id)) == 1


def test_an_account_with_many_stale_keys_goes_on_by_the_loop_of_the_machine(hub: Hub) -> None:
    for number in range(USERS):
        hub.create_key(LARGE, f"user-{number:03}")
    hub.account.move_clock(to=hub.account.now + timedelta(hours=1))
    name = hub.outputs["AccountFunctionName"]
    hub.account.client("lambda").update_function_configuration(FunctionName=name, Timeout=TIMEOUT)
    before, published = len(hub.account.invocations()), len(hub.account.outbox())
    with proxy_to(hub.account.endpoint, _slow_listing) as url:
        hub.account.send_function_through(url)
        answer = hub.run({"accounts": [LARGE]})
        hub.account.send_function_through(None)
    parts = [run for run in hub.account.invocations()[before:] if _is_look(run)]
    assert len(parts) > 1
    assert not [run.error for run in parts if run.error]
    left = [run.answer.get("remainder") for run in parts]
    assert [run.payload.get("remainder") for run in parts] == [None, *left[:-1]]
    assert left[-1] is None
    assert answer["noticed"] == USERS
    (digest,) = hub.digests(hub.account.outbox()[published:])
    assert len({e["access_key_id"] for e in document(digest)["noticed"]}) == USERS


def _is_look(run: Any) -> bool:
    return "account_id" in run.payload


def _slow_listing(call: bytes) -> None:
    if b"Action=ListAccessKeys" in call:
        time.sleep(SLOWNESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """The demo, after its last day."""

    days: Sequence[Day]
    units: dict[str, str]
    with_role: set[str]

    def checks(self, days: Sequence[Day]) -> dict[str, Check]:
        """Return the checks of some days, by subject."""
        return {check.subject: check for check in verify(days, self.units, self.with_role)}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Play the demo once."""
    with LocalAccount.start(now=STARTS_AT) as account:
        actors = Actors(account)
        folder = tmp_path_factory.mktemp("demo")
        assembly = synthesise(folder, email=SUBSCRIBER, context=context(actors))
        account.deploy(assembly, STACK)
        seed(actors)
        days = tuple(play(actors))
        with_role = actors.accounts_with_the_role()
        return Played(days=days, units=actors.units, with_role=with_role)


def test_each_account_and_key_of_the_demo_is_as_expected_on_each_day(demo: Played) -> None:
    assert [c for c in demo.checks(demo.days).values() if c.deviations] == []


def test_the_checks_of_the_demo_find_a_missing_run_and_a_missing_digest(demo: Played) -> None:
    silent = replace(demo.days[0], executions=(), messages=(), team_messages=())
    checks = demo.checks([silent, *demo.days[1:]])
    assert {name for name, c in checks.items() if c.deviations} == {"runs", "digests", "team"}


def test_the_checks_of_the_demo_find_a_mail_that_the_owner_did_not_get(demo: Played) -> None:
    silent = replace(demo.days[3], mails=())
    checks = demo.checks([*demo.days[:3], silent, *demo.days[4:]])
    assert {name for name, c in checks.items() if c.deviations} == {"mail"}


def test_the_checks_of_the_demo_find_a_key_that_was_changed_too_early(demo: Played) -> None:
    owner = ("payments", "ledger")
    early = replace(demo.days[4], keys={**demo.days[4].keys, owner: demo.days[9].keys[owner]})
    checks = demo.checks([*demo.days[:4], early, *demo.days[5:]])
    assert checks["  ledger"].deviations == (
        "day 5 (Fri 06 Mar): expected '.'; observed 'D', deactivated",
    )
