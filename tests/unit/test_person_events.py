"""Which changes of a watch without a digest are what a person did, and so in the history."""

from dataclasses import replace

import pytest

from key_rotation.domain.model import Action, Decision, Reason
from key_rotation.domain.transitions import is_by_person
from key_rotation.domain.watch import Deactivating, Held, Lapsed, State
from tests.unit.builders import deactivated, in_days, noticed

NOTICE = noticed(due=3)
TURNED_OFF = replace(NOTICE, inactive_since=in_days(-2))
WINDOW = deactivated(since=9)


def is_personal(state: State, reason: Reason, action: Action = Action.KEEP) -> bool:
    return is_by_person(state, Decision(action=action, reason=reason))


@pytest.mark.parametrize("state", [Lapsed(due=None), NOTICE, WINDOW, Held()])
def test_somebody_exempted_the_key(state: State) -> None:
    assert is_personal(state, Reason.EXEMPT, Action.EXEMPT)


def test_somebody_released_the_key_from_a_hold() -> None:
    assert is_personal(Held(), Reason.RELEASED)


@pytest.mark.parametrize(
    ("state", "personal"),
    [
        (NOTICE, True),
        (TURNED_OFF, False),
        (Lapsed(due=None), False),
    ],
)
def test_somebody_turned_off_a_key_with_a_notice(state: State, *, personal: bool) -> None:
    """Once: while it stays off, nobody has done anything more."""
    assert is_personal(state, Reason.NOT_OURS) is personal


@pytest.mark.parametrize(
    ("state", "personal"),
    [
        (NOTICE, False),
        (TURNED_OFF, True),
        (Deactivating(notice=NOTICE), False),
    ],
)
def test_somebody_turned_on_again_a_key_with_a_notice(state: State, *, personal: bool) -> None:
    """A day that only moved later is no deed of a person."""
    assert is_personal(state, Reason.NOTICE_RUNNING) is personal


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (NOTICE, Reason.STATUS_UNKNOWN),
        (WINDOW, Reason.IN_WINDOW),
        (WINDOW, Reason.DELETION_OFF),
        (WINDOW, Reason.NOT_ADOPTED),
    ],
)
def test_what_this_tool_found_by_itself_is_not_what_a_person_did(
    state: State, reason: Reason
) -> None:
    assert is_personal(state, reason) is False
