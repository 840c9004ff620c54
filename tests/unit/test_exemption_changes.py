"""What a run remembers of exemption parameters, and what it tells of their changes and ends."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from key_rotation.adapters.ledger_items import encode_state
from key_rotation.domain.exemption_changes import Change, changes_since, remembered
from key_rotation.domain.exemption_ends import bounded, ending, to_be_named
from key_rotation.domain.exemptions import Exemption, remembered_line
from key_rotation.domain.model import User
from key_rotation.domain.reported_days import next_reported_days
from key_rotation.domain.run_state import RunState
from key_rotation.domain.settings import Parameter, Settings
from tests.unit.builders import NOW, TODAY, a_key, a_report, in_days, parameters, settings


def values(count: int, *, length: int = 60) -> dict[str, Parameter]:
    """Return many exemption parameters."""
    return {
        f"name-{n:05}": Parameter(value=f"user-{n}".ljust(length, "x"), version=1)
        for n in range(count)
    }


def kinds(
    before: Mapping[str, Parameter], now: Mapping[str, Parameter]
) -> list[tuple[str, Change]]:
    """Return what changed, by name."""
    return [(each.name, each.change) for each in changes_since(before, now)]


def test_added_edited_and_removed_parameters_are_told_apart() -> None:
    one, two = Parameter(value="a", version=1), Parameter(value="a", version=2)
    before = {"same": one, "edited": one, "removed": one}
    now = {"same": one, "edited": two, "added": one}
    assert kinds(before, now) == [
        ("added", Change.ADDED),
        ("edited", Change.EDITED),
        ("removed", Change.REMOVED),
    ]


def test_what_is_remembered_of_many_long_parameters_fits_into_the_run_state() -> None:
    """With all that else lasts: an item of DynamoDB takes 400 KB."""
    lines = tuple(f"user-{n} until 2026-12-31 # {'r' * 80}" for n in range(5000))
    days = dict.fromkeys(bounded(map(remembered_line, lines)), TODAY)
    lasting = {f"AIDA{n:017}": ["12345678", "87654321"] for n in range(5000)}
    exemption_parameters = remembered(values(5000, length=4096))
    state = RunState(
        parameters=parameters(exemptions="x" * 4096),
        exemption_parameters=exemption_parameters,
        ended_exemptions=tuple(days),
        unmatched_exemptions=days,
        ending_exemptions=days,
        reported_days=next_reported_days(
            {},
            lasting,
            read_user_ids=lasting,
            listed_user_ids=lasting,
            reported_on=TODAY,
            other_bytes=220_000,
        ),
    )
    assert 200 < len(exemption_parameters) < 5000
    assert len(state.reported_days) > 1000
    assert len(str(encode_state(state))) < 400_000


def test_nothing_is_said_of_parameters_that_there_was_no_room_to_remember() -> None:
    now = values(3000)
    before = remembered(now)
    assert len(before) < len(now)
    assert kinds(before, now) == []


def test_what_moves_into_or_out_of_what_is_remembered_is_neither_added_nor_removed() -> None:
    now = values(3000)
    before = remembered(now)
    with_one_more = {"a-first": Parameter(value="x" * 290, version=1), **now}
    assert kinds(before, with_one_more) == [("a-first", Change.ADDED)]
    with_one_less = {name: found for name, found in now.items() if name != "name-00000"}
    assert kinds(before, with_one_less) == [("name-00000", Change.REMOVED)]


def test_a_change_that_is_not_remembered_still_sends_a_digest_and_counts_as_an_edit() -> None:
    now = values(3000)
    later = now | {"name-02999": Parameter(value="other", version=2)}
    before = Settings.parse(parameters(), path="/p", exemption_parameters=now)
    after = Settings.parse(parameters(), path="/p", exemption_parameters=later)
    fingerprint = before.exemptions_fingerprint
    assert after.after(before.raw, exemptions_fingerprint=fingerprint).edited == {"exemptions"}
    assert before.after(before.raw, exemptions_fingerprint=fingerprint).edited == frozenset()
    report = a_report()
    previous = replace(
        report.previous, exemption_parameters=remembered(now), exemptions_fingerprint=fingerprint
    )
    changed = replace(report, previous=previous, facts=replace(report.facts, settings=after))
    assert (changed.exemption_news.changed, changed.exemption_news.changes) == (True, ())
    assert changed.needs_digest
    same = replace(report, previous=previous, facts=replace(report.facts, settings=before))
    assert not same.needs_digest


def test_before_the_first_run_no_exemption_parameter_counts_as_added() -> None:
    found = Settings.parse(parameters(), path="/p", exemption_parameters=values(3))
    report = a_report(previous=RunState())
    report = replace(report, facts=replace(report.facts, settings=found))
    assert not report.needs_digest
    assert found.after({}).edited == frozenset()


def test_a_new_version_with_the_same_value_is_no_edit() -> None:
    one = {"a": Parameter(value="alice", version=1)}
    two = {"a": Parameter(value="alice", version=2)}
    first = Settings.parse(parameters(), path="/p", exemption_parameters=one)
    second = Settings.parse(parameters(), path="/p", exemption_parameters=two)
    assert first.exemptions_fingerprint == second.exemptions_fingerprint


@pytest.mark.parametrize(
    ("left", "named", "gap", "told"),
    [
        (15, None, 1, False),
        (14, None, 1, True),
        (13, 14, 1, False),
        (2, 14, 1, False),
        (1, 14, 1, True),
        (1, 1, 1, False),
        (0, 1, 1, False),
        (0, None, 1, True),
        (-1, None, 1, False),
        (7, 14, 7, True),
        (8, 14, 7, False),
        (1, 7, 7, False),
    ],
)
def test_an_entry_is_named_14_days_before_its_end_and_by_the_last_run_before_it(
    left: int, named: int | None, gap: int, *, told: bool
) -> None:
    """`left` is in days, `named` how many were left when a digest named it, `gap` between runs."""
    until = in_days(left)
    entry = Exemption(pattern="alice", until=until, reason=None)
    now = replace(NOW, days_between_runs=gap)
    days = {} if named is None else {str(entry): in_days(left - named)}
    assert bool(to_be_named(ending([entry], now), days, now)) is told


def test_an_entry_beside_one_that_lasts_longer_does_not_end_soon() -> None:
    short = Exemption(pattern="alice", until=TODAY, reason=None)
    for until in (None, date(2027, 1, 1)):
        longer = Exemption(pattern="ALICE", until=until, reason="longer")
        assert ending([short, longer], NOW) == ()
        assert ending([longer, short], NOW) == ()
    assert ending([short, short], NOW) == (short,)


def test_the_first_entry_to_end_is_named_first() -> None:
    entries = [
        Exemption(pattern=name, until=in_days(n), reason=None)
        for n, name in ((9, "a"), (2, "c"), (5, "b"))
    ]
    assert [entry.pattern for entry in ending(entries, NOW)] == ["c", "b", "a"]


@pytest.mark.parametrize(("length", "fits"), [(39_980, True), (39_981, False)])
def test_entries_are_remembered_up_to_the_last_byte_of_their_room(
    length: int, *, fits: bool
) -> None:
    """Each takes 20 bytes more than its line."""
    assert bool(bounded(["x" * length])) is fits


def of_400_bytes(count: int) -> dict[str, Parameter]:
    """Return exemption parameters that take 400 bytes each in the run state."""
    return {f"{n:070}": Parameter(value="x" * 300, version=1) for n in range(count)}


@pytest.mark.parametrize(("count", "kept"), [(249, 249), (250, 250), (251, 250)])
def test_parameters_are_remembered_up_to_the_last_byte_of_their_room(count: int, kept: int) -> None:
    assert len(remembered(of_400_bytes(count))) == kept


@pytest.mark.parametrize(("count", "told"), [(240, True), (241, False)])
def test_an_added_parameter_is_told_if_the_last_run_had_room_for_it(
    count: int, *, told: bool
) -> None:
    """With less room left than the largest takes, it may have been there before."""
    before = of_400_bytes(count)
    now = before | {"z": Parameter(value="alice", version=1)}
    assert bool(changes_since(before, now)) is told


@pytest.mark.parametrize(("length", "remembered_length"), [(119, 119), (120, 120), (121, 115)])
def test_an_entry_of_up_to_120_characters_is_remembered_whole(
    length: int, remembered_length: int
) -> None:
    """Of a longer one, 100 characters and 12 of its hash: they stay the same in each version."""
    line = "x" * length
    found = remembered_line(line)
    assert len(found) == remembered_length
    assert (found == line) is (length <= 120)
    assert found.startswith("x" * 100)


def test_a_long_entry_is_remembered_by_its_beginning_and_a_hash() -> None:
    first, second = (f"alice # {'x' * 200}{end}" for end in "ab")
    assert remembered_line("alice # short") == "alice # short"
    assert len(remembered_line(first)) < 120
    assert remembered_line(first) != remembered_line(second)


def test_what_ended_is_news_once_even_where_its_line_is_long() -> None:
    line = f"alice until 2026-11-23 # {'x' * 300}"
    previous = RunState(
        parameters=parameters(exemptions=line), ended_exemptions=(remembered_line(line),)
    )
    assert a_report(previous=previous, exemptions=line).ended_exemptions == ()


@pytest.mark.parametrize(
    "pattern", ["alice", "ALICE", "al*", "/al*", "/alice", "akiaalice*", "akiaalice0000000001"]
)
def test_an_entry_is_found_by_name_path_and_key_id_as_without_an_index(pattern: str) -> None:
    entry = Exemption(pattern=pattern, until=None, reason=None)
    found = settings(exemptions=f"bob\n{pattern}\n/other/*")
    assert entry.covers(a_key())
    assert found.exemption_of(a_key(), TODAY) == entry
    by_user = found.exemption_of_user(a_key().user, TODAY)
    assert (by_user == entry) is entry.covers_user(a_key().user)


def test_of_many_entries_with_stars_each_is_found() -> None:
    lines = [f"a{n}-*b*c*" for n in range(60)] + [f"/team-{n}/*" for n in range(60)]
    found = settings(exemptions="\n".join(lines))
    for n in (0, 31, 59):
        user = User(name=f"A{n}-b-c", path=f"/team-{n}/", user_id="AIDA")
        names = [entry.pattern for entry in found.exemptions if entry.covers_user(user)]
        assert names == [f"a{n}-*b*c*", f"/team-{n}/*"]
        assert found.exemption_of_user(user, TODAY) is not None
    nobody = User(name="a1-b", path="/team/", user_id="AIDA")
    assert found.exemption_of_user(nobody, TODAY) is None
