"""Promise 4: the limit of changes in one run. And which watches have lost their key."""

import pytest

from key_rotation.domain.model import Action, Failure, Reason, User
from key_rotation.domain.plan import Plan
from key_rotation.domain.step import step_failure
from key_rotation.domain.watch import Deactivating, Deleting, Ended, Held, Lapsed, State, Watch
from tests.unit.builders import (
    ALICE,
    KEY_ID,
    TODAY,
    a_key,
    a_plan,
    a_watch,
    an_inventory,
    days_ago,
    deactivated,
    noticed,
    observed_key,
    used,
    watches_of,
)

BOB = User(name="bob", path="/", user_id="AIDABOB")


def plan_of_due_keys(count: int) -> tuple[Plan, list[str]]:
    """Plan keys of which every second is to be deactivated and the others deleted.

    Returns the plan under a limit of two changes, and the ids of the keys, youngest first.
    """
    keys = [
        a_key(age=100 + n, key_id=f"AKIA{n}", status="Inactive" if n % 2 else "Active")
        for n in range(count)
    ]
    watches = [
        a_watch(key, deactivated(since=30) if key.status == "Inactive" else noticed(due=0))
        for key in keys
    ]
    plan = a_plan(
        an_inventory(*map(observed_key, keys)), watches_of(*watches), max_changes_per_run="2"
    )
    return plan, [key.access_key_id for key in keys]


def deferred_by_key_id(plan: Plan) -> dict[str, bool]:
    """Return for each key to be changed, in order, whether the change is deferred."""
    return {
        step.access_key_id: step.deferred
        for step in plan.steps
        if step.decision.action in {Action.DEACTIVATE, Action.DELETE}
    }


def test_the_oldest_keys_are_changed_first_and_the_others_are_deferred() -> None:
    """Deactivations and deletions count together."""
    plan, youngest_first = plan_of_due_keys(5)
    assert deferred_by_key_id(plan) == dict(
        zip(reversed(youngest_first), [False, False, True, True, True], strict=True)
    )
    assert plan.changes == 2


def test_as_many_keys_are_changed_as_the_limit_allows() -> None:
    plan, _ = plan_of_due_keys(2)
    assert list(deferred_by_key_id(plan).values()) == [False, False]


def test_keys_of_the_same_age_are_changed_in_the_order_of_their_ids() -> None:
    """So two runs choose the same keys."""
    keys = [a_key(age=100, key_id=key_id) for key_id in ("AKIA3", "AKIA1", "AKIA2")]
    plan = a_plan(
        an_inventory(*map(observed_key, keys)),
        watches_of(*(a_watch(key, noticed(due=0)) for key in keys)),
        max_changes_per_run="1",
    )
    assert deferred_by_key_id(plan) == {"AKIA1": False, "AKIA2": True, "AKIA3": True}


def test_a_limit_of_zero_pauses_only_changes() -> None:
    """Notices are still given, and uses still extend a window."""
    keys = [
        a_key(age=100, key_id="AKIA1"),
        a_key(age=101, key_id="AKIA2"),
        a_key(age=102, key_id="AKIA3", status="Inactive"),
        a_key(age=103, key_id="AKIA4", status="Inactive"),
    ]
    observed_keys = [observed_key(key) for key in keys[:3]] + [
        observed_key(keys[3], used(days_ago(2)))
    ]
    plan = a_plan(
        an_inventory(*observed_keys),
        watches_of(
            a_watch(keys[1], noticed(due=0)),
            a_watch(keys[2], deactivated(since=30)),
            a_watch(keys[3], deactivated(since=30)),
        ),
        max_changes_per_run="0",
    )
    assert [(s.access_key_id, s.decision.action, s.deferred) for s in plan.steps] == [
        ("AKIA4", Action.EXTEND, False),
        ("AKIA3", Action.DELETE, True),
        ("AKIA2", Action.DEACTIVATE, True),
        ("AKIA1", Action.NOTICE, False),
    ]


@pytest.mark.parametrize("limit", ["0", "1"])
def test_finishing_a_change_of_an_earlier_run_does_not_count_towards_the_limit(limit: str) -> None:
    """It happened already, so it is neither deferred nor does it defer another key."""
    deactivated_key = a_key(age=102, key_id="AKIA1", status="Inactive")
    deleted_key = a_key(age=101, key_id="AKIA2", status="Inactive")
    stale_key = a_key(age=100, key_id="AKIA3")
    plan = a_plan(
        an_inventory(observed_key(deactivated_key), observed_key(stale_key), gone=["AKIA2"]),
        watches_of(
            a_watch(deactivated_key, Deactivating(notice=noticed(due=0))),
            a_watch(deleted_key, Deleting(window=deactivated(since=30))),
            a_watch(stale_key, noticed(due=0)),
        ),
        max_changes_per_run=limit,
    )
    assert deferred_by_key_id(plan) == {"AKIA1": False, "AKIA2": False, "AKIA3": limit == "0"}


@pytest.mark.parametrize(
    ("state", "action", "reason"),
    [
        (noticed(due=3), Action.CLOSE, Reason.GONE),
        (deactivated(since=3), Action.CLOSE, Reason.GONE),
        (Held(), Action.CLOSE, Reason.GONE),
        (Deleting(window=deactivated(since=30)), Action.DELETE, Reason.FINISHED),
    ],
)
def test_the_watch_of_a_missing_key_is_closed(state: State, action: Action, reason: Reason) -> None:
    inventory = an_inventory(users=[ALICE], gone=[KEY_ID])
    [step] = a_plan(inventory, watches_of(a_watch(a_key(), state))).steps
    assert (step.decision.action, step.decision.reason) == (action, reason)
    assert (step.observed, step.user, step.watch) == (None, ALICE, a_watch(a_key(), state))


@pytest.mark.parametrize("users", [[], [ALICE]])
def test_a_key_that_was_not_found_is_not_gone_unless_iam_says_so(users: list[User]) -> None:
    """A listing may lack a user who is renamed meanwhile, or the key of one who was not read."""
    plan = a_plan(an_inventory(users=users), watches_of(a_watch(a_key(), noticed(due=3))))
    assert plan.steps == ()


@pytest.mark.parametrize("state", [noticed(due=0), Deleting(window=deactivated(since=30))])
def test_a_key_of_an_unreadable_user_is_not_missing(state: State) -> None:
    """Nothing follows from what was not read."""
    plan = a_plan(an_inventory(unread=[ALICE]), watches_of(a_watch(a_key(), state)))
    assert plan.steps == ()
    assert [failure.user_name for failure in plan.failures] == ["alice"]


def test_an_unreadable_user_who_was_renamed_is_recognised_by_the_user_id() -> None:
    """The watch has the old name."""
    renamed = User(name="alice.smith", path="/", user_id=ALICE.user_id)
    plan = a_plan(an_inventory(unread=[renamed]), watches_of(a_watch(a_key(), noticed(due=0))))
    assert plan.steps == ()


def test_the_key_of_a_renamed_user_is_decided_under_the_new_name() -> None:
    renamed = User(name="alice.smith", path="/staff/", user_id=ALICE.user_id)
    [step] = a_plan(
        an_inventory(observed_key(a_key(user=renamed))),
        watches_of(a_watch(a_key(), noticed(due=0))),
    ).steps
    assert (step.decision.action, step.user) == (Action.DEACTIVATE, renamed)


def test_an_ended_watch_is_not_closed_again() -> None:
    plan = a_plan(an_inventory(), watches_of(a_watch(a_key(), Ended())))
    assert (plan.steps, plan.failures) == ((), ())


def test_a_key_with_an_unreadable_watch_fails_and_is_not_changed() -> None:
    """It is neither new nor missing; the other keys are decided."""
    other = a_key(user=BOB, key_id="AKIABOB")
    failure = Failure(user_name="alice", access_key_id="AKIA1", text="its watch has schema 2")
    plan = a_plan(
        an_inventory(observed_key(a_key(age=400, key_id="AKIA1")), observed_key(other)),
        watches_of(unreadable=[failure]),
        notice_days="0",
    )
    assert [step.access_key_id for step in plan.steps] == ["AKIABOB"]
    assert plan.failures == (failure,)


def test_only_the_first_part_of_a_run_reports_unreadable_watches() -> None:
    """No part changes their keys."""
    failure = Failure(user_name="alice", access_key_id="AKIA1", text="its watch has schema 2")
    plan = a_plan(
        an_inventory(observed_key(a_key(age=400, key_id="AKIA1"))),
        watches_of(unreadable=[failure]),
        first_part=False,
    )
    assert (plan.steps, plan.failures) == ((), ())


def test_a_failed_step_contains_its_key_and_the_stored_watch() -> None:
    key = a_key()
    watch = a_watch(key, noticed(due=0))
    [step] = a_plan(an_inventory(observed_key(key)), watches_of(watch)).steps
    failure = step_failure(step, "IAM did not do it")
    assert (failure.user_name, failure.access_key_id) == ("alice", key.access_key_id)
    assert (failure.created, failure.text) == (key.created, "IAM did not do it")
    assert (failure.watch, failure.not_begun) == (watch, False)


def test_a_key_whose_known_last_use_is_missing_fails_and_the_others_are_decided() -> None:
    """A response without it cannot be right."""
    window = deactivated(since=30, baseline=used(days_ago(50)))
    unreadable_key = a_key(age=200, status="Inactive", key_id="AKIA1")
    other = a_key(user=BOB, key_id="AKIABOB")
    plan = a_plan(
        an_inventory(observed_key(unreadable_key), observed_key(other)),
        watches_of(a_watch(unreadable_key, window)),
    )
    assert [step.access_key_id for step in plan.steps] == ["AKIABOB"]
    [failure] = plan.failures
    assert (failure.user_name, failure.access_key_id) == ("alice", "AKIA1")
    assert failure.created == unreadable_key.created
    assert failure.text == "IAM gave a last use before (2026-10-05 12:00 UTC) and gives none now"


@pytest.mark.parametrize(
    ("state", "in_grace"),
    [
        (noticed(due=3), 0),
        (Deactivating(notice=None), 0),
        (deactivated(since=3), 1),
        (Deleting(window=deactivated(since=30)), 1),
        (Held(), 0),
    ],
)
def test_keys_in_a_grace_window_are_counted(state: State, in_grace: int) -> None:
    key = a_key(age=200, status="Inactive")
    watch: Watch = a_watch(key, state)
    plan = a_plan(an_inventory(observed_key(key)), watches_of(watch))
    assert plan.in_grace == in_grace


@pytest.mark.parametrize("adopt", ["true", "false"])
@pytest.mark.parametrize(
    ("state", "status", "restored", "reason"),
    [
        (Lapsed(due=TODAY), "Inactive", True, Reason.RESTORED),
        (Lapsed(due=None), "Inactive", True, None),
        (Lapsed(due=TODAY), "Inactive", False, None),
        (Lapsed(due=TODAY), "Active", True, Reason.STALE),
        (deactivated(since=3, interrupted=True), "Inactive", True, Reason.INTERRUPTION_ENDED),
    ],
)
def test_after_a_restore_a_key_that_had_a_notice_and_is_inactive_is_held(
    state: State, status: str, reason: Reason | None, adopt: str, *, restored: bool
) -> None:
    key = a_key(age=400, status=status)
    plan = a_plan(
        an_inventory(observed_key(key)),
        watches_of(a_watch(key, state)),
        restored=restored,
        adopt_inactive_keys=adopt,
    )
    [step] = plan.steps
    assert step.decision.reason is (
        reason or (Reason.ADOPTED if adopt == "true" else Reason.NOT_OURS)
    )
    assert (step.decision.action is Action.HOLD) is (reason is Reason.RESTORED)
