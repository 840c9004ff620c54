"""How the outcomes of a report are divided among messages, with a size of one byte a key."""

from collections.abc import Sequence

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


def test_users_without_a_key_id_are_divided_as_well() -> None:
    failed = [an_outcome(Section.FAILED, user=f"user{n}", key_id=None) for n in range(30)]
    assert [len(page.outcomes) for page in pages(failed, room=10)] == [10, 10, 10]


def test_an_outcome_that_fits_into_no_message_has_one_of_its_own() -> None:
    """Rather than never being reported; SNS then says what is wrong."""
    assert [len(page.outcomes) for page in pages(some(2), room=0)] == [1, 1]


def test_the_pages_follow_the_order_of_the_sections() -> None:
    outcomes = [outcome for section in reversed(Section) for outcome in some(3, section=section)]
    listed = [outcome.section for page in pages(outcomes, room=5) for outcome in page.outcomes]
    assert listed == sorted(listed, key=list(Section).index)
