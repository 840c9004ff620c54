"""Divides the outcomes of a report among as few messages as they fit into."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from key_rotation.reporting.email_body import Page
from key_rotation.reporting.outcome import Outcome, Section

MOST = 9_999
"""Stands for the numbers of a page while its size is measured: the final ones are not longer."""

MAX_FAILED = 100
"""Failures that stand before all others, even where they do not all fit."""
FIRST_GUESS = 256
NEARLY_FULL = 0.97

Group = tuple[Outcome, ...]
SizeOf = Callable[[Page], int]


def paginate(outcomes: Iterable[Outcome], size_of: SizeOf, limit: int) -> list[Page]:
    """Divide outcomes into pages of at most `limit` bytes.

    size_of: returns the bytes of the message that a page becomes

    The outcomes of one key stay on one page. What needs delivery is on one of the pages, after the
    first failures. The last page lists the others as far as it has room, and its `left_out` counts
    the rest: without this, an account of which nothing can be read would get many messages a day.
    """
    groups = _by_key(outcomes)
    failed = [group for group in groups if _is_failed(group)]
    others = [group for group in groups if not _is_failed(group)]
    required = [*failed[:MAX_FAILED], *filter(_needs_delivery, others)]
    news = [group for group in others if _is_news(group) and not _needs_delivery(group)]
    routine = [*failed[MAX_FAILED:], *news, *(group for group in others if not _is_news(group))]
    pages: list[list[Group]] = []
    while required:
        count = max(1, _how_many_fit([], required, size_of, limit))
        pages.append(required[:count])
        required = required[count:]
    last = pages.pop() if pages else []
    listed = routine[: _how_many_fit(last, routine, size_of, limit)]
    left_out = Counter(o.section for group in routine[len(listed) :] for o in group)
    pages.append(last + listed)
    return [
        Page(
            number=number,
            total=len(pages),
            outcomes=_flat(groups),
            left_out=left_out if number == len(pages) else {},
        )
        for number, groups in enumerate(pages, start=1)
    ]


def _by_key(outcomes: Iterable[Outcome]) -> list[Group]:
    """Group by key, in the order of the sections; each user without a key id is a group."""
    groups: dict[object, list[Outcome]] = {}
    for number, outcome in enumerate(outcomes):
        groups.setdefault(outcome.access_key_id or number, []).append(outcome)
    order = list(Section)
    return sorted(
        (tuple(group) for group in groups.values()),
        key=lambda group: min(order.index(outcome.section) for outcome in group),
    )


def _needs_delivery(group: Group) -> bool:
    return any(outcome.needs_delivery for outcome in group)


def _is_news(group: Group) -> bool:
    return any(outcome.triggers_digest for outcome in group)


def _is_failed(group: Group) -> bool:
    return group[0].section is Section.FAILED and not _needs_delivery(group)


def _how_many_fit(
    head: Sequence[Group], groups: Sequence[Group], size_of: SizeOf, limit: int
) -> int:
    """Return how many groups fit on a page behind its head, or a few less."""

    def size_with(count: int) -> int:
        page = Page(
            number=MOST,
            total=MOST,
            outcomes=_flat([*head, *groups[:count]]),
            left_out=dict.fromkeys(Section, MOST),
        )
        return size_of(page)

    return how_many_fit(len(groups), size_with, limit)


def how_many_fit(available: int, size_with: Callable[[int], int], limit: int) -> int:
    """Return how many entries fit into a message of at most `limit` bytes, or a few less.

    available: how many there are
    size_with: returns the bytes of the message with the first so many entries

    Writing a message is slow, so the next number to try is estimated from the size of the last.
    """
    fit, too_many = 0, available + 1
    guess = min(FIRST_GUESS, available)
    while too_many - fit > 1:
        size = size_with(guess)
        if size > limit:
            too_many = guess
        else:
            fit = guess
            if size > NEARLY_FULL * limit:
                break
        guess = min(max(int(guess * limit / size), fit + 1), too_many - 1)
    return fit


def _flat(groups: Iterable[Group]) -> tuple[Outcome, ...]:
    return tuple(outcome for group in groups for outcome in group)
