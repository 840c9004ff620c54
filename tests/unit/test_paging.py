"""How the outcomes of a report are divided among messages, with a size of one byte a key."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from key_rotation.reporting.email_body import Page
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.paging import paginate
from tests.unit.builders import an_outcome

HEAD = 10
"""The bytes of a message without outcomes."""


def size_of(page: Page) -> int:
    return HEAD + len(page.outcomes)


def pages(outcomes: Sequence[Outcome], *, room: int) -> list[Page]:
    """Divide, with room for so many outcomes in a message."""
    return paginate(outcomes, size_of, HEAD + room)


def some(
    count: int, *, triggers_digest: bool = True, section: Section = Section.NOTICED
) -> list[Outcome]:
    return [
        an_outcome(
            section, key_id=f"{section}{triggers_digest}{n}", triggers_digest=triggers_digest
        )
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("count", "sizes"),
    [(0, [0]), (1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50]), (300, [100] * 3)],
)
def test_messages_are_filled_one_after_the_other(count: int, sizes: list[int]) -> None:
    assert [len(page.outcomes) for page in pages(some(count), room=100)] == sizes


def test_messages_are_numbered() -> None:
    divided = pages(some(250), room=100)
    assert [(page.number, page.total) for page in divided] == [(1, 3), (2, 3), (3, 3)]


def test_no_message_is_larger_than_the_limit() -> None:
    for count in (1, 7, 99, 100, 101, 1_000):
        for page in pages(some(count) + some(count, triggers_digest=False), room=100):
            assert size_of(page) <= HEAD + 100


def test_a_message_has_room_for_the_numbers_of_what_it_leaves_out() -> None:
    """They are known only once it is divided, and SNS refuses a message that is too large."""

    def with_numbers(page: Page) -> int:
        return size_of(page) + 5 * len(page.left_out)

    listed = [
        outcome
        for section in (Section.EXEMPT, Section.UPCOMING)
        for outcome in some(300, triggers_digest=False, section=section)
    ]
    divided = paginate([*some(10), *listed], with_numbers, HEAD + 200)
    assert divided[-1].left_out
    assert all(with_numbers(page) <= HEAD + 200 for page in divided)


def test_few_messages_are_written_to_find_how_much_fits() -> None:
    """Writing one is slow: the size of one gives the number to try next."""
    tried: list[int] = []

    def noted(page: Page) -> int:
        tried.append(len(page.outcomes))
        return size_of(page)

    [page] = paginate(some(5_000, section=Section.DEFERRED), noted, HEAD + 1_000)
    assert len(page.outcomes) >= 970
    assert len(tried) <= 4


def test_no_number_of_outcomes_is_tried_twice() -> None:
    """Five small ones fill a message nearly, so that their size gives the same number again."""
    tried: list[int] = []

    def first_small_then_large(page: Page) -> int:
        count = len(page.outcomes)
        assert count not in tried
        tried.append(count)
        return 18 * min(count, 5) + 1_000 * max(count - 5, 0)

    [page] = paginate(some(40, section=Section.DEFERRED), first_small_then_large, 100)
    assert len(page.outcomes) == 5


def test_every_outcome_that_triggers_a_digest_is_on_one_page() -> None:
    outcomes = some(777)
    listed = [outcome for page in pages(outcomes, room=50) for outcome in page.outcomes]
    assert listed == outcomes


def test_what_is_only_listed_fills_the_last_page_and_the_others_are_counted() -> None:
    divided = pages(some(130) + some(500, triggers_digest=False, section=Section.EXEMPT), room=100)
    assert [len(page.outcomes) for page in divided] == [100, 100]
    assert [dict(page.left_out) for page in divided] == [{}, {Section.EXEMPT: 430}]


def test_the_outcomes_of_a_key_stay_together_though_one_of_them_is_only_listed() -> None:
    news = some(10)
    again = [
        an_outcome(Section.UPCOMING, key_id=outcome.access_key_id, triggers_digest=False)
        for outcome in news
    ]
    for page in pages([*news, *again], room=4):
        key_ids = [str(outcome.access_key_id) for outcome in page.outcomes]
        assert sorted(key_ids) == sorted(2 * list(dict.fromkeys(key_ids)))


def test_failures_of_users_need_few_messages_however_many_there_are() -> None:
    """They are repeated in each run, so a denied account must not get many messages a day."""
    failed = [an_outcome(Section.FAILED, user=f"user{n}", key_id=None) for n in range(5_000)]
    [first, second] = pages(failed, room=60)
    assert (len(first.outcomes), len(second.outcomes)) == (60, 60)
    assert second.left_out == {Section.FAILED: 4_880}


def test_the_first_failures_stand_before_the_notices_and_the_others_after_them() -> None:
    failed = [an_outcome(Section.FAILED, key_id=f"failed{n}") for n in range(101)]
    [page, last] = pages([*failed, *some(10)], room=105)
    listed = [str(outcome.access_key_id) for outcome in (*page.outcomes, *last.outcomes)]
    assert listed[:100] == [f"failed{n}" for n in range(100)]
    assert listed[100:110] == [str(outcome.access_key_id) for outcome in some(10)]
    assert listed[110:] == ["failed100"]


REPEATED = {Section.FAILED, Section.DEFERRED, Section.WAITING}


@pytest.mark.parametrize(
    ("section", "messages"),
    [(section, 1 if section in REPEATED else 3) for section in Section],
)
def test_only_what_no_later_run_repeats_needs_further_messages(
    section: Section, messages: int
) -> None:
    assert len(pages(some(250, section=section), room=100)) == messages


def test_in_report_mode_one_message_is_enough() -> None:
    """Nothing that only would happen is recorded as reported."""
    would = [replace(outcome, dry_run=True) for outcome in some(250)]
    [page] = pages(would, room=100)
    assert page.left_out == {Section.NOTICED: 150}


def test_an_outcome_that_fits_into_no_message_has_one_of_its_own() -> None:
    """Rather than never being reported; SNS then says what is wrong."""
    assert [len(page.outcomes) for page in pages(some(2), room=0)] == [1, 1]


def test_the_pages_follow_the_order_of_the_sections() -> None:
    sections = [s for s in reversed(Section) if s not in REPEATED - {Section.FAILED}]
    outcomes = [outcome for section in sections for outcome in some(3, section=section)]
    listed = [outcome.section for page in pages(outcomes, room=5) for outcome in page.outcomes]
    assert listed == sorted(listed, key=list(Section).index)
