"""Exemptions from end to end: reported, never acted on, and what comes when they begin or end."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.aws.world import World


@pytest.mark.parametrize("line", ["ALICE", "/ci/*", "al*", "*"])
def test_an_exempt_key_is_reported_in_every_digest_and_never_acted_on(
    world: World, line: str
) -> None:
    key_id = world.key("alice", age=400, path="/ci/")
    world.put(exemptions=f"{line} # cannot rotate")
    for days in (0, 7, 100):
        [exempt] = world.after(days)["exempt"]
        assert exempt["access_key_id"] == key_id
        assert exempt["reason"] == "exempt: cannot rotate"
    assert world.status(key_id) == "Active"
    assert world.mails == []


def test_a_key_exempt_by_its_id_leaves_the_users_other_key_to_the_rules(world: World) -> None:
    exempt, other = world.key("alice", age=400), world.key("alice", age=400)
    world.put(exemptions=exempt.lower())
    answer = world.run()
    assert [entry["access_key_id"] for entry in answer["exempt"]] == [exempt]
    assert [entry["access_key_id"] for entry in answer["noticed"]] == [other]
    world.after(7)
    assert (world.status(exempt), world.status(other)) == ("Active", "Inactive")


def test_an_exemption_that_begins_voids_a_notice_and_its_end_gives_a_new_one(
    world: World,
) -> None:
    key_id = world.key("alice", age=83)
    world.run()
    world.put(exemptions="alice")
    assert world.after(7)["deactivated"] == []
    world.put(exemptions="none")
    [noticed] = world.after(1)["noticed"]
    assert noticed["due"] == f"{world.now + timedelta(days=7):%Y-%m-%d}"
    assert world.after(6)["deactivated"] == []
    assert [entry["access_key_id"] for entry in world.after(1)["deactivated"]] == [key_id]


def test_an_exemption_that_begins_in_the_window_stops_it_and_its_end_begins_a_new_one(
    world: World,
) -> None:
    key_id = world.key("alice", age=83)
    world.run()
    world.after(7)
    world.put(exemptions="alice")
    assert world.after(40)["deleted"] == []
    world.put(exemptions="none")
    [extended] = world.after(1)["extended"]
    assert extended["due"] == f"{world.now + timedelta(days=30):%Y-%m-%d}"
    assert world.after(29)["deleted"] == []
    assert [entry["access_key_id"] for entry in world.after(1)["deleted"]] == [key_id]


def test_an_exemption_past_its_day_no_longer_exempts_and_its_end_is_told_once(
    world: World,
) -> None:
    world.key("alice", age=400)
    world.put(exemptions="alice until 2026-11-26 # moving\nbob")
    assert [len(world.after(1)["exempt"]) for _ in range(2)] == [1, 1]
    answer = world.after(1)
    assert (answer["exempt"], len(answer["noticed"])) == ([], 1)
    [mail] = world.mails
    assert mail["subject"].endswith("1 noticed, exemption ended")
    assert "alice until 2026-11-26 # moving" in mail["text"]
    world.after(1)
    assert len(world.mails) == 1


def test_the_end_of_an_exemption_is_told_even_if_it_was_of_nobody(world: World) -> None:
    """A list with dead entries is worth a look."""
    world.put(exemptions="nobody until 2026-11-24")
    world.run()
    assert world.mails == []
    world.after(1)
    assert [mail["subject"].partition(": ")[2] for mail in world.mails] == ["exemption ended"]


def test_a_key_begun_before_its_exemption_is_finished_and_told(world: World) -> None:
    """It was deactivated by a run that died before it could say so: that is not hidden."""
    key_id = world.key("alice", age=83)
    world.run()

    def dies(**_: object) -> None:
        raise KeyboardInterrupt

    events = world.clients.iam.meta.events
    events.register_first("after-call.iam.UpdateAccessKey", dies)
    with pytest.raises(KeyboardInterrupt):
        world.after(7)
    events.unregister("after-call.iam.UpdateAccessKey", dies)
    world.put(exemptions="alice")
    answer = world.run()
    assert [entry["access_key_id"] for entry in answer["deactivated"]] == [key_id]
    assert world.after(60)["deleted"] == []
    assert world.status(key_id) == "Inactive"


UNTIL = "alice until 2026-12-10"
"""Sixteen days after the start."""


def daily_reports(world: World) -> None:
    """Report mode, each day until the exemption is over."""
    world.put(mode="report", exemptions=UNTIL)
    for _ in range(17):
        world.after(1)
    world.put(mode="enforce")


def a_gone_line(world: World) -> None:
    """As `daily_reports`, and the line is removed."""
    daily_reports(world)
    world.put(exemptions="none")


def no_run_at_all(world: World) -> None:
    """The schedule was off; the line that ended still stands there."""
    world.put(exemptions=UNTIL)
    world.now += timedelta(days=17)


MEANWHILE = pytest.mark.parametrize("meanwhile", [daily_reports, a_gone_line, no_run_at_all])


@MEANWHILE
def test_an_exemption_that_no_run_enforced_voids_a_notice_all_the_same(
    world: World, meanwhile: Callable[[World], None]
) -> None:
    key_id = world.key("alice", age=83)
    world.run()
    meanwhile(world)
    answer = world.after(1)
    assert [entry["access_key_id"] for entry in answer["noticed"]] == [key_id]
    assert world.after(6)["deactivated"] == []
    assert [entry["access_key_id"] for entry in world.after(1)["deactivated"]] == [key_id]


@MEANWHILE
def test_an_exemption_that_no_run_enforced_breaks_a_window_all_the_same(
    world: World, meanwhile: Callable[[World], None]
) -> None:
    key_id = world.key("alice", age=83)
    world.run()
    world.after(7)
    meanwhile(world)
    answer = world.after(14)
    assert [entry["access_key_id"] for entry in answer["extended"]] == [key_id]
    assert world.after(29)["deleted"] == []
    assert [entry["access_key_id"] for entry in world.after(1)["deleted"]] == [key_id]
