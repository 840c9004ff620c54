"""Builders of the values that the tests of the rules use: keys, watches, settings and reports."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from key_rotation.domain.exemptions import Exemption
from key_rotation.domain.inventory import Inventory, Scan
from key_rotation.domain.key_details import Details, KeyToDelete, NewerKey
from key_rotation.domain.model import (
    NEVER_USED,
    AccessKey,
    Action,
    Failure,
    LastUse,
    Mode,
    Now,
    ObservedKey,
    Reason,
    Status,
    User,
)
from key_rotation.domain.plan import Plan, Terms, make_plan
from key_rotation.domain.run_part import RunPart
from key_rotation.domain.run_state import DEFAULT_LIMIT, Continuation, RunState
from key_rotation.domain.settings import Parameter, Settings
from key_rotation.domain.suspension import suspensions
from key_rotation.domain.watch import (
    Deactivated,
    Event,
    Noticed,
    State,
    Watch,
    WatchChange,
    Watches,
)
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.part_facts import PartFacts
from key_rotation.reporting.report import FinishedPart, Report

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NOW = Now(instant=NOON, zone=ZoneInfo("UTC"))
TODAY = NOW.today
ALICE = User(name="alice", path="/", user_id="AIDAALICE")
KEY_ID = "AKIAALICE0000000001"
NO_PLAN = Plan(steps=(), failures=(), changes=0)
VALUES = {
    "mode": "enforce",
    "max-age-days": "90",
    "notice-days": "7",
    "grace-days": "30",
    "max-changes-per-run": "25",
    "delete-unused-keys": "true",
    "adopt-inactive-keys": "false",
    "exemptions": "none",
}

OWNER_VALUES = {"owner_tags": "owner-email email owner contact", "owner_notice": "try"}

METRIC_NAMES = {
    "ActiveKeys",
    "StaleKeys",
    "KeysNoticed",
    "KeysDeactivated",
    "KeysInGrace",
    "KeysDeleted",
    "KeysHeld",
    "KeysExempt",
    "KeysDeferred",
    "KeysFailed",
    "OldestActiveKeyAge",
    "RunCompleted",
}
"""The metrics of every run that is not divided into parts."""


def days(count: float) -> timedelta:
    """Return a number of days."""
    return timedelta(days=count)


def in_days(count: int) -> date:
    """Return the day that is `count` days from today."""
    return TODAY + days(count)


def days_ago(count: float) -> datetime:
    """Return the instant that is `count` days before now."""
    return NOON - days(count)


def parameters(**changed: str) -> dict[str, Parameter]:
    """Return all parameters with their defaults; underscores stand for dashes."""
    values = VALUES | {name.replace("_", "-"): value for name, value in changed.items()}
    return {name: Parameter(value=value, version=1) for name, value in values.items()}


def settings(**changed: str) -> Settings:
    """Return valid settings, with defaults; underscores stand for dashes."""
    owners = "owner_tags" in changed
    return Settings.parse(parameters(**changed), path="/key-rotation", owners=owners)


def owner_settings(**changed: str) -> Settings:
    """Return valid settings of a deployment where owners get mail, with defaults."""
    return settings(**OWNER_VALUES | changed)


def a_key(
    *, age: float = 90, status: str = "Active", user: User = ALICE, key_id: str = KEY_ID
) -> AccessKey:
    """Return a key of an age in days."""
    known = status in {"Active", "Inactive"}
    return AccessKey(
        access_key_id=key_id,
        user=user,
        status=Status(status) if known else Status.OTHER,
        status_text=status,
        created=days_ago(age),
    )


def observed_key(key: AccessKey, last_use: LastUse | None = NEVER_USED) -> ObservedKey:
    """Return a key as a run read it."""
    return ObservedKey(key=key, last_use=last_use)


def used(at: datetime) -> LastUse:
    """Return a last use at an instant."""
    return LastUse(at=at, service="s3", region="eu-west-1")


def a_watch(key: AccessKey, state: State, *, reactivations: int = 0, version: int = 1) -> Watch:
    """Return the watch of a key in a state."""
    return Watch(
        access_key_id=key.access_key_id,
        user=key.user,
        created=key.created,
        state=state,
        version=version,
        reactivations=reactivations,
    )


def noticed(*, due: int, at: float = 7, announced: int = -7) -> Noticed:
    """Return a notice in force, due `due` days from today and given `at` days ago."""
    return Noticed(at=days_ago(at), due=in_days(due), announced_on=in_days(announced))


def deactivated(
    *,
    since: float,
    due: int | None = None,
    start: float | None = None,
    baseline: LastUse = NEVER_USED,
    announced: int = -1,
    interrupted: bool = False,
) -> Deactivated:
    """Return a grace window of 30 days; the key was deactivated `since` days ago."""
    began = since if start is None else start
    return Deactivated(
        since=days_ago(since),
        start=days_ago(began),
        baseline=baseline,
        due=in_days(30 - int(began) if due is None else due),
        announced_on=in_days(announced),
        interrupted=interrupted,
    )


def an_event(action: Action, reason: Reason, *, at: float = 0, due: int | None = None) -> Event:
    """Return an event of `at` days ago."""
    return Event(
        action=action,
        reason=reason,
        at=days_ago(at),
        run_id="run-1",
        due=None if due is None else in_days(due),
    )


def an_inventory(
    *observed_keys: ObservedKey,
    users: Iterable[User] = (),
    failures: Iterable[Failure] = (),
    unread: Iterable[User] = (),
    gone: Iterable[str] = (),
) -> Inventory:
    """Return what a run read: keys and users.

    unread: the users whose keys could not be read
    gone: the ids of the keys of which IAM says that they no longer exist
    """
    keys = tuple(observed.key for observed in observed_keys)
    read = dict.fromkeys((*(key.user for key in keys), *users))
    return Inventory(
        scan=Scan.TARGETED,
        users=(*read, *unread),
        read_user_ids=frozenset(user.user_id for user in read),
        keys=keys,
        observed_keys=observed_keys,
        gone_key_ids=frozenset(gone),
        unreadable_user_ids=frozenset(user.user_id for user in unread),
        failures=(
            *failures,
            *(Failure(user_name=user.name, text="its keys could not be listed") for user in unread),
        ),
    )


def a_plan(
    inventory: Inventory,
    watches: Watches | None = None,
    *,
    first_part: bool = True,
    restored: bool = False,
    now: Now = NOW,
    undelivered: Iterable[Watch] = (),
    **changed: str,
) -> Plan:
    """Return the plan for an inventory, with some settings changed.

    undelivered: the watches that earlier parts of the run have decided
    """
    parsed = settings(**changed)
    terms = Terms(
        now=now,
        settings=parsed,
        limit=parsed.max_changes_per_run,
        usual_limit=parsed.max_changes_per_run or DEFAULT_LIMIT,
        first_part=first_part,
        restored=restored,
        undelivered=tuple(WatchChange(watch=watch) for watch in undelivered),
    )
    return make_plan(inventory, watches or watches_of(), terms)


def watches_of(*watches: Watch, unreadable: Iterable[Failure] = ()) -> Watches:
    """Return the watches by key id."""
    return Watches(
        by_key_id={watch.access_key_id: watch for watch in watches}, unreadable=tuple(unreadable)
    )


def an_outcome(
    section: Section = Section.NOTICED,
    *,
    user: str = "alice",
    key_id: str | None = KEY_ID,
    age: float | None = 90,
    reason: Reason | None = Reason.STALE,
    detail: str | None = None,
    triggers_digest: bool = True,
    dry_run: bool = False,
    due: int | None = 7,
    last_use: LastUse | None = NEVER_USED,
    description: str | None = None,
    newer: NewerKey | None = None,
    to_delete: KeyToDelete | None = None,
    happened_at: datetime | None = None,
) -> Outcome:
    """Return one entry of a report."""
    return Outcome(
        section=section,
        user_name=user,
        access_key_id=key_id,
        created=None if age is None else days_ago(age),
        reason=reason,
        detail=detail,
        triggers_digest=triggers_digest,
        dry_run=dry_run,
        due=None if due is None else in_days(due),
        last_use=last_use,
        details=Details(description=description, newer=newer, to_delete=to_delete),
        happened_at=happened_at,
    )


def a_part(
    *,
    mode: Mode = Mode.ENFORCE,
    setting: str = "enforce",
    inventory: Inventory | None = None,
    plan: Plan = NO_PLAN,
    now: Now = NOW,
    continued_from: Continuation | None = None,
    **changed: str,
) -> RunPart:
    """Return one part of a run; `setting` is the mode in the settings."""
    parsed = settings(**(changed | {"mode": setting}))
    return RunPart(
        now=now,
        mode=mode,
        settings=parsed,
        inventory=inventory or an_inventory(),
        event_id="event-2",
        plan=plan,
        continued_from=continued_from,
    )


def a_finished_part(
    *outcomes: Outcome,
    mode: Mode = Mode.ENFORCE,
    setting: str = "enforce",
    inventory: Inventory | None = None,
    previous: RunState | None = None,
    plan: Plan = NO_PLAN,
    now: Now = NOW,
    continued_from: Continuation | None = None,
    alias: str = "",
    unmatched: tuple[Exemption, ...] = (),
    near: Mapping[str, tuple[str, ...]] | None = None,
    **changed: str,
) -> FinishedPart:
    """Return a part of a run with its report; `setting` is the mode in the settings."""
    part = a_part(
        mode=mode,
        setting=setting,
        inventory=inventory,
        plan=plan,
        now=now,
        continued_from=continued_from,
        **changed,
    )
    state = previous or RunState(parameters=parameters(**(changed | {"mode": setting})))
    report = Report(
        run_id="run-2",
        account_id="123456789012",
        account_alias=alias,
        facts=PartFacts.of(part),
        previous=state,
        outcomes=outcomes,
        suspended_since=suspensions(part, state),
        unmatched=unmatched,
        near=near or {},
    )
    return FinishedPart(part=part, report=report)


def a_report(*outcomes: Outcome, **options: Any) -> Report:
    """Return the report of a run; the options are those of `a_finished_part`."""
    return a_finished_part(*outcomes, **options).report
