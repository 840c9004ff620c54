"""Promise 11: a manual invocation can make a run weaker, never stronger."""

from datetime import timedelta

import pytest

from key_rotation.errors import BadEventError
from key_rotation.measures import measure
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
