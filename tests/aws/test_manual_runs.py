"""Promise 11: a manual invocation can make a run weaker, never stronger."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest

from key_rotation.adapters import lease
from key_rotation.domain.model import Coverage
from key_rotation.errors import AnotherRunError, BadEventError
from key_rotation.reporting.measures import measure
from tests.aws.faults import answered
from tests.aws.world import World


def test_a_person_can_ask_for_a_report_while_the_settings_enforce(world: World) -> None:
    """It changes nothing, and does not count as an enforcing run."""
    key_id = world.key("alice", age=90)
    world.put(notice_days="0")
    report = world.report({"mode": "report"})
    assert [outcome.would for outcome in report.outcomes] == [True]
    assert measure(report)["RunCompleted"] == 0
    assert world.status(key_id) == "Active"
    assert len(world.run()["deactivated"]) == 1


def test_a_person_cannot_ask_for_more_than_the_settings_allow(world: World) -> None:
    key_id = world.key("alice", age=90)
    world.put(mode="report", notice_days="0")
    with pytest.raises(BadEventError):
        world.run({"mode": "enforce"})
    answer = world.run({})
    assert (answer["mode"], len(answer["deactivated"])) == ("report", 1)
    assert world.status(key_id) == "Active"


@pytest.mark.parametrize(
    "event",
    [{"mode": "enforce"}, {"max-age-days": "1"}, {"users": ["alice"]}, {"mode": "report", "x": 1}],
)
def test_an_event_that_is_not_understood_runs_nothing(world: World, event: dict[str, str]) -> None:
    world.key("alice", age=400)
    with pytest.raises(BadEventError):
        world.run(event)
    assert (world.mails, world.items("RUN"), world.items("WATCH")) == ([], [], [])


def test_a_report_asked_for_by_hand_hides_nothing_from_the_next_run(world: World) -> None:
    """The notice is still given, the reminder still comes."""
    world.key("alice", age=83)
    world.run({"mode": "report"})
    assert len(world.run()["noticed"]) == 1
    world.after(5)
    world.now += timedelta(days=1)
    mails = len(world.mails)
    world.run({"mode": "report"})
    world.run()
    assert world.mails[mails:]
    assert world.mails[-1]["subject"].endswith(": 1 due tomorrow")


def test_the_days_run_waits_for_a_report_asked_for_by_hand(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not leave the day's work to a run that does none of it."""
    monkeypatch.setattr(lease, "BEAT_EVERY", 0.02)
    monkeypatch.setattr(lease, "LOOK_EVERY", 0.05)
    key_id = world.key("alice", age=83)
    world.run()
    world.now += timedelta(days=7)
    with lease.held(world.clients.table, "a report", report=True):
        started = threading.Thread(target=world.run)
        started.start()
        time.sleep(0.5)
        assert world.status(key_id) == "Active"
    started.join()
    assert world.status(key_id) == "Inactive"


def test_a_report_that_goes_on_too_long_is_not_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "BEAT_EVERY", 0.02)
    monkeypatch.setattr(lease, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(lease, "WAIT_FOR_REPORT", 0.3)
    with (
        lease.held(world.clients.table, "a report", report=True),
        pytest.raises(AnotherRunError, match="a report"),
    ):
        world.run()


def test_a_report_asked_for_by_hand_uses_up_no_sweep(world: World) -> None:
    """What only a sweep finds gets its notice, though a person looks each day before the run."""
    world.key("alice", age=400)

    def young(parsed: dict[str, Any]) -> None:
        head, *rows = parsed["Content"].decode().strip().split("\n")
        rotated = head.split(",").index("access_key_1_last_rotated")
        cells = [row.split(",") for row in rows]
        for row in cells:
            row[rotated] = f"{world.now:%Y-%m-%dT%H:%M:%S+00:00}"
        parsed["Content"] = "\n".join([head, *map(",".join, cells)]).encode()

    noticed = []
    with answered(world, "iam.GetCredentialReport", young):
        for _ in range(9):
            world.run({"mode": "report"})
            noticed += world.run()["noticed"]
            world.now += timedelta(days=1)
    assert len(noticed) == 1


def test_report_mode_sweeps_once_a_week_too(world: World) -> None:
    world.key("alice", age=5)
    world.put(mode="report")
    kinds = []
    for _ in range(9):
        kinds.append(world.report().seen.coverage)
        world.now += timedelta(days=1)
    assert [day for day, kind in enumerate(kinds) if kind is Coverage.SWEEP] == [0, 7]


def test_a_day_that_a_report_told_holds(world: World) -> None:
    """The thresholds were raised, a report told the later day, and they were put back."""
    key_id = world.key("alice", age=83)
    world.run()
    world.now += timedelta(days=1)
    world.put(max_age_days="95", notice_days="14")
    [upcoming] = world.run({"mode": "report"})["upcoming"]
    assert upcoming["due"] == "2026-12-08"
    world.put(max_age_days="90", notice_days="7")
    assert world.after(6)["deactivated"] == []
    assert world.after(6)["deactivated"] == []
    assert world.status(key_id) == "Active"
    assert f"{world.now + timedelta(days=1):%Y-%m-%d}" == "2026-12-08"
    assert len(world.after(1)["deactivated"]) == 1
