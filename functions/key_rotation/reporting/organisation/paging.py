"""Divides what an organization's digest names among a few messages."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from key_rotation.reporting.organisation.key_entry import KeyEntry, news_entries
from key_rotation.reporting.organisation.page import MAX_NAMED, Item, Page, failing_first
from key_rotation.reporting.organisation.report import NotLookedAt, OrganisationReport
from key_rotation.reporting.outcome import Section
from key_rotation.reporting.paging import MAX_FAILED, how_many_fit

MOST = 9_999_999
"""Stands for the numbers of a page while its size is measured: the final ones are not longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much a digest may take.

    size_of: returns the bytes of the message of a page
    limit: the bytes of a message
    messages: how many there are at most
    names: how many accounts or parameters each kind of other news names
    sections: those that a page may have to count as left out
    """

    size_of: Callable[[Page], int]
    limit: int
    messages: int
    names: int = MAX_NAMED
    sections: frozenset[Section] = frozenset(Section)

    def first(self, items: Sequence[Item], *, page: int, head: Sequence[Item] = ()) -> int:
        """Return how many items fit on a page behind others, or a few less."""

        def size_with(count: int) -> int:
            return self._size(page, (*head, *items[:count]))

        return how_many_fit(len(items), size_with, self.limit)

    def first_in_half(self, items: Sequence[Item]) -> int:
        """Return how many fit into half of the first page, and at least one."""
        half = replace(self, limit=self.limit // 2)
        return max(1, half.first(items, page=1))

    def with_names_that_fit(self) -> Self:
        """Name fewer accounts and parameters if they would take more than half of a message."""
        room = self
        while room.names > 1 and room._size(1, ()) > room.limit // 2:
            room = replace(room, names=room.names // 2)
        return room

    def _size(self, number: int, items: tuple[Item, ...]) -> int:
        """Return the size of a page with the longest numbers of what is left out."""
        most = dict.fromkeys(self.sections, MOST)
        page = Page(
            number=1 if number == 1 else MOST,
            total=MOST,
            items=items,
            names=self.names,
            left_for_tomorrow=most,
            not_listed=most,
            accounts_not_listed=MOST,
        )
        return self.size_of(page)


def whole_page(report: OrganisationReport) -> Page:
    """Return everything on one page."""
    items: tuple[Item, ...] = (*failing_first(report), *news_entries(report))
    return Page(number=1, total=1, items=items)


def paginate(report: OrganisationReport, room: Room) -> list[Page]:
    """Divide the digest into at most `room.messages` pages of at most `room.limit` bytes.

    Accounts that were not looked at come first, up to half of the first page, then the first
    failures, then what needs delivery. The last page names the others as far as it has room.
    """
    accounts, keys = failing_first(report), news_entries(report)
    sections = frozenset(outcome.section for key in keys for outcome in key.outcomes)
    room = replace(room, sections=sections).with_names_that_fit()
    shown = room.first_in_half(accounts) if accounts else 0
    failed = [key for key in keys if key.section is Section.FAILED and not key.needs_delivery]
    delivered = sorted(filter(_needs_delivery, keys), key=_can_wait)
    others = [key for key in keys if key.section is not Section.FAILED and not key.needs_delivery]
    required: list[Item] = [*accounts[:shown], *failed[:MAX_FAILED], *delivered]
    routine: list[Item] = [*accounts[shown:], *failed[MAX_FAILED:], *others]
    pages: list[list[Item]] = []
    while required and len(pages) < room.messages:
        count = max(1, room.first(required, page=len(pages) + 1))
        pages.append(required[:count])
        required = required[count:]
    last = pages.pop() if pages else []
    listed = 0 if required else room.first(routine, page=len(pages) + 1, head=last)
    pages.append([*last, *routine[:listed]])
    rest = [*required, *routine[listed:]]
    pattern = Page(
        number=1,
        total=len(pages),
        items=(),
        names=room.names,
        left_for_tomorrow=_count(required),
        not_listed=_count(routine[listed:]),
        accounts_not_listed=sum(isinstance(item, NotLookedAt) for item in rest),
    )
    return [
        replace(pattern, number=number, items=tuple(items))
        for number, items in enumerate(pages, start=1)
    ]


def _needs_delivery(key: KeyEntry) -> bool:
    return key.needs_delivery


def _can_wait(key: KeyEntry) -> bool:
    """Return whether tomorrow is early enough: a notice names a day then, a reminder cannot."""
    return key.section is Section.NOTICED


def _count(items: Iterable[Item]) -> Mapping[Section, int]:
    """Count the outcomes of keys that are news."""
    return Counter(
        outcome.section
        for item in items
        if isinstance(item, KeyEntry)
        for outcome in item.outcomes
        if outcome.triggers_digest
    )
