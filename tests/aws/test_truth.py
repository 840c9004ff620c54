"""Promise 6: what people are told did happen, and in report mode only would."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends

from key_rotation.errors import NotDeliveredError
from key_rotation.reporting.measures import measure
from tests.aws.faults import answer_lost, fault, on, refusal, refused
from tests.aws.world import World

UPDATED = "iam.UpdateAccessKey"
DELETED = "iam.DeleteAccessKey"
LISTED = "iam.ListAccessKeys"
PAUSED = {"max_changes_per_run": "0"}


def a_key_to_deactivate(world: World) -> str:
    """A key that the run of today deactivates."""
    key_id = world.key("alice", age=83)
    world.run()
    world.now += timedelta(days=7)
    return key_id


def a_key_to_delete(world: World) -> str:
    """A key that the run of today deletes."""
    key_id = a_key_to_deactivate(world)
    world.run()
    world.now += timedelta(days=30)
    return key_id


@pytest.mark.parametrize(
    ("make", "call", "section"),
    [(a_key_to_deactivate, UPDATED, "deactivated"), (a_key_to_delete, DELETED, "deleted")],
)
def test_a_change_whose_answer_was_lost_is_read_back_and_claimed(
    world: World, make: Callable[[World], str], call: str, section: str
) -> None:
    """It happened; IAM shows it."""
    key_id = make(world)
    with answer_lost(world, call):
        answer = world.run()
    assert [entry["access_key_id"] for entry in answer[section]] == [key_id]
    assert answer["failed"] == []
    assert world.mails[-1]["data"][section][0]["access_key_id"] == key_id
    assert world.run()[section] == []


@pytest.mark.parametrize(
    ("make", "call", "section"),
    [(a_key_to_deactivate, UPDATED, "deactivated"), (a_key_to_delete, DELETED, "deleted")],
)
def test_a_change_that_cannot_be_read_back_is_not_claimed_until_it_is_seen(
    world: World, make: Callable[[World], str], call: str, section: str
) -> None:
    """Nobody knows whether it happened: the next run looks."""
    key_id = make(world)
    lost = refusal("ListAccessKeys", "Throttling")
    last = 1 if call == UPDATED else 2
    with answer_lost(world, call), fault(world, LISTED, lost, of="alice", since=last):
        answer = world.run()
    assert answer[section] == []
    assert [entry["access_key_id"] for entry in answer["failed"]] == [key_id]
    assert section not in world.mails[-1]["data"]
    assert [entry["access_key_id"] for entry in world.after(1)[section]] == [key_id]


@pytest.mark.parametrize(
    ("make", "call", "section"),
    [(a_key_to_deactivate, UPDATED, "deactivated"), (a_key_to_delete, DELETED, "deleted")],
)
def test_a_change_that_iam_refused_is_not_claimed(
    world: World, make: Callable[[World], str], call: str, section: str
) -> None:
    make(world)
    with refused(world, call):
        answer = world.run()
    assert (answer[section], len(answer["failed"])) == ([], 1)
    assert section not in world.mails[-1]["data"]
    assert measure_of(world, section) == 1


def turned_off_by_its_owner(world: World, key_id: str) -> None:
    world.turn("alice", key_id, "Inactive")


def deleted_by_its_owner(world: World, key_id: str) -> None:
    world.clients.iam.delete_access_key(UserName="alice", AccessKeyId=key_id)


BY_ITS_OWNER = pytest.mark.parametrize(
    ("make", "call", "section", "act"),
    [
        (a_key_to_deactivate, UPDATED, "deactivated", turned_off_by_its_owner),
        (a_key_to_delete, DELETED, "deleted", deleted_by_its_owner),
    ],
)


@BY_ITS_OWNER
def test_what_the_owner_does_after_a_refused_change_is_not_claimed(
    world: World,
    make: Callable[[World], str],
    call: str,
    section: str,
    act: Callable[[World, str], None],
) -> None:
    """IAM refused the only try, so the intent is taken back."""
    key_id = make(world)
    with refused(world, call):
        world.run()
    act(world, key_id)
    for _ in range(40):
        assert world.run()[section] == []
        world.now += timedelta(days=1)


@BY_ITS_OWNER
def test_what_iam_refused_is_not_claimed_though_nobody_could_read_it_back(
    world: World,
    make: Callable[[World], str],
    call: str,
    section: str,
    act: Callable[[World, str], None],
) -> None:
    key_id = make(world)
    lost = refusal("ListAccessKeys", "Throttling")
    since = 1 if call == UPDATED else 2
    with refused(world, call), fault(world, LISTED, lost, of="alice", since=since):
        world.run()
    act(world, key_id)
    assert world.run()[section] == []


@BY_ITS_OWNER
def test_what_the_owner_did_while_iam_refused_it_is_not_claimed(
    world: World,
    make: Callable[[World], str],
    call: str,
    section: str,
    act: Callable[[World, str], None],
) -> None:
    key_id = make(world)

    def refused_and_quicker(**_: Any) -> None:
        backend = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
        if act is turned_off_by_its_owner:
            backend.update_access_key("alice", key_id, "Inactive")
        else:
            backend.delete_access_key(key_id, "alice")
        raise refusal(call.partition(".")[2], "AccessDenied")

    with on(world, f"before-call.{call}", refused_and_quicker):
        answer = world.run()
    assert answer[section] == []
    assert world.after(1)[section] == []


@pytest.mark.parametrize(
    ("make", "call", "section", "act", "edit"),
    [
        (a_key_to_deactivate, UPDATED, "deactivated", turned_off_by_its_owner, PAUSED),
        (a_key_to_delete, DELETED, "deleted", deleted_by_its_owner, PAUSED),
        (
            a_key_to_delete,
            DELETED,
            "deleted",
            deleted_by_its_owner,
            {"delete_unused_keys": "false"},
        ),
    ],
)
def test_an_intent_that_a_later_run_saw_come_to_nothing_claims_nothing(
    world: World,
    make: Callable[[World], str],
    call: str,
    section: str,
    act: Callable[[World, str], None],
    edit: dict[str, str],
) -> None:
    """Its tries were throttled to the end; then the changes were paused."""
    key_id = make(world)
    with refused(world, call, "Throttling"):
        world.run()
    world.put(**edit)
    world.after(1)
    act(world, key_id)
    world.put(max_changes_per_run="25", delete_unused_keys="true")
    assert world.after(1)[section] == []


@BY_ITS_OWNER
def test_a_change_that_may_have_come_after_all_is_taken_for_our_own(
    world: World,
    make: Callable[[World], str],
    call: str,
    section: str,
    act: Callable[[World, str], None],
) -> None:
    """One of several tries may have worked: a key that we cut must not lack its window."""
    key_id = make(world)
    with refused(world, call, "Throttling"):
        world.run()
    act(world, key_id)
    assert [entry["access_key_id"] for entry in world.run()[section]] == [key_id]


def measure_of(world: World, section: str) -> int:
    """What the metric of a section counts in a run of now."""
    return measure(world.report())[f"Keys{section.title()}"]


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling"])
def test_a_key_gone_when_it_is_deactivated_is_closed_and_not_claimed(
    world: World, code: str
) -> None:
    """Its owner was quicker."""
    key_id = a_key_to_deactivate(world)

    def gone_and_refused(**_: Any) -> None:
        iam_backends[DEFAULT_ACCOUNT_ID]["aws"].delete_access_key(key_id, "alice")
        raise refusal("UpdateAccessKey", code)

    events = world.clients.iam.meta.events
    events.register_first(f"before-call.{UPDATED}", gone_and_refused)
    answer = world.run()
    events.unregister(f"before-call.{UPDATED}", gone_and_refused)
    assert (answer["deactivated"], answer["failed"]) == ([], [])
    assert [entry["access_key_id"] for entry in answer["closed"]] == [key_id]
    assert world.history(key_id) == ["notice", "close"]


def test_what_sns_did_not_take_raises_and_is_told_by_the_next_run(world: World) -> None:
    key_id = a_key_to_deactivate(world)
    mails = len(world.mails)
    with refused(world, "sns.Publish", "KMSAccessDenied"), pytest.raises(NotDeliveredError):
        world.run()
    assert len(world.mails) == mails
    world.run()
    assert [mail["subject"].partition(": ")[2] for mail in world.mails[mails:]] == [
        "1 deactivated, 1 due"
    ]
    world.run()
    assert len(world.mails) == mails + 1
    assert world.mails[-1]["data"]["deactivated"][0]["access_key_id"] == key_id


def everything(world: World) -> None:
    """Keys for which an enforcing run of today would do everything there is."""
    world.put(exemptions="frank")
    world.key("alice", age=83)
    world.key("bob", age=83)
    world.run()
    world.after(7)
    world.now += timedelta(days=23)
    world.key("carol", age=83)
    closed = world.key("dave", age=83)
    world.run()
    world.now += timedelta(days=7)
    world.use(next(k for k, (user, *_) in world.iam().items() if user == "bob"), world.now)
    world.delete("dave", closed)
    world.key("erin", age=400)
    world.key("frank", age=400)
    world.key("grace", age=400, status="Inactive")
    world.put(adopt_inactive_keys="true")


SECTIONS = ("noticed", "deactivated", "deleted", "extended", "adopted", "closed", "exempt")


def test_report_mode_says_what_would_be_and_changes_nothing(world: World) -> None:
    """Neither IAM nor a watch nor the history; only what the run itself must know."""
    everything(world)
    before = [item for item in all_items(world) if item["sk"] != "STATE"]
    iam = world.iam()
    world.put(mode="report")
    answer = world.run()
    assert [len(answer[section]) for section in SECTIONS] == [1] * len(SECTIONS)
    assert answer["mode"] == "report"
    assert world.iam() == iam
    assert [item for item in all_items(world) if item["sk"] != "STATE"] == before
    mail = world.mails[-1]
    assert "REPORT MODE: nothing was changed." in mail["text"]
    assert "1 would be deactivated" in mail["subject"]
    assert mail["attributes"]["mode"]["Value"] == "report"


def test_what_report_mode_says_is_what_enforce_mode_does(world: World) -> None:
    everything(world)
    would = world.run({"mode": "report"})
    does = world.run()
    for section in SECTIONS:
        assert [entry["access_key_id"] for entry in does[section]] == [
            entry["access_key_id"] for entry in would[section]
        ]


def all_items(world: World) -> list[dict[str, Any]]:
    """The whole ledger."""
    return sorted(world.clients.table.scan()["Items"], key=lambda item: (item["pk"], item["sk"]))


def test_report_mode_repeats_no_digest_until_there_is_something_else_to_say(world: World) -> None:
    world.put(mode="report")
    world.key("alice", age=83)
    for _ in range(3):
        assert len(world.run()["noticed"]) == 1
        world.now += timedelta(days=1)
    assert len(world.mails) == 1
    world.key("bob", age=83)
    world.run()
    world.run()
    assert [mail["subject"].partition(": ")[2] for mail in world.mails] == [
        "1 would be noticed",
        "2 would be noticed",
    ]


def test_report_mode_with_nothing_to_say_sends_nothing(world: World) -> None:
    world.put(mode="report")
    world.key("alice", age=10)
    world.run()
    assert world.mails == []


def test_report_mode_tells_what_an_earlier_run_did_as_done(world: World) -> None:
    """Once; it is no *would*."""
    done = a_key_to_deactivate(world)
    with refused(world, "sns.Publish", "InternalError"), pytest.raises(NotDeliveredError):
        world.run()
    world.put(mode="report")
    world.run()
    mail = world.mails[-1]
    assert mail["data"]["deactivated"][0]["access_key_id"] == done
    assert "would" not in mail["data"]["deactivated"][0]
    mails = len(world.mails)
    world.put(mode="enforce")
    world.run()
    world.run()
    told = [mail["data"].get("deactivated") for mail in world.mails[mails:]]
    assert told == [None] * len(told)


def test_metrics_count_nothing_that_only_would_have_happened(world: World) -> None:
    everything(world)
    measured = measure(world.report({"mode": "report"}))
    assert [measured[name] for name in ("KeysNoticed", "KeysDeactivated", "KeysDeleted")] == [0] * 3
    assert (measured["ActiveKeys"], measured["StaleKeys"]) == (3, 3)
    measured = measure(world.report())
    assert [measured[name] for name in ("KeysNoticed", "KeysDeactivated", "KeysDeleted")] == [1] * 3
