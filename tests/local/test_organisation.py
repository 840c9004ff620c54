"""The deployed hub looks at the accounts of its organization, and at no other.

The schedule starts its first run. Later runs are started by hand, with the schedule disabled, so
that the clock can move on. IAM and trust policies are enforced.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from key_rotation.adapters.member_role import MemberRole
from local.demo.organisation.playback import document
from local.demo.scenario import SUBSCRIBER
from local.emulator.account import ACCOUNT, LocalAccount
from local.emulator.local_organization import LocalOrganization
from local.emulator.records import Invocation, PublishedMessage
from tests.local.daily_runs import disable_schedule
from tests.local.hub import MEMBER_ROLE, Gate, Hub, deploy_hub, functions_through

START = datetime(2026, 6, 1, tzinfo=UTC)
MANAGEMENT = "400000000000"
NESTED, MEMBER, NO_ROLE, OTHER_ID, DENIED, LEFT_OUT, SUSPENDED, OUTSIDE, BROKEN = (
    f"40000000000{number}" for number in range(1, 10)
)
FOREIGN = "499999999999"
LOOKED_AT = {ACCOUNT, NESTED, MEMBER}
REFUSING = {NO_ROLE, OTHER_ID, DENIED, BROKEN}
TEAM = "team@example.com"
DENY_LISTING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "iam:ListUsers", "Resource": "*"}],
}
DUE = timedelta(days=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstDay:
    """What the schedule's first run came to.

    answers: of the executions that succeeded
    iam_calls: by account and operation
    key_ids: of carol's key in each account
    """

    answers: Sequence[Mapping[str, Any]]
    invocations: Sequence[Invocation]
    messages: Sequence[PublishedMessage]
    iam_calls: Counter[tuple[str, str]]
    key_ids: Mapping[str, str]


@pytest.fixture(scope="module")
def gate() -> Gate:
    """What sees the calls of the functions."""
    return Gate()


@pytest.fixture(scope="module")
def hub(gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Deploy the hub; then leave one account out, and suspend one."""
    with LocalAccount.start(now=START) as account:
        organization = LocalOrganization(account, management=MANAGEMENT)
        workloads, elsewhere = map(organization.create_unit, ("workloads", "elsewhere"))
        nested = organization.create_unit("production", parent=workloads)
        units = {NESTED: nested, OUTSIDE: elsewhere}
        members = (NESTED, MEMBER, *sorted(REFUSING), LEFT_OUT, SUSPENDED, OUTSIDE)
        for member in (ACCOUNT, *members):
            organization.join(member)
            organization.move(member, units.get(member, workloads))
        emails = json.dumps({NESTED: [TEAM]})
        folder = tmp_path_factory.mktemp("cdk.out")
        context = {"targets": workloads, "account-emails": emails, "accounts-at-once": "2"}
        hub = deploy_hub(organization, folder, **context)
        hub.set_parameter("organisation/leave-out", f"{LEFT_OUT} # has a tool of its own")
        account.set_account_state(SUSPENDED, "SUSPENDED")
        with functions_through(gate, account):
            yield hub


@pytest.fixture(scope="module")
def roles(hub: Hub) -> set[str]:
    """The accounts that have the member role after the deployment."""
    accounts = {MANAGEMENT} | LOOKED_AT | REFUSING
    return {
        each
        for each in accounts | {LEFT_OUT, SUSPENDED, OUTSIDE, FOREIGN}
        if MEMBER_ROLE in {role["RoleName"] for role in hub.iam(each).list_roles()["Roles"]}
    }


@pytest.fixture(scope="module")
def first_day(hub: Hub, gate: Gate, roles: set[str]) -> FirstDay:
    """Let four accounts refuse, give each account a stale key, and let the schedule run once."""
    assert roles
    _break_roles(hub)
    gate.in_accounts.break_listing(BROKEN)
    accounts = (*LOOKED_AT, *REFUSING, LEFT_OUT, SUSPENDED, OUTSIDE)
    key_ids = {each: hub.create_key(each, "carol") for each in accounts}
    hub.account.move_clock(to=START + timedelta(hours=12))
    disable_schedule(hub.account)
    ended = [hub.wait(arn) for arn in hub.executions()]
    return FirstDay(
        answers=[json.loads(each["output"]) for each in ended if each["status"] == "SUCCEEDED"],
        invocations=hub.account.invocations(),
        messages=hub.account.outbox(),
        iam_calls=Counter(gate.in_accounts.of_iam),
        key_ids=key_ids,
    )


def _break_roles(hub: Hub) -> None:
    """Delete a role, let one ask for another external id, and deny one the listing of users."""
    iam = hub.iam(NO_ROLE)
    attached = iam.list_attached_role_policies(RoleName=MEMBER_ROLE)["AttachedPolicies"]
    for policy in attached:
        iam.detach_role_policy(RoleName=MEMBER_ROLE, PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName=MEMBER_ROLE)
    trust = hub.iam(OTHER_ID).get_role(RoleName=MEMBER_ROLE)["Role"]["AssumeRolePolicyDocument"]
    document = json.dumps(trust).replace(
        f'"sts:ExternalId": "{hub.organization.id}"', '"sts:ExternalId": "another"'
    )
    assert "another" in document
    hub.iam(OTHER_ID).update_assume_role_policy(RoleName=MEMBER_ROLE, PolicyDocument=document)
    hub.iam(DENIED).put_role_policy(
        RoleName=MEMBER_ROLE, PolicyName="Guard", PolicyDocument=json.dumps(DENY_LISTING)
    )


def test_the_role_is_in_each_account_of_the_targets_and_in_no_other(roles: set[str]) -> None:
    assert roles == LOOKED_AT | REFUSING | {LEFT_OUT, SUSPENDED}


def test_the_schedule_starts_one_execution_for_all_accounts(first_day: FirstDay) -> None:
    (answer,) = first_day.answers
    assert (answer["mode"], answer["accounts"], answer["looked_at"]) == ("enforce", 7, 3)
    assert (answer["noticed"], answer["left_out"], answer["messages"]) == (3, 1, 1)


def test_one_digest_gives_each_key_its_notice_under_its_own_account(
    hub: Hub, first_day: FirstDay
) -> None:
    (message,) = hub.digests(first_day.messages)
    assert [each.endpoint for each in message.recipients] == [SUBSCRIBER]
    noticed = {e["account_id"]: e["access_key_id"] for e in document(message)["noticed"]}
    assert noticed == {each: first_day.key_ids[each] for each in LOOKED_AT}
    assert {e["due"] for e in document(message)["noticed"]} == {"2026-06-08"}


@pytest.mark.parametrize(
    ("account_id", "words"),
    [
        (NO_ROLE, "AssumeRole: AccessDenied"),
        (OTHER_ID, "AssumeRole: AccessDenied"),
        (DENIED, "ListUsers: AccessDenied"),
        (BROKEN, "ListUsers: AccessDenied: denied in the middle"),
    ],
)
def test_an_account_that_refuses_is_named_with_the_words_of_aws(
    hub: Hub, first_day: FirstDay, account_id: str, words: str
) -> None:
    (message,) = hub.digests(first_day.messages)
    lists = (document(message)[name] for name in ("not_looked_at", "new_without_role"))
    told = {e["account_id"]: e["reason"] for entries in lists for e in entries}
    answered = {e["account_id"]: e["reason"] for e in first_day.answers[0]["not_looked_at"]}
    assert set(told) == set(answered) == REFUSING
    assert words in told[account_id]
    assert words in answered[account_id]


def test_on_its_first_day_an_account_without_the_role_is_new_and_does_not_count_as_a_failure(
    hub: Hub, first_day: FirstDay
) -> None:
    (message,) = hub.digests(first_day.messages)
    new = {entry["account_id"] for entry in document(message)["new_without_role"]}
    assert new == {NO_ROLE, OTHER_ID}
    assert _metric("AccountsNotLookedAt", first_day.invocations) == 2


@pytest.mark.usefixtures("first_day")
def test_after_its_first_day_each_account_that_refuses_counts_as_not_looked_at(hub: Hub) -> None:
    hub.account.move_clock(to=hub.account.now + timedelta(days=1))
    before = len(hub.account.invocations())
    answer = hub.run({})
    found = {entry["account_id"] for entry in answer["not_looked_at"]}
    assert found == REFUSING
    assert _metric("AccountsNotLookedAt", hub.account.invocations()[before:]) == 4
    assert _metric("AccountsLookedAt", hub.account.invocations()[before:]) == 3


def _metric(name: str, invocations: Sequence[Invocation]) -> float:
    """Return the value that the digest step wrote into its log for CloudWatch."""
    lines = [line for run in invocations for line in run.log.splitlines() if f'"{name}"' in line]
    ((value,),) = [json.loads(line)[name] for line in lines]
    return float(value)


@pytest.mark.parametrize("account_id", [LEFT_OUT, SUSPENDED, OUTSIDE, MANAGEMENT])
def test_no_step_runs_for_an_account_that_is_not_to_be_looked_at(
    first_day: FirstDay, account_id: str
) -> None:
    asked = {run.payload.get("account_id") for run in first_day.invocations}
    assert account_id not in asked


def test_iam_is_called_only_in_accounts_whose_role_was_assumed(first_day: FirstDay) -> None:
    """Not in those left out, suspended, outside the targets, or without a role that trusts us."""
    called = Counter(account for account, _ in first_day.iam_calls.elements())
    assert called.keys() == LOOKED_AT | {DENIED, BROKEN}
    assert called[DENIED] == first_day.iam_calls[DENIED, "ListUsers"] == 1


def test_a_listing_that_breaks_off_is_no_list_of_users(hub: Hub, first_day: FirstDay) -> None:
    """Its first page was answered: no key of it is read, changed or announced."""
    calls = {name: n for (account, name), n in first_day.iam_calls.items() if account == BROKEN}
    assert calls == {"ListUsers": 2}
    assert hub.status(BROKEN, "carol") == "Active"
    assert not hub.telling("noticed", first_day.key_ids[BROKEN])


def test_an_account_s_addressee_gets_the_digest_of_that_account_only(
    hub: Hub, first_day: FirstDay
) -> None:
    others = [each for each in first_day.messages if each not in hub.digests(first_day.messages)]
    (message,) = [each for each in others if each.recipients]
    assert [each.endpoint for each in message.recipients] == [TEAM]
    assert [e["access_key_id"] for e in document(message)["noticed"]] == [first_day.key_ids[NESTED]]
    assert message.subject == f"[key-rotation] {NESTED}: 1 notice"


@pytest.mark.usefixtures("first_day")
def test_without_a_listener_the_execution_fails_and_changes_and_announces_nothing(hub: Hub) -> None:
    due = hub.create_key(MEMBER, "dan")
    hub.run({"accounts": [MEMBER]})
    hub.account.move_clock(to=hub.account.now + DUE)
    new = hub.create_key(MEMBER, "eve")
    hub.account.set_confirmed(SUBSCRIBER, confirmed=False)
    ended = hub.wait(hub.start({"accounts": [MEMBER]}))
    hub.account.set_confirmed(SUBSCRIBER, confirmed=True)
    assert (ended["status"], ended["error"]) == ("FAILED", "NoListenerError")
    assert (hub.status(MEMBER, "dan"), hub.status(MEMBER, "eve")) == ("Active", "Active")
    assert not hub.telling("noticed", new)
    hub.run({"accounts": [MEMBER]})
    assert hub.status(MEMBER, "dan") == "Inactive"
    assert len(hub.telling("deactivated", due)) == 1
    assert len(hub.telling("noticed", new)) == 1


@pytest.mark.usefixtures("first_day")
def test_parameters_for_all_that_contradict_each_other_stop_the_run_and_are_told_once(
    hub: Hub,
) -> None:
    hub.create_key(MEMBER, "jo")
    hub.set_parameter("notice-days", "90")
    before, invoked = len(hub.account.outbox()), len(hub.account.invocations())
    ended = [hub.wait(hub.start({})) for _ in range(2)]
    hub.set_parameter("notice-days", "7")
    assert [each["error"] for each in ended] == ["InvalidSettingsError"] * 2
    (message,) = hub.account.outbox()[before:]
    assert message.subject == f"[key-rotation] {hub.organization.id}: STOPPED: InvalidSettings"
    assert "/key-rotation/notice-days" in message.text
    assert "90" in message.text
    assert not [i for i in hub.account.invocations()[invoked:] if "account_id" in i.payload]


@pytest.mark.usefixtures("first_day")
def test_a_run_whose_map_breaks_off_is_told_and_fails(hub: Hub) -> None:
    with _machine_may_not_start_children(hub):
        ended = hub.wait(hub.start({}))
    assert ended["status"] == "FAILED"
    assert "states:StartExecution" in ended["cause"]
    message = hub.digests(hub.account.outbox())[-1]
    assert "states:StartExecution" in document(message)["broken_off"]
    assert document(message)["looked_at"] == 0
    assert hub.run({})["looked_at"] == 3


def _machine_may_not_start_children(hub: Hub) -> AbstractContextManager[None]:
    states = hub.account.client("stepfunctions")
    machine = states.describe_state_machine(stateMachineArn=hub.outputs["StateMachineArn"])
    return _denied(hub, machine["roleArn"], "states:StartExecution", "*")


@contextmanager
def _denied(hub: Hub, role_arn: str, action: str, resource: str) -> Iterator[None]:
    """Deny a role of the deployment an action."""
    role = {"RoleName": role_arn.rsplit("/", 1)[-1], "PolicyName": "Deny"}
    denied = {"Effect": "Deny", "Action": action, "Resource": resource}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    hub.account.client("iam").put_role_policy(**role, PolicyDocument=policy)
    yield
    hub.account.client("iam").delete_role_policy(**role)


def test_a_message_to_one_account_s_addressees_that_fails_stops_nothing_else(
    hub: Hub, first_day: FirstDay
) -> None:
    """The organization's digest is published and recorded, and the log names the account."""
    (topic,) = {m.topic for m in first_day.messages} - {hub.outputs["TopicArn"]}
    key_id = hub.create_key(NESTED, "kim")
    name = hub.outputs["DigestFunctionName"]
    function = hub.account.client("lambda").get_function_configuration(FunctionName=name)
    published, invoked = len(hub.account.outbox()), len(hub.account.invocations())
    with _denied(hub, function["Role"], "sns:Publish", topic):
        answer = hub.run({"accounts": [NESTED]})
    assert (answer["noticed"], answer["messages"]) == (1, 1)
    (message,) = hub.account.outbox()[published:]
    assert message in hub.telling("noticed", key_id)
    log = "\n".join(run.log for run in hub.account.invocations()[invoked:])
    (failed,) = [line for line in log.splitlines() if '"account_messages_failed"' in line]
    assert json.loads(failed)["accounts"] == [NESTED]
    assert hub.run({"accounts": [NESTED]})["noticed"] == 0


@pytest.mark.usefixtures("first_day")
def test_of_executions_at_once_one_acts_and_tells_and_the_others_leave_it_the_work(
    hub: Hub, gate: Gate
) -> None:
    key_id = hub.create_key(MEMBER, "frank")
    hub.run({"accounts": [MEMBER]})
    hub.account.move_clock(to=hub.account.now + DUE)
    with gate.run_under_way(hub, {}) as first:
        second, by_hand = hub.start({}), hub.start({"accounts": [MEMBER]})
        answers = [json.loads(hub.wait(arn)["output"]) for arn in (second, by_hand)]
    left: dict[str, Any] = {"run_id": None, "mode": None, "accounts": [], "left_to": first.arn}
    assert answers == [left, left]
    assert hub.status(MEMBER, "frank") == "Inactive"
    assert len(hub.telling("deactivated", key_id)) == 1
    assert hub.run({"accounts": [MEMBER]})["deactivated"] == 0


@pytest.mark.usefixtures("first_day")
def test_the_account_step_refuses_what_the_register_does_not_name_before_it_asks_sts(
    hub: Hub, gate: Gate
) -> None:
    hub.create_key(MEMBER, "gil")
    with gate.run_under_way(hub, {"accounts": [MEMBER]}) as run:
        named = {"account_id": MEMBER, "run_id": run.run_id}
        others = (LEFT_OUT, SUSPENDED, OUTSIDE, MANAGEMENT, FOREIGN, NESTED)
        refused = [{"account_id": each, "run_id": run.run_id} for each in others]
        refused += [named | {"run_id": "20260601T090000Z-00000000"}]
        refused += [named | {"mode": "enforce"}, named | {"changes_allowed": "9"}]
        before = len(gate.calls)
        for event in refused:
            error = hub.invoke_account_step(event).error
            assert error is not None, event
            assert error["errorType"] == "InvalidEventError", event
        assert not [call for call in gate.calls[before:] if b"Action=AssumeRole" in call]


@pytest.mark.usefixtures("first_day")
def test_the_account_step_refuses_a_run_that_has_ended(hub: Hub) -> None:
    run_id = hub.run({"accounts": [MEMBER]})["run_id"]
    error = hub.invoke_account_step({"account_id": MEMBER, "run_id": run_id}).error
    assert error
    assert error["errorType"] == "InvalidEventError"


@pytest.mark.usefixtures("first_day")
@pytest.mark.parametrize(
    "request_", [{"mode": "enforce"}, {"accounts": []}, {"accounts": [OUTSIDE]}, {"force": True}]
)
def test_an_execution_that_asks_for_more_than_a_run_fails(
    hub: Hub, request_: Mapping[str, Any]
) -> None:
    before = len(hub.account.outbox())
    ended = hub.wait(hub.start(request_))
    assert (ended["status"], ended["error"]) == ("FAILED", "InvalidEventError")
    assert len(hub.account.outbox()) == before


@pytest.mark.usefixtures("first_day")
def test_a_report_run_that_a_person_starts_changes_nothing(hub: Hub) -> None:
    hub.create_key(MEMBER, "hal")
    hub.run({"accounts": [MEMBER]})
    hub.account.move_clock(to=hub.account.now + DUE)
    answer = hub.run({"accounts": [MEMBER], "mode": "report"})
    assert (answer["mode"], hub.status(MEMBER, "hal")) == ("report", "Active")
    assert hub.run({"accounts": [MEMBER]})["deactivated"] > 0
    assert hub.status(MEMBER, "hal") == "Inactive"


@pytest.mark.usefixtures("first_day")
def test_in_report_mode_iam_itself_refuses_to_change_a_key(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session policy is that of the product, and the session one of the account step's role."""
    key_id = hub.create_key(NESTED, "ida")
    monkeypatch.setenv("AWS_ENDPOINT_URL", hub.account.endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", hub.account.region)
    role = MemberRole(
        sts=hub.account.role_session().client("sts"),
        partition="aws",
        name=f"key-rotation/{MEMBER_ROLE}",
        external_id=hub.organization.id,
    )
    change: Any = {"UserName": "ida", "AccessKeyId": key_id, "Status": "Inactive"}
    reading = role.assume(NESTED, "report", read_only=True).iam
    assert reading.list_access_keys(UserName="ida")["AccessKeyMetadata"]
    with pytest.raises(ClientError, match=r"\(AccessDenied\)"):
        reading.update_access_key(**change)
    assert hub.status(NESTED, "ida") == "Active"
    role.assume(NESTED, "enforce", read_only=False).iam.update_access_key(**change)
    assert hub.status(NESTED, "ida") == "Inactive"
