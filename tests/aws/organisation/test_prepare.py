"""The step `prepare`: from the input of an execution to the accounts of its run."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from key_rotation.adapters.organisation_runs import rows_of
from key_rotation.domain.exemption_changes import remembered
from key_rotation.domain.model import LastUse, Mode
from key_rotation.domain.organisation.accounts import Coverage
from key_rotation.domain.organisation.organisation_run import OrganisationState
from key_rotation.domain.settings import Parameter
from key_rotation.domain.watch import Deactivated, Ended, Noticed, State, Watch
from key_rotation.errors import (
    InvalidEventError,
    InvalidSettingsError,
    LedgerError,
    NoListenerError,
    OrganizationUnreadableError,
    SettingsUnreadableError,
    SubscriptionsUnreadableError,
    UnreadableItemError,
)
from tests.aws.faults import altered_response, refused
from tests.aws.organisation.hub import FIRST, OWN, PRODUCTION, ROOT, SANDBOX, SECOND, THIRD, Hub
from tests.unit.builders import ALICE, days_ago, in_days

NINE = {"scheduled_time": "2026-11-24T09:00:00Z"}
LAST_USE = LastUse(at=days_ago(200), service="s3", region="eu-west-1")
DUE = Noticed(at=days_ago(20), due=in_days(-3), announced_on=in_days(-20))


def put(hub: Hub, name: str, value: str) -> None:
    """Write a parameter, by what follows the path in its name."""
    hub.account.put_parameters(**{name: value})


def watched(number: int, *, age: int = 400, state: State = DUE) -> Watch:
    """Return the watch of a key of an age in days."""
    return Watch(access_key_id=f"AKIA{number:016}", user=ALICE, created=days_ago(age), state=state)


def test_every_account_of_the_organization_is_prepared(hub: Hub) -> None:
    prepared = hub.prepare(NINE)
    assert prepared.account_ids == (FIRST, OWN, SECOND, THIRD)
    run = hub.run
    assert run is not None
    assert run == prepared.run
    assert (run.run_id, run.event_id, run.mode, run.ended) == (
        "run-1",
        "2026-11-24T09:00:00Z",
        Mode.ENFORCE,
        None,
    )
    for row in prepared.rows:
        assert row == hub.row(row.account.account_id)
        assert row.settings is not None
        assert row.settings.raw["max-age-days"].value == "90"
    assert [row.account.account_id for row in prepared.rows if row.is_management] == [SECOND]
    assert hub.row(FIRST).account.ous == (ROOT, PRODUCTION)


def test_who_is_not_looked_at_is_registered_with_the_reason(hub: Hub) -> None:
    hub.organization.add("000000000001", SANDBOX, state="SUSPENDED")
    hub.organization.add("000000000002")
    hub.targets = frozenset({PRODUCTION, SANDBOX})
    put(hub, "organisation/leave-out", f"{FIRST} until 2026-12-31 # migration")
    prepared = hub.prepare()
    assert prepared.account_ids == (SECOND, THIRD)
    coverage = {row.account.account_id: row.coverage for row in prepared.rows}
    assert coverage == {
        "000000000001": Coverage.NOT_ACTIVE,
        "000000000002": Coverage.OUTSIDE_TARGETS,
        OWN: Coverage.OUTSIDE_TARGETS,
        FIRST: Coverage.LEFT_OUT,
        SECOND: Coverage.COVERED,
        THIRD: Coverage.COVERED,
    }
    assert hub.row(FIRST).left_out_reason == "migration"


def test_overrides_reach_their_accounts(hub: Hub) -> None:
    put(hub, f"ous/{PRODUCTION}/max-age-days", "60")
    put(hub, f"accounts/{FIRST}/max-age-days", "30")
    put(hub, f"accounts/{FIRST}/exemption/alice", "alice # r")
    hub.prepare()
    ages = {}
    for account_id in (FIRST, SECOND, THIRD):
        settings = hub.row(account_id).settings
        assert settings is not None
        ages[account_id] = settings.raw["max-age-days"].value
    assert ages == {FIRST: "30", SECOND: "60", THIRD: "90"}
    settings = hub.row(FIRST).settings
    assert settings is not None
    assert settings.exemption_parameters == {
        f"accounts/{FIRST}/exemption/alice": Parameter(value="alice # r", version=1)
    }


def test_a_bad_override_fails_its_account_only(hub: Hub) -> None:
    put(hub, f"accounts/{FIRST}/max-age-days", "0")
    prepared = hub.prepare()
    assert prepared.account_ids == (OWN, SECOND, THIRD)
    assert f"/key-rotation/accounts/{FIRST}/max-age-days" in hub.row(FIRST).problems[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "off"),
        ("organisation/leave-out", "alice"),
        ("organisation/max-changes-per-run", "many"),
        ("exemption/alice", "a b"),
    ],
)
def test_a_bad_base_stops_the_run_before_the_register_is_written(
    hub: Hub, name: str, value: str
) -> None:
    hub.prepare_whole()
    before = hub.row(FIRST)
    put(hub, name, value)
    put(hub, "grace-days", "0")
    with pytest.raises(InvalidSettingsError, match=r"Nothing was changed\.$") as raised:
        hub.prepare()
    assert {problem.split()[2] for problem in raised.value.problems} == {
        f"/key-rotation/{name}",
        "/key-rotation/grace-days",
    }
    assert hub.row(FIRST) == before


def test_the_parameters_that_the_deployment_makes_are_required(hub: Hub) -> None:
    """As those of an older version, which had none for an organization."""
    for name in ("leave-out", "max-changes-per-run"):
        hub.clients.ssm.delete_parameter(Name=f"/key-rotation/organisation/{name}")
    with pytest.raises(InvalidSettingsError) as raised:
        hub.prepare()
    assert len(raised.value.problems) == 2


def test_an_encrypted_override_fails_its_account(hub: Hub) -> None:
    hub.clients.ssm.put_parameter(
        Name=f"/key-rotation/accounts/{FIRST}/mode", Value="report", Type="SecureString"
    )
    assert FIRST not in hub.prepare().account_ids
    assert "has the type SecureString" in hub.row(FIRST).problems[0]


def test_the_snapshot_has_all_parameters_with_what_is_wrong(hub: Hub) -> None:
    put(hub, f"ous/{PRODUCTION}/mode", "report")
    put(hub, "max-age", "30")
    put(hub, "organisation/leave-out", "999999999999 # gone")
    prepared = hub.prepare()
    snapshot = hub.runs.read_snapshot(prepared.run.run_id)
    assert snapshot is not None
    assert snapshot.parameters["max-age"] == Parameter(value="30", version=1)
    assert snapshot.parameters["organisation/leave-out"].version == 2
    assert snapshot.reach == {f"ous/{PRODUCTION}": 2}
    assert "'max-age-days' is similar" in snapshot.unread["max-age"]
    assert "names no account" in snapshot.unread["organisation/leave-out"]
    assert "'999999999999 # gone'" in snapshot.unread["organisation/leave-out"]
    assert snapshot.editors == {}
    [item] = hub.account.items(rows_of(prepared.run.run_id))
    assert int(item["expires_at"]) == int((hub.account.now + timedelta(days=14)).timestamp())


def test_who_edited_what_changed_since_the_last_digest_is_read(hub: Hub) -> None:
    first = hub.prepare_whole()
    snapshot = hub.runs.read_snapshot(first.run.run_id)
    assert snapshot is not None
    put(hub, "exemptions", long := "alice # " + 400 * "x")
    parameters = {**snapshot.parameters, "exemptions": Parameter(value=long, version=2)}
    hub.runs.write_state(OrganisationState(parameters=remembered(parameters)))
    put(hub, "grace-days", "31")
    put(hub, f"accounts/{FIRST}/mode", "report")
    second = hub.runs.read_snapshot(hub.prepare().run.run_id)
    assert second is not None
    nobody = "N/A"  # moto's answer
    assert second.editors == {"grace-days": nobody, f"accounts/{FIRST}/mode": nobody}


def test_250_overrides_over_26_pages_are_read(hub: Hub) -> None:
    for number in range(250):
        put(hub, f"ous/{PRODUCTION}/exemption/n{number:03}", f"user-{number:03}")
    hub.prepare()
    settings = hub.row(FIRST).settings
    assert settings is not None
    assert len(settings.exemption_parameters) == 250


def test_an_empty_page_of_parameters_is_not_the_last(hub: Hub) -> None:
    held_back: list[object] = []

    def empty_the_first(parsed: dict[str, Any]) -> None:
        """Give what the first page has with the second one."""
        parsed["Parameters"], held_back[:] = [*held_back, *parsed["Parameters"]], []
        if parsed.get("NextToken") and not pages:
            held_back[:], parsed["Parameters"] = parsed["Parameters"], []
        pages.append(len(parsed["Parameters"]))

    pages: list[int] = []
    for number in range(30):
        put(hub, f"exemption/n{number:02}", f"user-{number}")
    with altered_response(hub.account, "ssm.GetParametersByPath", empty_the_first):
        prepared = hub.prepare()
    assert pages[:2] == [0, 20]
    snapshot = hub.runs.read_snapshot(prepared.run.run_id)
    assert snapshot is not None
    assert len(snapshot.parameters) == 40


@pytest.mark.parametrize("request_", [{}, {"accounts": [FIRST]}])
def test_nobody_listening_stops_the_run(hub: Hub, request_: dict[str, object]) -> None:
    with hub.account.without_listener(), pytest.raises(NoListenerError):
        hub.prepare(request_)
    assert hub.account.items("ACCOUNT") == []


def test_one_enforced_account_requires_a_listener(hub: Hub) -> None:
    """Whatever the base says."""
    put(hub, "mode", "report")
    with hub.account.without_listener():
        assert hub.prepare_whole().run.mode is Mode.REPORT
        put(hub, f"accounts/{FIRST}/mode", "enforce")
        with pytest.raises(NoListenerError):
            hub.prepare()


@pytest.mark.parametrize("request_", [{"mode": "report"}, {"mode": "report", "accounts": [FIRST]}])
def test_a_run_in_report_mode_requires_no_listener(hub: Hub, request_: dict[str, object]) -> None:
    with hub.account.without_listener():
        run = hub.prepare(request_).run
    assert (run.mode, run.report_only) == (Mode.REPORT, True)
    assert hub.row(FIRST).report_only


def test_a_run_of_named_accounts_leaves_the_rows_of_the_others(hub: Hub) -> None:
    """So that no step of the run accepts another account."""
    hub.organization.add(gone := "000000000001")
    first = hub.prepare_whole()
    del hub.organization.members[gone]
    prepared = hub.prepare({"accounts": [THIRD, FIRST]})
    assert prepared.account_ids == (THIRD, FIRST)
    assert prepared.run.account_ids == (THIRD, FIRST)
    assert hub.row(FIRST).run_id == prepared.run.run_id
    assert hub.row(SECOND).run_id == first.run.run_id
    assert hub.row(gone).coverage is Coverage.COVERED


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("999999999999", "is no account of the organization"),
        (SECOND, "it is left out"),
        (THIRD, "its state is CLOSED"),
        (FIRST, f"/key-rotation/accounts/{FIRST}/mode has the value 'off'"),
    ],
)
def test_a_named_account_that_is_not_looked_at_stops_the_run(hub: Hub, name: str, why: str) -> None:
    put(hub, "organisation/leave-out", SECOND)
    put(hub, f"accounts/{FIRST}/mode", "off")
    hub.organization.add(THIRD, SANDBOX, state="CLOSED")
    with pytest.raises(InvalidEventError) as raised:
        hub.prepare({"accounts": [OWN, name]})
    assert name in str(raised.value)
    assert why in str(raised.value)
    assert hub.account.items("ACCOUNT") == []


def test_an_account_joins_leaves_and_returns(hub: Hub) -> None:
    joined = hub.account.now
    hub.prepare_whole()
    hub.watch(THIRD, watched(1), watched(2), watched(3, state=Ended()))
    gone = hub.organization.members.pop(THIRD)
    hub.after(1)
    prepared = hub.prepare_whole()
    row = hub.row(THIRD)
    assert (row.coverage, row.open_watches, row.settings) == (Coverage.LEFT, 2, None)
    assert row.left_on == hub.account.now.date()
    assert prepared.run.has_news_of(row)
    assert THIRD not in prepared.account_ids
    hub.after(1)
    later = hub.prepare_whole()
    assert hub.row(THIRD) == row
    assert not later.run.has_news_of(row)
    hub.organization.members[THIRD] = gone
    hub.after(1)
    prepared = hub.prepare_whole()
    row = hub.row(THIRD)
    assert (row.coverage, row.first_seen, row.left_on) == (Coverage.COVERED, joined, None)
    assert prepared.run.has_news_of(row)
    assert row.settings is not None
    assert row.settings.raw["exemptions"].value.startswith("* until 2026-11-26 #")


def test_a_row_that_cannot_be_read_is_written_anew(hub: Hub) -> None:
    """The others are not stopped; the account starts again as after a rest."""
    hub.prepare_whole()
    hub.clients.table.put_item(
        Item={"pk": "ACCOUNT", "sk": FIRST, "schema": 3, "coverage": "covered"}
    )
    prepared = hub.prepare()
    assert list(prepared.unreadable) == [FIRST]
    assert FIRST in prepared.account_ids
    settings = hub.row(FIRST).settings
    assert settings is not None
    assert settings.raw["exemptions"].value.startswith("* until 2026-11-23 #")


@pytest.mark.parametrize("sk", ["RUN", "STATE"])
def test_an_organization_item_that_cannot_be_read_stops_the_run(hub: Hub, sk: str) -> None:
    hub.clients.table.put_item(Item={"pk": "ORGANISATION", "sk": sk, "schema": 3, "x": "y"})
    with pytest.raises(UnreadableItemError, match="delete-item --table-name ledger") as raised:
        hub.prepare()
    assert f'"sk": {{"S": "{sk}"}}' in raised.value.command[1]


def changes_allowed(hub: Hub) -> list[int | None]:
    """Return the shares of the accounts, in the order of their ids."""
    return [hub.row(name).changes_allowed for name in (FIRST, OWN, SECOND, THIRD)]


def an_organization_with_changes(hub: Hub) -> None:
    """Let four changes be due: the oldest keys are in the own and in the second account."""
    hub.watch(FIRST, watched(1, age=200))
    hub.watch(OWN, watched(2, age=900))
    hub.watch(SECOND, watched(3, age=800), watched(4, age=100))


@pytest.mark.parametrize(
    ("limit", "shares"),
    [
        ("0", [0, 0, 0, 0]),
        ("1", [0, 1, 0, 0]),
        ("3", [1, 1, 1, 0]),
        ("4", [1, 1, 2, 0]),
        ("250", [1, 1, 2, 0]),
    ],
)
def test_the_limit_is_shared_out_to_the_oldest_keys(
    hub: Hub, limit: str, shares: list[int]
) -> None:
    an_organization_with_changes(hub)
    put(hub, "organisation/max-changes-per-run", limit)
    run = hub.prepare().run
    assert changes_allowed(hub) == shares
    assert (run.change_limit, run.due_changes) == (int(limit), 4)


def test_only_enforced_accounts_take_a_share(hub: Hub) -> None:
    an_organization_with_changes(hub)
    put(hub, "organisation/max-changes-per-run", "1")
    put(hub, f"accounts/{OWN}/mode", "report")
    hub.prepare()
    assert changes_allowed(hub) == [0, None, 1, 0]


def test_an_account_without_notice_follows_its_own_limit(hub: Hub) -> None:
    """Unless the organization is paused."""
    an_organization_with_changes(hub)
    put(hub, f"accounts/{OWN}/notice-days", "0")
    put(hub, "organisation/max-changes-per-run", "1")
    hub.prepare_whole()
    assert changes_allowed(hub) == [0, None, 1, 0]
    put(hub, "organisation/max-changes-per-run", "0")
    hub.prepare()
    assert changes_allowed(hub) == [0, 0, 0, 0]


def test_deletions_take_a_share_where_they_are_on(hub: Hub) -> None:
    window = Deactivated(
        since=days_ago(60),
        start=days_ago(60),
        baseline=LAST_USE,
        due=in_days(-3),
        announced_on=in_days(-60),
    )
    hub.watch(FIRST, watched(1, state=window))
    hub.watch(SECOND, watched(2, state=window))
    put(hub, f"accounts/{SECOND}/delete-unused-keys", "false")
    assert hub.prepare().run.due_changes == 1


def test_all_runs_for_one_event_share_the_limit(hub: Hub) -> None:
    """As all runs of one account for it share its own limit."""
    an_organization_with_changes(hub)
    put(hub, "organisation/max-changes-per-run", "3")
    hub.prepare_whole(NINE)
    hub.clients.table.put_item(
        Item={
            "pk": f"{FIRST}#RUN",
            "sk": "STATE",
            "schema": 3,
            "changes_by_event": {NINE["scheduled_time"]: 2},
        }
    )
    hub.clients.table.put_item(Item={"pk": "RUN", "sk": "STATE", "schema": 3, "x": "unreadable"})
    hub.prepare_whole(NINE)
    assert changes_allowed(hub) == [0, 1, 0, 0]
    hub.prepare_whole()
    assert changes_allowed(hub) == [1, 1, 1, 0]
    hub.prepare(NINE)
    assert changes_allowed(hub) == [0, 1, 0, 0]


FAULTS: list[tuple[str, type[Exception]]] = [
    ("ssm.GetParametersByPath", SettingsUnreadableError),
    ("sns.ListSubscriptionsByTopic", SubscriptionsUnreadableError),
    ("dynamodb.Query", LedgerError),
    ("dynamodb.GetItem", LedgerError),
    ("dynamodb.PutItem", LedgerError),
]


@pytest.mark.parametrize(("call", "error"), FAULTS)
def test_a_call_that_is_refused_stops_the_run(hub: Hub, call: str, error: type[Exception]) -> None:
    with refused(hub.account, call), pytest.raises(error, match="AccessDenied"):
        hub.prepare()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda hub: setattr(hub.organization, "organization_id", "o-other"),
            f"The account {OWN} belongs to o-other, not to o-exampleorgid. Nothing",
        ),
        (lambda hub: hub.organization.members.pop(OWN), f"lacks {OWN}, which belongs to it"),
        (
            lambda hub: setattr(hub, "targets", frozenset({"ou-root-none0001"})),
            "None of the 4 accounts of o-exampleorgid is in ou-root-none0001: deploy with",
        ),
        (
            lambda hub: hub.organization.errors.update(ListAccounts=["AccessDeniedException"]),
            "cannot be listed (ListAccounts: AccessDeniedException: fault). Nothing",
        ),
        (
            lambda hub: hub.organization.errors.update(DescribeOrganization=["AccessDenied"]),
            "cannot be listed (DescribeOrganization: AccessDenied: fault). Nothing",
        ),
    ],
)
def test_an_organization_that_cannot_be_trusted_stops_the_run(
    hub: Hub, change: Callable[[Hub], object], message: str
) -> None:
    change(hub)
    with pytest.raises(OrganizationUnreadableError) as raised:
        hub.prepare()
    assert message in str(raised.value)
    assert hub.account.items("ACCOUNT") == []


def test_a_target_without_accounts_is_told_and_the_others_are_looked_at(hub: Hub) -> None:
    """A unit whose id was copied wrongly would otherwise be left out in silence."""
    hub.targets = frozenset({PRODUCTION, "ou-root-nobody01"})
    prepared = hub.prepare()
    assert prepared.account_ids == (FIRST, SECOND)
    snapshot = hub.runs.read_snapshot(prepared.run.run_id)
    assert snapshot is not None
    assert snapshot.unread == {
        "targets: ou-root-nobody01": "The context targets names ou-root-nobody01, which contains "
        "no account."
    }


def test_more_accounts_than_a_state_has_room_for_stop_the_run(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step Functions would end it by an error that no state can catch."""
    monkeypatch.setattr("key_rotation.organisation.preparation.MAX_ITEMS", 3)
    with pytest.raises(OrganizationUnreadableError, match="4 accounts are to be looked at"):
        hub.prepare()
    assert hub.register.read_all().by_id == {}
