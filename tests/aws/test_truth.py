"""Promise 6: what people are told did happen, and in report mode only would."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends

from key_rotation.errors import PublishError
from key_rotation.reporting.metrics import run_metrics
from tests.aws.aws_account import AwsAccount
from tests.aws.faults import answer_lost, fault, on, refusal, refused

UPDATED = "iam.UpdateAccessKey"
DELETED = "iam.DeleteAccessKey"
LISTED = "iam.ListAccessKeys"
PAUSED = {"max_changes_per_run": "0"}


def a_key_to_deactivate(account: AwsAccount) -> str:
    """A key that the run of today deactivates."""
    key_id = account.key("alice", age=83)
    account.run()
    account.now += timedelta(days=7)
    return key_id


def a_key_to_delete(account: AwsAccount) -> str:
    """A key that the run of today deletes."""
    key_id = a_key_to_deactivate(account)
    account.run()
    account.now += timedelta(days=30)
    return key_id


@pytest.mark.parametrize(
    ("make", "call", "section"),
    [(a_key_to_deactivate, UPDATED, "deactivated"), (a_key_to_delete, DELETED, "deleted")],
)
def test_a_change_whose_answer_was_lost_is_read_back_and_claimed(
    account: AwsAccount, make: Callable[[AwsAccount], str], call: str, section: str
) -> None:
    """It happened; IAM shows it."""
    key_id = make(account)
    with answer_lost(account, call):
        answer = account.run()
    assert [entry["access_key_id"] for entry in answer[section]] == [key_id]
    assert answer["failed"] == []
    assert account.mails[-1]["data"][section][0]["access_key_id"] == key_id
    assert account.run()[section] == []


@pytest.mark.parametrize(
    ("make", "call", "section"),
    [(a_key_to_deactivate, UPDATED, "deactivated"), (a_key_to_delete, DELETED, "deleted")],
)
def test_a_change_that_cannot_be_read_back_is_not_claimed_until_it_is_seen(
    account: AwsAccount, make: Callable[[AwsAccount], str], call: str, section: str
) -> None:
    """Nobody knows whether it happened: the next run looks."""
    key_id = make(account)
    lost = refusal("ListAccessKeys", "Throttling")
    last = 1 if call == UPDATED else 2
    with answer_lost(account, call), fault(account, LISTED, lost, of="alice", since=last):
        answer = account.run()
    assert answer[section] == []
    assert [entry["access_key_id"] for entry in answer["failed"]] == [key_id]
    assert section not in account.mails[-1]["data"]
    assert [entry["access_key_id"] for entry in account.after(1)[section]] == [key_id]


@pytest.mark.parametrize(
    ("make", "call", "section"),
    [(a_key_to_deactivate, UPDATED, "deactivated"), (a_key_to_delete, DELETED, "deleted")],
)
def test_a_change_that_iam_refused_is_not_claimed(
    account: AwsAccount, make: Callable[[AwsAccount], str], call: str, section: str
) -> None:
    make(account)
    with refused(account, call):
        answer = account.run()
    assert (answer[section], len(answer["failed"])) == ([], 1)
    assert section not in account.mails[-1]["data"]
    assert measure_of(account, section) == 1


def turned_off_by_its_owner(account: AwsAccount, key_id: str) -> None:
    account.turn("alice", key_id, "Inactive")


def deleted_by_its_owner(account: AwsAccount, key_id: str) -> None:
    account.clients.iam.delete_access_key(UserName="alice", AccessKeyId=key_id)


BY_ITS_OWNER = pytest.mark.parametrize(
    ("make", "call", "section", "act"),
    [
        (a_key_to_deactivate, UPDATED, "deactivated", turned_off_by_its_owner),
        (a_key_to_delete, DELETED, "deleted", deleted_by_its_owner),
    ],
)


@BY_ITS_OWNER
def test_what_the_owner_does_after_a_refused_change_is_not_claimed(
    account: AwsAccount,
    make: Callable[[AwsAccount], str],
    call: str,
    section: str,
    act: Callable[[AwsAccount, str], None],
) -> None:
    """IAM refused the only try, so the intent is taken back."""
    key_id = make(account)
    with refused(account, call):
        account.run()
    act(account, key_id)
    for _ in range(40):
        assert account.run()[section] == []
        account.now += timedelta(days=1)


@BY_ITS_OWNER
def test_what_iam_refused_is_not_claimed_though_nobody_could_read_it_back(
    account: AwsAccount,
    make: Callable[[AwsAccount], str],
    call: str,
    section: str,
    act: Callable[[AwsAccount, str], None],
) -> None:
    key_id = make(account)
    lost = refusal("ListAccessKeys", "Throttling")
    since = 1 if call == UPDATED else 2
    with refused(account, call), fault(account, LISTED, lost, of="alice", since=since):
        account.run()
    act(account, key_id)
    assert account.run()[section] == []


@BY_ITS_OWNER
def test_what_the_owner_did_while_iam_refused_it_is_not_claimed(
    account: AwsAccount,
    make: Callable[[AwsAccount], str],
    call: str,
    section: str,
    act: Callable[[AwsAccount, str], None],
) -> None:
    key_id = make(account)

    def refused_and_quicker(**_: Any) -> None:
        backend = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
        if act is turned_off_by_its_owner:
            backend.update_access_key("alice", key_id, "Inactive")
        else:
            backend.delete_access_key(key_id, "alice")
        raise refusal(call.partition(".")[2], "AccessDenied")

    with on(account, f"before-call.{call}", refused_and_quicker):
        answer = account.run()
    assert answer[section] == []
    assert account.after(1)[section] == []


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
    account: AwsAccount,
    make: Callable[[AwsAccount], str],
    call: str,
    section: str,
    act: Callable[[AwsAccount, str], None],
    edit: dict[str, str],
) -> None:
    """Its tries were throttled to the end; then the changes were paused."""
    key_id = make(account)
    with refused(account, call, "Throttling"):
        account.run()
    account.put(**edit)
    account.after(1)
    act(account, key_id)
    account.put(max_changes_per_run="25", delete_unused_keys="true")
    assert account.after(1)[section] == []


@BY_ITS_OWNER
def test_a_change_that_may_have_come_after_all_is_taken_for_our_own(
    account: AwsAccount,
    make: Callable[[AwsAccount], str],
    call: str,
    section: str,
    act: Callable[[AwsAccount, str], None],
) -> None:
    """One of several tries may have worked: a key that we cut must not lack its window."""
    key_id = make(account)
    with refused(account, call, "Throttling"):
        account.run()
    act(account, key_id)
    assert [entry["access_key_id"] for entry in account.run()[section]] == [key_id]


def measure_of(account: AwsAccount, section: str) -> int:
    """What the metric of a section counts in a run of now."""
    return run_metrics(account.report())[f"Keys{section.title()}"]


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling"])
def test_a_key_gone_when_it_is_deactivated_is_closed_and_not_claimed(
    account: AwsAccount, code: str
) -> None:
    """Its owner was quicker."""
    key_id = a_key_to_deactivate(account)

    def gone_and_refused(**_: Any) -> None:
        iam_backends[DEFAULT_ACCOUNT_ID]["aws"].delete_access_key(key_id, "alice")
        raise refusal("UpdateAccessKey", code)

    events = account.clients.iam.meta.events
    events.register_first(f"before-call.{UPDATED}", gone_and_refused)
    answer = account.run()
    events.unregister(f"before-call.{UPDATED}", gone_and_refused)
    assert (answer["deactivated"], answer["failed"]) == ([], [])
    assert [entry["access_key_id"] for entry in answer["closed"]] == [key_id]
    assert account.history(key_id) == ["notice", "close"]


def test_what_sns_did_not_take_raises_and_is_told_by_the_next_run(account: AwsAccount) -> None:
    key_id = a_key_to_deactivate(account)
    mails = len(account.mails)
    with refused(account, "sns.Publish", "KMSAccessDenied"), pytest.raises(PublishError):
        account.run()
    assert len(account.mails) == mails
    account.run()
    assert [mail["subject"].partition(": ")[2] for mail in account.mails[mails:]] == [
        "1 deactivated, 1 due"
    ]
    account.run()
    assert len(account.mails) == mails + 1
    assert account.mails[-1]["data"]["deactivated"][0]["access_key_id"] == key_id


def everything(account: AwsAccount) -> None:
    """Keys for which an enforcing run of today would do everything there is."""
    account.put(exemptions="frank")
    account.key("alice", age=83)
    account.key("bob", age=83)
    account.run()
    account.after(7)
    account.now += timedelta(days=23)
    account.key("carol", age=83)
    closed = account.key("dave", age=83)
    account.run()
    account.now += timedelta(days=7)
    account.use(next(k for k, (user, *_) in account.iam().items() if user == "bob"), account.now)
    account.delete("dave", closed)
    account.key("erin", age=400)
    account.key("frank", age=400)
    account.key("grace", age=400, status="Inactive")
    account.put(adopt_inactive_keys="true")


SECTIONS = ("noticed", "deactivated", "deleted", "extended", "adopted", "closed", "exempt")


def test_report_mode_says_what_would_be_and_changes_nothing(account: AwsAccount) -> None:
    """Neither IAM nor a watch nor the history; only what the run itself must know."""
    everything(account)
    before = [item for item in all_items(account) if item["sk"] != "STATE"]
    iam = account.iam()
    account.put(mode="report")
    answer = account.run()
    assert [len(answer[section]) for section in SECTIONS] == [1] * len(SECTIONS)
    assert answer["mode"] == "report"
    assert account.iam() == iam
    assert [item for item in all_items(account) if item["sk"] != "STATE"] == before
    mail = account.mails[-1]
    assert "REPORT MODE: nothing was changed." in mail["text"]
    assert "1 would be deactivated" in mail["subject"]
    assert mail["attributes"]["mode"]["Value"] == "report"


def test_what_report_mode_says_is_what_enforce_mode_does(account: AwsAccount) -> None:
    everything(account)
    would = account.run({"mode": "report"})
    does = account.run()
    for section in SECTIONS:
        assert [entry["access_key_id"] for entry in does[section]] == [
            entry["access_key_id"] for entry in would[section]
        ]


def all_items(account: AwsAccount) -> list[dict[str, Any]]:
    """The whole ledger."""
    return sorted(account.clients.table.scan()["Items"], key=lambda item: (item["pk"], item["sk"]))


def test_report_mode_repeats_no_digest_until_there_is_something_else_to_say(
    account: AwsAccount,
) -> None:
    account.put(mode="report")
    account.key("alice", age=83)
    for _ in range(3):
        assert len(account.run()["noticed"]) == 1
        account.now += timedelta(days=1)
    assert len(account.mails) == 1
    account.key("bob", age=83)
    account.run()
    account.run()
    assert [mail["subject"].partition(": ")[2] for mail in account.mails] == [
        "1 would be noticed",
        "2 would be noticed",
    ]


def test_report_mode_with_nothing_to_say_sends_nothing(account: AwsAccount) -> None:
    account.put(mode="report")
    account.key("alice", age=10)
    account.run()
    assert account.mails == []


def test_report_mode_tells_what_an_earlier_run_did_as_done(account: AwsAccount) -> None:
    """Once; it is no *would*."""
    done = a_key_to_deactivate(account)
    with refused(account, "sns.Publish", "InternalError"), pytest.raises(PublishError):
        account.run()
    account.put(mode="report")
    account.run()
    mail = account.mails[-1]
    assert mail["data"]["deactivated"][0]["access_key_id"] == done
    assert "would" not in mail["data"]["deactivated"][0]
    mails = len(account.mails)
    account.put(mode="enforce")
    account.run()
    account.run()
    told = [mail["data"].get("deactivated") for mail in account.mails[mails:]]
    assert told == [None] * len(told)


def test_metrics_count_nothing_that_only_would_have_happened(account: AwsAccount) -> None:
    everything(account)
    measured = run_metrics(account.report({"mode": "report"}))
    assert [measured[name] for name in ("KeysNoticed", "KeysDeactivated", "KeysDeleted")] == [0] * 3
    assert (measured["ActiveKeys"], measured["StaleKeys"]) == (3, 3)
    measured = run_metrics(account.report())
    assert [measured[name] for name in ("KeysNoticed", "KeysDeactivated", "KeysDeleted")] == [1] * 3
