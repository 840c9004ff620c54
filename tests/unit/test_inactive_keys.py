"""The rules for inactive keys, and for keys that no longer exist."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from key_rotation.domain.decide import decide, decide_gone, needs_last_use
from key_rotation.domain.model import NEVER_USED, Action, LastUse, Reason
from key_rotation.domain.watch import Deactivating, Deleting, Ended, Held, Lapsed, Noticed, State
from key_rotation.errors import UnreadableError
from tests.unit.builders import (
    NOW,
    a_key,
    a_watch,
    days_ago,
    deactivated,
    in_days,
    noticed,
    observed_key,
    settings,
    used,
)

INACTIVE = a_key(age=130, status="Inactive")


@pytest.mark.parametrize("state", [None, Lapsed(due=None), noticed(due=0)])
@pytest.mark.parametrize(("adopt", "action"), [("false", Action.KEEP), ("true", Action.ADOPT)])
def test_a_key_that_someone_else_deactivated_is_adopted_only_if_adoption_is_on(
    state: State | None, adopt: str, action: Action
) -> None:
    """Even with a notice in force: the owner deactivated it first."""
    watch = a_watch(INACTIVE, state) if state else None
    decision = decide(
        observed_key(INACTIVE), watch, now=NOW, settings=settings(adopt_inactive_keys=adopt)
    )
    assert decision.action is action


def test_the_grace_window_of_an_adopted_key_starts_today() -> None:
    """However long the key has been inactive."""
    decision = decide(
        observed_key(INACTIVE), None, now=NOW, settings=settings(adopt_inactive_keys="true")
    )
    assert decision.due == in_days(30)


@pytest.mark.parametrize(
    ("since", "action"),
    [
        (0, Action.KEEP),
        (29, Action.KEEP),
        (30, Action.DELETE),
        (31, Action.DELETE),
    ],
)
def test_a_key_unused_for_its_whole_window_is_deleted(since: int, action: Action) -> None:
    """With grace-days 30, on the thirtieth day."""
    watch = a_watch(INACTIVE, deactivated(since=since))
    assert decide(observed_key(INACTIVE), watch, now=NOW, settings=settings()).action is action


@pytest.mark.parametrize(
    ("since", "announced", "remind"),
    [(28, -5, False), (29, -5, True), (29, 0, False), (29, -1, True)],
)
def test_the_reminder_is_sent_once_on_the_day_before_the_deletion(
    since: int, announced: int, *, remind: bool
) -> None:
    """Not earlier, and not if a digest of today has announced that day."""
    watch = a_watch(INACTIVE, deactivated(since=since, announced=announced))
    assert decide(observed_key(INACTIVE), watch, now=NOW, settings=settings()).remind is remind


@pytest.mark.parametrize(
    ("grace", "due"), [("30", 10), ("29", 10), ("1", 10), ("31", 11), ("60", 40)]
)
def test_an_announced_deletion_day_only_moves_later(grace: str, due: int) -> None:
    """Whatever the settings become."""
    watch = a_watch(INACTIVE, deactivated(since=20))
    decision = decide(observed_key(INACTIVE), watch, now=NOW, settings=settings(grace_days=grace))
    assert (decision.action, decision.due) == (Action.KEEP, in_days(due))


@pytest.mark.parametrize("state", [deactivated(since=30), Deleting(window=deactivated(since=30))])
def test_no_key_is_deleted_while_delete_unused_keys_is_false(state: State) -> None:
    """The key stays inactive, and is listed."""
    decision = decide(
        observed_key(INACTIVE),
        a_watch(INACTIVE, state),
        now=NOW,
        settings=settings(delete_unused_keys="false"),
    )
    assert (decision.action, decision.reason) == (Action.KEEP, Reason.DELETION_OFF)


SINCE = days_ago(30)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("last_used", "action"),
    [
        (None, Action.DELETE),
        (SINCE - timedelta(days=9), Action.DELETE),
        (SINCE, Action.DELETE),
        (SINCE + HOUR - timedelta(seconds=1), Action.DELETE),
        (SINCE + HOUR, Action.DELETE),
        (SINCE + HOUR + timedelta(seconds=1), Action.EXTEND),
        (days_ago(1), Action.EXTEND),
    ],
)
def test_only_a_use_more_than_one_hour_after_the_deactivation_extends_the_window(
    last_used: datetime | None, action: Action
) -> None:
    """An earlier use that IAM reports late changes nothing."""
    watch = a_watch(INACTIVE, deactivated(since=30))
    observed = observed_key(INACTIVE, LastUse(at=last_used))
    assert decide(observed, watch, now=NOW, settings=settings()).action is action


def test_an_extended_window_starts_at_the_last_use() -> None:
    """The key was used four days ago, so 26 days are left."""
    watch = a_watch(INACTIVE, deactivated(since=10))
    decision = decide(
        observed_key(INACTIVE, used(days_ago(4))), watch, now=NOW, settings=settings()
    )
    assert (decision.reason, decision.due) == (Reason.USED_IN_WINDOW, in_days(26))


@pytest.mark.parametrize(("used_days_ago", "due"), [(28, 2), (29, 1), (30, 1), (40, 1)])
def test_an_extension_ends_no_earlier_than_tomorrow(used_days_ago: int, due: int) -> None:
    """Even if no run took place for a long time: the day is announced before it comes."""
    watch = a_watch(INACTIVE, deactivated(since=50))
    decision = decide(
        observed_key(INACTIVE, used(days_ago(used_days_ago))), watch, now=NOW, settings=settings()
    )
    assert (decision.action, decision.due) == (Action.EXTEND, in_days(due))


def test_a_use_extends_the_window_only_once() -> None:
    """The use is the baseline of the window that it started."""
    last_use = used(days_ago(4))
    watch = a_watch(INACTIVE, deactivated(since=10, start=4, baseline=last_use))
    decision = decide(observed_key(INACTIVE, last_use), watch, now=NOW, settings=settings())
    assert (decision.action, decision.due) == (Action.KEEP, in_days(26))


def test_a_second_use_extends_the_window_again() -> None:
    """Each use counts."""
    watch = a_watch(INACTIVE, deactivated(since=10, start=4, baseline=used(days_ago(4))))
    decision = decide(
        observed_key(INACTIVE, used(days_ago(2))), watch, now=NOW, settings=settings()
    )
    assert (decision.action, decision.due) == (Action.EXTEND, in_days(28))


def test_an_extension_never_moves_the_announced_day_earlier() -> None:
    """If grace-days was lowered since, the announced day is kept."""
    watch = a_watch(INACTIVE, deactivated(since=10))
    decision = decide(
        observed_key(INACTIVE, used(days_ago(4))), watch, now=NOW, settings=settings(grace_days="5")
    )
    assert (decision.action, decision.due) == (Action.EXTEND, in_days(20))


@pytest.mark.parametrize(
    ("until", "action"),
    [(-31, Action.DELETE), (-30, Action.EXTEND), (-1, Action.EXTEND)],
)
def test_an_exemption_that_ended_during_the_window_starts_a_new_window(
    until: int, action: Action
) -> None:
    """Even if no run saw it in force."""
    watch = a_watch(INACTIVE, deactivated(since=30))
    ended = settings(exemptions=f"alice until {in_days(until)}")
    decision = decide(observed_key(INACTIVE), watch, now=NOW, settings=ended)
    assert decision.action is action
    assert action is Action.DELETE or decision.due == in_days(30)


@pytest.mark.parametrize(("since", "due"), [(27, 3), (28, 2), (29, 2), (30, 2), (45, 2)])
def test_a_deletion_that_no_digest_announced_is_announced_first(since: int, due: int) -> None:
    """Not reported yet, or `delete-unused-keys` was false: a run in between can still remind."""
    window = replace(deactivated(since=since), announced_on=date.min)
    decision = decide(
        observed_key(INACTIVE), a_watch(INACTIVE, window), now=NOW, settings=settings()
    )
    assert (decision.action, decision.due) == (Action.KEEP, in_days(due))
    assert (decision.new_day, decision.remind) == (True, True)


@pytest.mark.parametrize("last_use", [used(days_ago(1)), NEVER_USED])
def test_an_interrupted_window_starts_again_today(last_use: LastUse) -> None:
    """When an exemption ends, a key that this tool deactivated gets a new window."""
    watch = a_watch(INACTIVE, deactivated(since=40, interrupted=True))
    decision = decide(observed_key(INACTIVE, last_use), watch, now=NOW, settings=settings())
    assert (decision.action, decision.due) == (Action.EXTEND, in_days(30))
    assert decision.reason is Reason.INTERRUPTION_ENDED


def test_a_key_whose_last_use_was_not_read_is_not_decided() -> None:
    """Unreadable does not mean never used."""
    watch = a_watch(INACTIVE, deactivated(since=40))
    with pytest.raises(UnreadableError, match=r"^its last use was not read$"):
        decide(observed_key(INACTIVE, None), watch, now=NOW, settings=settings())


def test_a_key_whose_known_last_use_is_missing_is_not_decided() -> None:
    """The last use was known before, so a response without it cannot be right."""
    watch = a_watch(INACTIVE, deactivated(since=40, baseline=used(days_ago(50))))
    with pytest.raises(UnreadableError, match="gives none now"):
        decide(observed_key(INACTIVE, NEVER_USED), watch, now=NOW, settings=settings())


@pytest.mark.parametrize("exemptions", ["none", "alice"])
def test_a_deactivation_that_started_and_happened_is_finished(exemptions: str) -> None:
    """It is recorded and reported even if the key is exempt by now."""
    watch = a_watch(INACTIVE, Deactivating(notice=noticed(due=-1)))
    decision = decide(
        observed_key(INACTIVE), watch, now=NOW, settings=settings(exemptions=exemptions)
    )
    assert (decision.action, decision.reason) == (Action.DEACTIVATE, Reason.FINISHED)
    assert decision.due == in_days(30)


@pytest.mark.parametrize(
    "state", [None, noticed(due=0), deactivated(since=30), Deleting(window=deactivated(since=30))]
)
def test_an_exempt_inactive_key_is_never_changed(state: State | None) -> None:
    """It is neither adopted nor deleted, whatever its watch."""
    watch = a_watch(INACTIVE, state) if state else None
    exempt = settings(exemptions="alice", adopt_inactive_keys="true")
    decision = decide(observed_key(INACTIVE), watch, now=NOW, settings=exempt)
    assert (decision.action, decision.reason) == (Action.EXEMPT, Reason.EXEMPT)


@pytest.mark.parametrize(
    ("state", "changed", "action", "reason"),
    [
        (None, {}, Action.KEEP, Reason.NOT_OURS),
        (None, {"adopt_inactive_keys": "true"}, Action.ADOPT, Reason.ADOPTED),
        (deactivated(since=3), {}, Action.KEEP, Reason.IN_WINDOW),
        (deactivated(since=30), {}, Action.DELETE, Reason.UNUSED),
        (Held(), {}, Action.HOLD, Reason.STILL_HELD),
    ],
)
def test_each_decision_on_an_inactive_key_gives_its_reason(
    state: State | None, changed: dict[str, str], action: Action, reason: Reason
) -> None:
    """The digest shows the reason, and the history stores it."""
    watch = a_watch(INACTIVE, state) if state else None
    decision = decide(observed_key(INACTIVE), watch, now=NOW, settings=settings(**changed))
    assert (decision.action, decision.reason) == (action, reason)


def test_a_deletion_that_started_but_did_not_happen_is_decided_again() -> None:
    """By the same rules, with the current last use."""
    watch = a_watch(INACTIVE, Deleting(window=deactivated(since=30)))
    assert (
        decide(observed_key(INACTIVE), watch, now=NOW, settings=settings()).action is Action.DELETE
    )
    used_later = observed_key(INACTIVE, used(days_ago(2)))
    assert decide(used_later, watch, now=NOW, settings=settings()).action is Action.EXTEND


def test_a_held_key_that_someone_deactivated_stays_held() -> None:
    """No action is taken until a person has looked."""
    decision = decide(
        observed_key(INACTIVE), a_watch(INACTIVE, Held()), now=NOW, settings=settings()
    )
    assert decision.action is Action.HOLD


def test_a_deleted_key_that_iam_still_lists_as_inactive_is_kept() -> None:
    """IAM is eventually consistent."""
    decision = decide(
        observed_key(INACTIVE), a_watch(INACTIVE, Ended()), now=NOW, settings=settings()
    )
    assert decision.reason is Reason.ALREADY_GONE


@pytest.mark.parametrize(
    ("state", "action"),
    [
        (noticed(due=3), Action.CLOSE),
        (Lapsed(due=None), Action.CLOSE),
        (Deactivating(notice=None), Action.CLOSE),
        (deactivated(since=3), Action.CLOSE),
        (Held(), Action.CLOSE),
        (Deleting(window=deactivated(since=30)), Action.DELETE),
    ],
)
def test_the_watch_of_a_missing_key_is_closed_or_its_deletion_is_finished(
    state: State, action: Action
) -> None:
    """The owner deleted the key, unless this tool had recorded the intent to delete it."""
    assert decide_gone(a_watch(INACTIVE, state)).action is action


@pytest.mark.parametrize(
    ("age", "status", "state", "adopt", "needed"),
    [
        (82, "Active", None, "false", False),
        (83, "Active", None, "false", True),
        (10, "Active", noticed(due=3), "false", True),
        (130, "Inactive", None, "false", False),
        (130, "Inactive", None, "true", True),
        (130, "Inactive", deactivated(since=3), "false", True),
        (400, "Expired", deactivated(since=3), "true", False),
    ],
)
def test_the_last_use_is_read_only_if_a_rule_or_the_digest_needs_it(
    age: int, status: str, state: Noticed | None, adopt: str, *, needed: bool
) -> None:
    """Each read is a call to IAM."""
    key = a_key(age=age, status=status)
    watch = a_watch(key, state) if state else None
    changed = settings(adopt_inactive_keys=adopt)
    assert needs_last_use(key, watch, now=NOW, settings=changed) is needed
