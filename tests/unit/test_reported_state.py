"""What a run remembers as reported: only what a delivered digest named."""

from dataclasses import replace

import pytest

from key_rotation.domain.model import Mode
from key_rotation.domain.reported_days import MAX_BYTES
from key_rotation.domain.run_part import DigestSummary, RunPart, next_state
from key_rotation.domain.run_state import RunState
from key_rotation.domain.settings import Parameter, Settings
from tests.unit.builders import (
    ALICE,
    TODAY,
    a_key,
    a_part,
    an_inventory,
    in_days,
    observed_key,
    parameters,
)

EARLIER = in_days(-3)
PAUSED = {"paused": in_days(-9)}


@pytest.mark.parametrize(
    ("delivered", "suspended", "reported"),
    [
        (True, True, TODAY),
        (False, True, EARLIER),
        (True, False, None),
        (False, False, None),
    ],
)
def test_the_day_on_which_a_digest_named_a_suspension_is_remembered_while_it_lasts(
    reported: object, *, delivered: bool, suspended: bool
) -> None:
    """Promise 10: a digest names it once a week."""
    since = PAUSED if suspended else {}
    before = RunState(suspended_since={"report-mode": TODAY}, suspension_reported=EARLIER)
    digest = DigestSummary(delivered=delivered, suspended_since=since)
    after = next_state(before, a_part(), digest)
    assert (after.suspended_since, after.suspension_reported) == (since, reported)


@pytest.mark.parametrize(("delivered", "left"), [(True, ""), (False, "2026-11-23: refused")])
def test_a_failed_chat_message_is_remembered_until_a_digest_was_delivered(
    left: str, *, delivered: bool
) -> None:
    before = RunState(chat_failure="2026-11-23: refused")
    assert next_state(before, a_part(), DigestSummary(delivered=delivered)).chat_failure == left


def test_a_report_run_that_a_person_started_forgets_no_failed_chat_message() -> None:
    before = RunState(chat_failure="2026-11-23: refused")
    manual = a_part(mode=Mode.REPORT, setting="enforce")
    after = next_state(before, manual, DigestSummary(delivered=True))
    assert after.chat_failure == before.chat_failure


@pytest.mark.parametrize(
    ("mode", "delivered", "days"),
    [
        (Mode.ENFORCE, True, {"new": TODAY, "known": TODAY}),
        (Mode.ENFORCE, False, {"known": EARLIER}),
        (Mode.REPORT, True, {"known": EARLIER}),
        (Mode.REPORT, False, {"known": EARLIER}),
    ],
)
def test_what_lasts_is_reported_by_a_delivered_digest_in_enforce_mode(
    mode: Mode, days: object, *, delivered: bool
) -> None:
    before = RunState(reported_days={ALICE.user_id: {"known": EARLIER}})
    part = a_part(mode=mode, setting=mode, inventory=an_inventory(observed_key(a_key())))
    digest = DigestSummary(delivered=delivered, lasting={ALICE.user_id: ("new", "known")})
    assert next_state(before, part, digest).reported_days == {ALICE.user_id: days}


@pytest.mark.parametrize(
    ("part", "kept"),
    [
        (a_part(inventory=an_inventory(unread=[ALICE])), True),
        (a_part(inventory=an_inventory(users=[ALICE])), False),
        (a_part(inventory=an_inventory()), False),
    ],
    ids=["not read", "read", "gone"],
)
def test_what_lasted_is_forgotten_once_its_user_was_read_or_is_gone(
    part: RunPart, *, kept: bool
) -> None:
    before = RunState(reported_days={ALICE.user_id: {"known": EARLIER}})
    after = next_state(before, part, DigestSummary())
    assert after.reported_days == (before.reported_days if kept else {})


def test_a_report_that_a_person_starts_leaves_all_that_was_reported() -> None:
    """Even if a digest was delivered: later runs report as if it had not been."""
    before = RunState(parameters=parameters(), suspended_since=PAUSED, suspension_reported=EARLIER)
    part = a_part(mode=Mode.REPORT, max_age_days="30")
    digest = DigestSummary(delivered=True, fingerprint="new", unmatched_listed=("bob",))
    after = next_state(before, part, digest)
    assert after == before


def a_part_with_exemptions() -> RunPart:
    """Return a part with an exemption parameter, and two entries that have ended."""
    current = Settings.parse(
        parameters(exemptions=f"alice until {in_days(-2)}\nbob until {in_days(-1)}"),
        path="/key-rotation",
        exemption_parameters={"carol": Parameter(value="carol", version=3)},
    )
    return replace(a_part(), settings=current)


@pytest.mark.parametrize(
    ("known", "delivered", "recorded"),
    [(True, True, True), (True, False, False), (False, False, True), (False, True, True)],
)
def test_settings_are_remembered_once_a_digest_named_them_and_in_the_first_run(
    *, known: bool, delivered: bool, recorded: bool
) -> None:
    """What no delivered digest reported stays new."""
    part = a_part_with_exemptions()
    old = parameters(max_age_days="30") if known else {}
    after = next_state(RunState(parameters=old), part, DigestSummary(delivered=delivered))
    found = (after.parameters, after.exemption_parameters, after.exemptions_fingerprint)
    current = part.settings
    new = (current.raw, current.exemption_parameters, current.exemptions_fingerprint)
    assert found == (new if recorded else (old, {}, ""))


@pytest.mark.parametrize(("delivered", "ended"), [(True, (0, 1)), (False, (1,))])
def test_the_end_of_an_exemption_is_remembered_once_a_digest_named_it(
    ended: tuple[int, ...], *, delivered: bool
) -> None:
    lines = [f"alice until {in_days(-2)}", f"bob until {in_days(-1)}"]
    before = RunState(parameters=parameters(), ended_exemptions=("no longer there", lines[1]))
    after = next_state(before, a_part_with_exemptions(), DigestSummary(delivered=delivered))
    assert after.ended_exemptions == tuple(lines[n] for n in ended)


@pytest.mark.parametrize(
    ("delivered", "days"),
    [
        (True, {"kept": EARLIER, "again": TODAY, "new": TODAY}),
        (False, {"kept": EARLIER, "again": EARLIER}),
    ],
)
@pytest.mark.parametrize("what", ["unmatched", "ending"])
def test_an_entry_is_remembered_with_the_day_of_the_last_digest_that_named_it(
    what: str, days: object, *, delivered: bool
) -> None:
    """It is forgotten once no run finds it any more."""
    named_before = dict.fromkeys(("gone", "kept", "again"), EARLIER)
    found, listed = ("kept", "again", "new"), ("again", "new")
    before = {
        "unmatched": RunState(unmatched_exemptions=named_before),
        "ending": RunState(ending_exemptions=named_before),
    }
    digest = {
        "unmatched": DigestSummary(delivered=delivered, unmatched=found, unmatched_listed=listed),
        "ending": DigestSummary(delivered=delivered, ending=found, ending_listed=listed),
    }
    after = next_state(before[what], a_part(), digest[what])
    remembered = {"unmatched": after.unmatched_exemptions, "ending": after.ending_exemptions}
    assert remembered.pop(what) == days
    assert list(remembered.values()) == [{}]


@pytest.mark.parametrize(("spare", "fits"), [(0, True), (-1, False)])
def test_the_exemptions_take_their_room_from_what_lasts(spare: int, *, fits: bool) -> None:
    """An item of DynamoDB has one limit for both: 130 bytes, and 120 bytes, are taken."""
    before = RunState(
        parameters=parameters(),
        exemption_parameters={"a": Parameter(value="x" * 99, version=1)},
        unmatched_exemptions={"l" * 100: EARLIER},
    )
    user_id = "u" * (MAX_BYTES - 130 - 120 - 4 - spare)
    digest = DigestSummary(unmatched=("l" * 100,), lasting={user_id: ()})
    after = next_state(before, a_part(), digest)
    assert bool(after.reported_days) is fits
