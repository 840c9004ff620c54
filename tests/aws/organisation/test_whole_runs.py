"""Whole runs of an organization: every account by its own rules, and one digest."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from key_rotation.adapters.compressed import pack
from key_rotation.domain.execution import TimeBudget
from key_rotation.errors import InvalidSettingsError, LeaseLostError, NoListenerError
from key_rotation.reporting.organisation import digest
from key_rotation.service_layer import inventory
from tests.aws.faults import client_error
from tests.aws.organisation.hub import FIRST, OWN, PRODUCTION, SANDBOX, SECOND, THIRD
from tests.aws.organisation.organisation import Organisation, sections

pytestmark = pytest.mark.no_cover

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

DENIED = ClientError(
    {"Error": {"Code": "AccessDenied", "Message": "is not authorized to assume"}}, "AssumeRole"
)
WEEK = timedelta(days=7)


@contextmanager
def refused_listings(iam: "IAMClient") -> Iterator[None]:
    """Let IAM refuse to list the keys of any user of one account."""

    def refuse(**_: Any) -> None:
        raise client_error("ListAccessKeys", "AccessDenied")

    event = "before-call.iam.ListAccessKeys"
    iam.meta.events.register_first(event, refuse)
    try:
        yield
    finally:
        iam.meta.events.unregister(event, refuse)


def test_each_account_gets_its_notices_in_one_digest(organisation: Organisation) -> None:
    for account_id in (OWN, FIRST, THIRD):
        organisation.create_key("alice", age=400, account_id=account_id)
    run = organisation.run()
    assert sections(run) == {"noticed": 3}
    assert (run.answer["accounts"], run.answer["looked_at"]) == (4, 4)
    assert sorted(run.entries("noticed")) == [(a, "alice") for a in sorted((OWN, FIRST, THIRD))]
    assert run.messages[0]["subject"].startswith("[key-rotation] o-exampleorgid: 4 of 4 accounts")
    assert len(organisation.account.items(f"{FIRST}#WATCH")) == 1


def test_a_key_lives_in_a_member_account_as_in_an_account_by_itself(
    organisation: Organisation,
) -> None:
    """Notice, deactivation after seven days, deletion after thirty more, and no day before."""
    key_id = organisation.create_key("alice", age=400, account_id=FIRST)
    seen = {}
    for day, run in organisation.runs_on(0, 1, 6, 7, 8, 22, 36, 37):
        for section in ("noticed", "deactivated", "deleted"):
            if run.answer[section]:
                seen[section] = day
    assert seen == {"noticed": 0, "deactivated": 7, "deleted": 37}
    assert organisation.status(key_id, FIRST) is None
    history = organisation.account.items(f"{FIRST}#HISTORY#{key_id}")
    assert [item["action"] for item in history] == ["notice", "deactivate", "delete"]


def test_a_quiet_run_publishes_nothing(organisation: Organisation) -> None:
    organisation.create_key("alice", age=1, account_id=FIRST)
    run = organisation.run()
    assert (run.messages, run.answer["messages"], run.metrics["RunCompleted"]) == ([], 0, 1)


def test_an_account_that_cannot_be_looked_at_stops_no_other(organisation: Organisation) -> None:
    """One without the role, one without an answer, one with a bad override."""
    for account_id in (OWN, FIRST, SECOND, THIRD):
        organisation.create_key("alice", age=400, account_id=account_id)
    organisation.run()
    organisation.hub.after(2)
    organisation.members.role.errors[FIRST] = DENIED
    organisation.silent.add(SECOND)
    organisation.put(f"accounts/{THIRD}/max-age-days", "0")
    run = organisation.run()
    reasons = {each["account_id"]: each["reason"] for each in run.answer["not_looked_at"]}
    assert reasons.keys() == {FIRST, SECOND, THIRD}
    assert "AccessDenied: is not authorized to assume" in reasons[FIRST]
    assert reasons[SECOND].startswith("No answer")
    assert f"/key-rotation/accounts/{THIRD}/max-age-days has the value '0'" in reasons[THIRD]
    assert (run.answer["accounts"], run.answer["looked_at"]) == (4, 1)
    assert (run.metrics["AccountsNotLookedAt"], run.metrics["OldestLookDays"]) == (3, 2)
    assert "NOT LOOKED AT" in run.text
    assert run.text.index("NOT LOOKED AT") < run.text.index("SETTINGS")


def test_an_account_not_looked_at_is_told_on_the_first_and_every_seventh_day(
    organisation: Organisation,
) -> None:
    organisation.run()
    organisation.members.role.errors[FIRST] = DENIED
    days = organisation.runs_on(1, 2, 7, 8, 9, 14, 15, 16)
    assert [day for day, run in days if run.messages] == [1, 8, 15]
    assert organisation.hub.row(FIRST).failing_since == organisation.account.now.date() - timedelta(
        days=15
    )
    del organisation.members.role.errors[FIRST]
    organisation.hub.after(1)
    organisation.run()
    assert organisation.hub.row(FIRST).failing_since is None


def test_a_new_account_has_a_day_to_get_its_role(organisation: Organisation) -> None:
    """It is listed, and is no failure before a day has passed; then it is told as one."""
    organisation.run()
    organisation.hub.after(1)
    organisation.hub.organization.add("000000000009", SANDBOX)
    organisation.members.role.errors["000000000009"] = DENIED
    first = organisation.run()
    assert [each["account_id"] for each in first.answer["not_looked_at"]] == ["000000000009"]
    assert first.metrics["AccountsNotLookedAt"] == 0
    assert "000000000009" in first.text
    organisation.hub.after(1)
    second = organisation.run()
    assert second.metrics["AccountsNotLookedAt"] == 1
    assert "NOT LOOKED AT" in second.text
    organisation.hub.after(1)
    assert organisation.run().messages == []


def test_the_management_account_without_a_role_is_told_once_and_is_no_failure(
    organisation: Organisation,
) -> None:
    organisation.members.role.errors[SECOND] = DENIED  # the management account
    first = organisation.run()
    assert first.answer["not_looked_at"] == []
    assert "NOT COVERED" in first.text
    organisation.hub.after(1)
    assert organisation.run().messages == []


def test_overrides_decide_for_their_accounts(organisation: Organisation) -> None:
    for account_id in (FIRST, SECOND, THIRD):
        organisation.create_key("alice", age=40, account_id=account_id)
    organisation.put(f"ous/{PRODUCTION}/max-age-days", "30")
    organisation.put(f"accounts/{SECOND}/exemptions", "alice # vendor")
    run = organisation.run()
    assert run.entries("noticed") == [(FIRST, "alice")]
    assert run.answer["exempt"] == 1


def test_a_bad_parameter_of_all_stops_the_run(organisation: Organisation) -> None:
    organisation.create_key("alice", age=400, account_id=FIRST)
    organisation.put("max-age-days", "many")
    with pytest.raises(InvalidSettingsError, match="max-age-days"):
        organisation.run()
    assert organisation.members.role.assumed == []


def test_the_limit_of_the_organization_goes_to_the_oldest_keys_of_all_accounts(
    organisation: Organisation,
) -> None:
    organisation.put("organisation/max-changes-per-run", "3")
    ages = {}
    for number in range(4):
        for account_id in (FIRST, THIRD):
            age = 400 + 10 * number + (5 if account_id == FIRST else 0)
            ages[organisation.create_key(f"user-{number}", age=age, account_id=account_id)] = age
    organisation.run()
    organisation.hub.after(7)
    changed: list[int] = []
    for done, left in ((3, 5), (3, 2), (2, 0)):
        run = organisation.run()
        assert (run.answer["deactivated"], run.answer["deferred"]) == (done, left)
        inactive = {
            age
            for key_id, age in ages.items()
            if "Inactive" in {organisation.status(key_id, a) for a in (FIRST, THIRD)}
        }
        changed += sorted(inactive - set(changed), reverse=True)
        organisation.hub.after(1)
    assert changed == sorted(ages.values(), reverse=True)


def test_an_organization_limit_of_zero_pauses_every_account(organisation: Organisation) -> None:
    key_id = organisation.create_key("alice", age=400, account_id=FIRST)
    organisation.run()
    organisation.put("organisation/max-changes-per-run", "0")
    organisation.hub.after(7)
    run = organisation.run()
    assert organisation.status(key_id, FIRST) == "Active"
    assert "PAUSED" in run.text


def test_without_a_listener_no_account_is_asked_and_no_notice_counts(
    organisation: Organisation,
) -> None:
    organisation.create_key("alice", age=400, account_id=FIRST)
    with organisation.account.without_listener(), pytest.raises(NoListenerError):
        organisation.run()
    assert organisation.members.role.assumed == []
    assert organisation.account.items(f"{FIRST}#WATCH") == []


def test_without_a_listener_at_its_end_no_notice_counts_either(organisation: Organisation) -> None:
    """Everybody unsubscribed during the run."""
    organisation.create_key("alice", age=400, account_id=FIRST)
    arn = organisation.hub.start()
    for row in organisation.hub.prepare({}, arn).rows:
        organisation.run_in_account(row)
    with organisation.account.without_listener(), pytest.raises(NoListenerError):
        organisation.publish()
    assert organisation.account.items(f"{FIRST}#WATCH") == []
    assert len(organisation.publish().messages) == 1
    assert len(organisation.account.items(f"{FIRST}#WATCH")) == 1


def test_a_report_run_by_hand_changes_and_publishes_nothing(organisation: Organisation) -> None:
    key_id = organisation.create_key("alice", age=400, account_id=FIRST)
    organisation.members.role.errors[THIRD] = DENIED
    organisation.put("notice-days", "0")
    run = organisation.run({"mode": "report"})
    assert len(run.answer["not_looked_at"]) == 1
    assert (run.messages, run.answer["mode"]) == ([], "report")
    assert run.answer["deactivated"] == 1
    assert organisation.status(key_id, FIRST) == "Active"
    assert {read_only for _, read_only in organisation.members.role.assumed} == {True}
    assert run.metrics["RunCompleted"] == 0


def test_a_run_over_named_accounts_asks_no_other(organisation: Organisation) -> None:
    for account_id in (FIRST, SECOND):
        organisation.create_key("alice", age=400, account_id=account_id)
    run = organisation.run({"accounts": [FIRST]})
    assert [account_id for account_id, _ in organisation.members.role.assumed] == [FIRST]
    assert (run.answer["accounts"], run.answer["looked_at"]) == (1, 1)
    assert run.answer["not_looked_at"] == []
    assert run.entries("noticed") == [(FIRST, "alice")]


def test_an_account_that_is_left_out_rests_and_then_starts_anew(organisation: Organisation) -> None:
    key_id = organisation.create_key("alice", age=400, account_id=FIRST)
    organisation.run()
    organisation.put("organisation/leave-out", f"{FIRST} until 2026-12-05 # migration")
    organisation.hub.after(8)
    run = organisation.run()
    assert (run.answer["left_out"], run.answer["deactivated"]) == (1, 0)
    assert "LEFT OUT" in run.text
    organisation.hub.after(4)
    assert organisation.run().entries("noticed") == [(FIRST, "alice")]
    organisation.hub.after(6)
    organisation.run()
    assert organisation.status(key_id, FIRST) == "Active"
    organisation.hub.after(1)
    organisation.run()
    assert organisation.status(key_id, FIRST) == "Inactive"


def test_joining_and_leaving_accounts_are_named_once(organisation: Organisation) -> None:
    organisation.run()
    organisation.hub.after(1)
    organisation.hub.organization.add("000000000009", SANDBOX)
    del organisation.hub.organization.members[THIRD]
    run = organisation.run()
    assert run.answer["left"] == [THIRD]
    assert "JOINED" in run.text
    assert "LEFT:" in run.text
    organisation.hub.after(1)
    assert organisation.run().messages == []


def test_subscribers_of_one_account_get_exactly_its_digest(organisation: Organisation) -> None:
    for account_id in (FIRST, SECOND):
        organisation.create_key("alice", age=400, account_id=account_id)
    organisation.account.clients.sns.subscribe(
        TopicArn=organisation.account_topic_arn,
        Protocol="email",
        Endpoint="owner@example.com",
        Attributes={"FilterPolicy": f'{{"account_id": ["{FIRST}"]}}'},
    )
    organisation.run()
    messages = {message["account_id"]: message for message in organisation.account_messages}
    assert messages.keys() == {FIRST, SECOND}
    assert messages[FIRST]["subject"] == f"[key-rotation] {FIRST}: 1 notice"
    assert f"Key rotation in account {FIRST}" in messages[FIRST]["text"]
    assert SECOND not in messages[FIRST]["text"]


def test_what_has_no_room_in_the_digest_gets_its_own_full_notice_later(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notice that no message names does not count."""
    for number in range(40):
        organisation.create_key(f"user-{number:02}", age=400, account_id=FIRST)
    original = digest.compose
    monkeypatch.setattr(
        "key_rotation.organisation.digest_step.compose",
        lambda report: original(report, limit=9_000, messages=2),
    )
    named: list[set[str]] = []
    while sum(map(len, named)) < 40:
        run = organisation.run()
        named.append({user for _, user in run.entries("noticed")})
        watched = organisation.account.items(f"{FIRST}#WATCH")
        assert len(watched) == sum(map(len, named))
        organisation.hub.after(1)
    assert len(named) > 1
    for watch in organisation.account.items(f"{FIRST}#WATCH"):
        state = watch["state"]
        assert state["due"] >= state["announced_on"]


def test_a_notice_published_after_midnight_has_all_its_days(organisation: Organisation) -> None:
    organisation.create_key("alice", age=400, account_id=FIRST)
    arn = organisation.hub.start()
    for row in organisation.hub.prepare({}, arn).rows:
        organisation.run_in_account(row)
    organisation.account.now += timedelta(hours=16)
    run = organisation.publish()
    [entry] = run.messages[0]["data"]["noticed"]
    assert entry["due"] == "2026-12-02"
    [watch] = organisation.account.items(f"{FIRST}#WATCH")
    assert watch["state"]["due"] == "2026-12-02"


def test_a_broken_off_run_says_so_and_reports_what_there_is(organisation: Organisation) -> None:
    organisation.create_key("alice", age=400, account_id=FIRST)
    arn = organisation.hub.start()
    rows = {row.account.account_id: row for row in organisation.hub.prepare({}, arn).rows}
    organisation.run_in_account(rows[FIRST])
    run = organisation.publish("States.Runtime: it broke off")
    assert run.entries("noticed") == [(FIRST, "alice")]
    assert run.answer["looked_at"] == 1
    assert len(run.answer["not_looked_at"]) == 3
    assert "it broke off" in run.text
    assert run.metrics["RunCompleted"] == 0


def test_a_changed_setting_is_told_once_for_all_accounts(organisation: Organisation) -> None:
    for account_id in (FIRST, SECOND, THIRD):
        organisation.create_key("alice", age=400, account_id=account_id)
    organisation.run()
    organisation.put("grace-days", "14")
    organisation.put(f"ous/{PRODUCTION}/notice-days", "10")
    organisation.hub.after(1)
    run = organisation.run()
    assert run.text.count("grace-days") == 1
    assert f"ous/{PRODUCTION}/notice-days" in run.text
    organisation.hub.after(1)
    assert organisation.run().messages == []


def test_in_report_mode_a_digest_comes_only_when_something_would_be_done_otherwise(
    organisation: Organisation,
) -> None:
    organisation.put("mode", "report")
    organisation.create_key("alice", age=400, account_id=FIRST)
    days = [bool(organisation.run().messages)]
    for _ in range(3):
        organisation.hub.after(1)
        days.append(bool(organisation.run().messages))
    organisation.create_key("bob", age=400, account_id=SECOND)
    organisation.hub.after(1)
    days.append(bool(organisation.run().messages))
    assert days == [True, False, False, False, True]


def test_a_failure_that_lasts_is_told_once_a_week_whatever_else_is_told(
    organisation: Organisation,
) -> None:
    """Other digests in between do not name it, and do not count for it."""
    organisation.create_key("alice", age=400, account_id=FIRST)
    organisation.run()
    told = []
    with refused_listings(organisation.members.role.clients[FIRST].iam):
        for day, run in organisation.runs_on(1, 2, 7, 8, 9):
            organisation.put("grace-days", str(30 + day))  # the next run has news of its own
            assert run.messages
            if run.entries("failed"):
                told.append(day)
    assert told == [1, 8]


def test_an_account_whose_users_were_not_all_looked_at_is_named(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its second part never answered. What the first one found is told."""
    monkeypatch.setattr(inventory, "BATCH_SIZE", 1)
    for user in ("alice", "bob"):
        organisation.create_key(user, age=400, account_id=FIRST)
    arn = organisation.hub.start()
    short = TimeBudget(lambda: timedelta(minutes=6), timedelta(minutes=15))
    for row in organisation.hub.prepare({}, arn).rows:
        execution = organisation.members.execution(row.run_id, budget=short)
        organisation.members.account_run(row).execute(execution)
    run = organisation.publish()
    assert [each["account_id"] for each in run.answer["not_looked_at"]] == [FIRST]
    assert (run.answer["accounts"], run.answer["looked_at"]) == (4, 3)
    assert len(run.entries("noticed")) == 1
    assert organisation.hub.row(FIRST).last_looked_at is None
    assert organisation.hub.row(SECOND).last_looked_at == organisation.account.now


def test_an_exemption_that_matches_in_one_account_matches(organisation: Organisation) -> None:
    """No digest of another account says that it matches nothing."""
    organisation.create_key("alice", age=400, account_id=FIRST)
    organisation.create_key("bob", age=400, account_id=SECOND)
    organisation.put("exemptions", "alice # robot")
    run = organisation.run()
    assert run.answer["exempt"] == 1
    assert "MATCH NOTHING" not in run.text


def test_an_exemption_that_matches_in_no_account_is_told_once_a_week(
    organisation: Organisation,
) -> None:
    organisation.create_key("alice", age=1, account_id=FIRST)
    organisation.put("exemptions", "alicia # robot")
    told = [
        day
        for day, run in organisation.runs_on(0, 1, 6, 7, 8)
        if any("MATCH NOTHING" in message["text"] for message in run.messages)
    ]
    assert told == [0, 7]


def test_the_end_of_an_exemption_is_told_once_for_all_accounts(
    organisation: Organisation,
) -> None:
    organisation.put("exemptions", "alice until 2026-11-25 # leave")
    organisation.put("organisation/leave-out", f"{THIRD} until 2026-11-25 # migration")
    told = []
    for day in range(4):
        for message in organisation.run().messages:
            told += [(day, entry) for entry in message["data"].get("ended_entries", [])]
        organisation.hub.after(1)
    assert sorted(told) == [
        (2, f"{THIRD} until 2026-11-25 # migration"),
        (2, "alice until 2026-11-25 # leave"),
    ]


def test_a_report_that_is_too_large_comes_once(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What had no room is counted; the same keys each day would tell nothing more."""
    organisation.put("mode", "report")
    for number in range(40):
        organisation.create_key(f"user-{number:02}", age=400, account_id=FIRST)
    original = digest.compose
    monkeypatch.setattr(
        "key_rotation.organisation.digest_step.compose",
        lambda report: original(report, limit=6_000, messages=1),
    )
    [message] = organisation.run().messages
    named = len(message["data"]["noticed"])
    assert 0 < named < 40
    assert message["data"]["left_for_tomorrow"] | message["data"]["not_listed"]
    organisation.hub.after(1)
    assert organisation.run().messages == []


def test_after_a_rest_that_ended_within_the_day_no_key_is_deleted(
    organisation: Organisation,
) -> None:
    """The account is left out for weeks; the entry is removed between two runs of one day."""
    key_id = organisation.create_key("alice", age=400, account_id=FIRST)
    organisation.run()
    organisation.hub.after(7)
    organisation.run()
    assert organisation.status(key_id, FIRST) == "Inactive"
    organisation.put("organisation/leave-out", FIRST)
    organisation.hub.after(40)
    organisation.run()
    organisation.put("organisation/leave-out", "none")
    organisation.account.now += timedelta(hours=1)
    run = organisation.run()
    assert (run.answer["deleted"], run.answer["extended"]) == (0, 1)
    assert organisation.status(key_id, FIRST) == "Inactive"


def test_an_account_that_cannot_be_looked_at_takes_no_share_from_others(
    organisation: Organisation,
) -> None:
    organisation.put("organisation/max-changes-per-run", "1")
    organisation.create_key("alice", age=500, account_id=FIRST)
    key_id = organisation.create_key("bob", age=400, account_id=THIRD)
    organisation.run()
    organisation.members.role.errors[FIRST] = DENIED
    organisation.hub.after(6)
    organisation.run()
    organisation.hub.after(1)
    organisation.run()
    assert organisation.status(key_id, THIRD) == "Inactive"


def test_a_step_started_by_hand_in_report_mode_leaves_the_digest_as_it_is(
    organisation: Organisation,
) -> None:
    organisation.create_key("alice", age=400, account_id=FIRST)
    arn = organisation.hub.start()
    for row in organisation.hub.prepare({}, arn).rows:
        organisation.run_in_account(row)
        by_hand = organisation.members.account_run(row, report_only=True)
        assert by_hand.execute(organisation.members.execution(row.run_id))["looked"]
    assert organisation.publish().entries("noticed") == [(FIRST, "alice")]


def test_a_broken_topic_for_accounts_does_not_stop_the_digest(organisation: Organisation) -> None:
    organisation.create_key("alice", age=400, account_id=FIRST)
    organisation.account.clients.sns.delete_topic(TopicArn=organisation.account_topic_arn)
    run = organisation.run()
    assert run.entries("noticed") == [(FIRST, "alice")]
    assert organisation.hub.run is not None
    assert organisation.hub.run.ended


def test_what_becomes_due_during_a_run_waits_for_the_next_one(organisation: Organisation) -> None:
    """Midnight passes between the sharing of the limit and the accounts."""
    organisation.put("organisation/max-changes-per-run", "2")
    key_ids = [
        organisation.create_key(f"user-{number}", age=400, account_id=FIRST) for number in range(5)
    ]
    organisation.run()
    organisation.hub.after(6)
    arn = organisation.hub.start()
    rows = organisation.hub.prepare({}, arn).rows
    organisation.account.now += timedelta(days=1)
    for row in rows:
        organisation.run_in_account(row)
    changed = [key_id for key_id in key_ids if organisation.status(key_id, FIRST) != "Active"]
    assert changed == []


def test_reminders_come_before_new_notices(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notice waits until tomorrow, with its day; a reminder cannot."""
    organisation.create_key("alice", age=400, account_id=FIRST)
    organisation.run()
    organisation.hub.after(6)
    for number in range(40):
        organisation.create_key(f"user-{number:02}", age=400, account_id=THIRD)
    original = digest.compose
    monkeypatch.setattr(
        "key_rotation.organisation.digest_step.compose",
        lambda report: original(report, limit=6_000, messages=1),
    )
    assert organisation.run().entries("upcoming") == [(FIRST, "alice")]


def test_the_end_of_an_exemption_of_all_keys_is_told(organisation: Organisation) -> None:
    organisation.put("exemptions", "* until 2026-11-25 # freeze before the sale")
    organisation.create_key("alice", age=400, account_id=FIRST)
    organisation.run()
    organisation.hub.after(2)
    [message] = organisation.run().messages
    assert message["data"]["ended_entries"] == ["* until 2026-11-25 # freeze before the sale"]


def test_a_digest_that_another_run_overtook_publishes_nothing(organisation: Organisation) -> None:
    organisation.create_key("alice", age=400, account_id=FIRST)
    arn = organisation.hub.start()
    for row in organisation.hub.prepare({}, arn).rows:
        organisation.run_in_account(row)
    collected = organisation.collect()
    organisation.hub.stop(arn)
    organisation.hub.prepare()
    with pytest.raises(LeaseLostError):
        organisation.digest_step().publish(collected)
    assert organisation.account.messages == []


def test_an_exemption_may_be_meant_for_an_account_that_could_not_be_looked_at(
    organisation: Organisation,
) -> None:
    """Nothing is said of it as long as one account is not known."""
    organisation.put("exemptions", "alicia # robot")
    organisation.members.role.errors[FIRST] = DENIED
    run = organisation.run()
    assert "MATCH NOTHING" not in run.text
    named = organisation.run({"accounts": [THIRD]})
    assert not any("MATCH NOTHING" in message["text"] for message in named.messages)


@pytest.mark.parametrize("account_id", [FIRST, SECOND])
def test_an_account_of_which_sts_could_not_be_asked_is_a_failure_on_its_first_day(
    organisation: Organisation, account_id: str
) -> None:
    """Throttled, it may have the role: it is neither new without role nor "not covered"."""
    error = client_error("AssumeRole", "Throttling")
    organisation.members.role.errors[account_id] = error
    run = organisation.run()
    assert run.metrics["AccountsNotLookedAt"] == 1
    assert [each["account_id"] for each in run.answer["not_looked_at"]] == [account_id]


def test_an_account_whose_run_state_cannot_be_read_stops_no_other(
    organisation: Organisation,
) -> None:
    for account_id in (FIRST, THIRD):
        organisation.create_key("alice", age=400, account_id=account_id)
    broken: dict[str, Any] = {
        "pk": f"{FIRST}#RUN",
        "sk": "STATE",
        "schema": 3,
        "parameters": "none",
    }
    organisation.account.clients.table.put_item(Item=broken)
    run = organisation.run()
    [failed] = run.answer["not_looked_at"]
    assert failed["account_id"] == FIRST
    assert "state of the last run in the ledger cannot be read" in failed["reason"]
    assert run.entries("noticed") == [(THIRD, "alice")]


@pytest.mark.parametrize("head", [b"", pack({"another": "shape"}), pack([])])
def test_rows_of_one_account_that_cannot_be_read_stop_no_other(
    organisation: Organisation, head: bytes
) -> None:
    """Another version wrote them, during a deployment."""
    for account_id in (FIRST, THIRD):
        organisation.create_key("alice", age=400, account_id=account_id)
    prepared = organisation.hub.prepare({}, organisation.hub.start())
    for row in prepared.rows:
        organisation.run_in_account(row)
    key = {"pk": f"RUN#{prepared.run.run_id}", "sk": f"{FIRST}#000#0000"}
    table = organisation.account.clients.table
    table.put_item(Item=table.get_item(Key=key)["Item"] | {"head": head})
    run = organisation.publish()
    assert [each["account_id"] for each in run.answer["not_looked_at"]] == [FIRST]
    assert run.entries("noticed") == [(THIRD, "alice")]
    assert organisation.account.items(f"{FIRST}#WATCH") == []


def test_a_digest_that_is_tried_again_after_midnight_names_the_day_that_it_named_before(
    organisation: Organisation,
) -> None:
    """It died after it had recorded the notice; the ledger keeps the first day."""
    organisation.create_key("alice", age=400, account_id=FIRST)
    for row in organisation.hub.prepare({}, organisation.hub.start()).rows:
        organisation.run_in_account(row)
    organisation.digest_step().publish(organisation.collect())
    organisation.account.now += timedelta(hours=16)
    organisation.publish()
    days = {entry["due"] for m in organisation.account.messages for entry in m["data"]["noticed"]}
    [watch] = organisation.account.items(f"{FIRST}#WATCH")
    assert days == {watch["state"]["due"]} == {"2026-12-01"}
