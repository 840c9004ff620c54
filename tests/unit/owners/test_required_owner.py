"""With `owner-notice` = `require`, a key works until its owner had a whole notice."""

from datetime import date, timedelta

import pytest

from key_rotation.domain import transitions
from key_rotation.domain.decide import decide
from key_rotation.domain.model import Action, Decision, Reason
from key_rotation.domain.owners.notice_mail import NoticeMail
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Noticed
from tests.unit.builders import (
    NOW,
    TODAY,
    a_key,
    a_watch,
    days_ago,
    in_days,
    noticed,
    observed_key,
    owner_settings,
)

REQUIRE = owner_settings(owner_notice="require")


def decided(
    notice: Noticed | None, mail: NoticeMail | None, settings: Settings = REQUIRE, *, age: int = 90
) -> Decision:
    key = a_key(age=age)
    watch = a_watch(key, notice) if notice else None
    return decide(observed_key(key), watch, now=NOW, settings=settings, mail=mail)


def accepted(days: float) -> NoticeMail:
    """Return a mail that was accepted that many days ago."""
    return NoticeMail(thread_id="t", subject_day=TODAY, accepted_at=days_ago(days))


def lost(days: int) -> NoticeMail:
    """Return a mail that turned out that many days ago to have reached nobody."""
    return NoticeMail(thread_id="t", subject_day=TODAY, lost_on=in_days(-days))


@pytest.mark.parametrize(
    ("mail", "action", "due"),
    [
        (accepted(7), Action.DEACTIVATE, 30),
        (accepted(6.51), Action.DEACTIVATE, 30),
        (accepted(6.5), Action.KEEP, 1),
        (accepted(3), Action.KEEP, 4),
        (accepted(0), Action.KEEP, 7),
        (accepted(7.1), Action.KEEP, 7),  # a mail about an earlier notice
        (None, Action.KEEP, 7),
        (lost(0), Action.KEEP, 7),
    ],
)
def test_a_notice_counts_from_the_mail_that_was_accepted(
    mail: NoticeMail | None, action: Action, due: int
) -> None:
    """The notice is seven days old, and due today."""
    decision = decided(noticed(due=0, at=7), mail)

    assert (decision.action, decision.due) == (action, in_days(due))


def test_with_try_a_mail_does_not_matter() -> None:
    decision = decided(noticed(due=0, at=7), None, owner_settings(owner_notice="try"))

    assert decision.action is Action.DEACTIVATE


@pytest.mark.parametrize(
    ("notice", "mail", "since"),
    [
        (noticed(due=0, at=7), None, -7),
        (noticed(due=6, at=1), None, -1),
        (noticed(due=0, at=7), lost(2), -2),
        (noticed(due=0, at=7), lost(0), 0),
    ],
)
def test_a_key_without_an_owner_is_listed_daily_with_the_day_since_which_it_waits(
    notice: Noticed, mail: NoticeMail | None, since: int
) -> None:
    decision = decided(notice, mail)

    assert decision.reason is Reason.WAITING_FOR_OWNER
    assert (decision.due, decision.waiting_since) == (in_days(7), in_days(since))
    assert decision.remind


def test_on_the_day_of_its_notice_a_key_does_not_wait_yet() -> None:
    """Its mail is sent after the digest of that day."""
    decision = decided(noticed(due=7, at=0.1), None)

    assert (decision.reason, decision.due) == (Reason.NOTICE_RUNNING, in_days(7))


def test_the_day_of_a_waiting_key_never_moves_earlier() -> None:
    assert decided(noticed(due=40, at=7), None).due == in_days(40)


def test_the_later_day_of_a_waiting_key_is_recorded() -> None:
    key = a_key(age=90)
    watch = a_watch(key, noticed(due=0, at=7))
    decision = decided(noticed(due=0, at=7), None)

    after = transitions.after_no_action(watch, decision, key.status, NOW)

    assert isinstance(after.state, Noticed)
    assert after.state.due == in_days(7)


@pytest.mark.parametrize("waited", [31, 60])
def test_a_notice_of_which_nothing_was_heard_for_long_is_given_again(waited: int) -> None:
    decision = decided(noticed(due=-waited, at=waited + 7), None, age=200)

    assert decision.reason is Reason.NOTICE_OUTDATED


def test_without_days_of_notice_an_owner_gets_mail_all_the_same() -> None:
    settings = owner_settings(owner_notice="require", notice_days="0")

    decision = decided(None, None, settings)

    assert decision.action is Action.NOTICE
    assert decision.due
    assert decision.due > TODAY


def test_without_days_of_notice_a_waiting_key_works_until_tomorrow() -> None:
    settings = owner_settings(owner_notice="require", notice_days="0")

    assert decided(noticed(due=0, at=2), None, settings).due == TODAY + timedelta(days=1)


def test_what_an_earlier_run_announced_is_kept_by_a_mail_in_time() -> None:
    mail = accepted(7)

    assert mail.counts_for(noticed(due=0, at=7)) == days_ago(7)
    assert mail.counts_for(noticed(due=0, at=6.9)) is None
    assert date.min < TODAY
