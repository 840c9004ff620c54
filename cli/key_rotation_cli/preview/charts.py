"""The geometry of the page's two charts, which the template draws as SVG. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from key_rotation.domain.settings import Settings
from key_rotation.reporting.outcome import Section
from key_rotation_cli.dates import short_date
from key_rotation_cli.preview import words

WIDTH, HEIGHT = 720.0, 220.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 16.0, 26.0, 30.0
MOST_BINS = 24
BIN_WIDTHS = (1, 2, 5, 10, 15, 30, 60, 90, 180, 365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A rectangle.

    style: the class of its colour
    title: what it stands for, in words
    """

    x: float
    y: float
    width: float
    height: float
    style: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A label on an axis, or a line across the chart; `at` is its place in pixels."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart.

    rows: its numbers, for a table of its own: a label, and a number for each of `columns`; none
        where the calendar has them
    lines: vertical lines with a label
    """

    bars: tuple[Bar, ...]
    x_marks: tuple[Mark, ...]
    y_marks: tuple[Mark, ...]
    lines: tuple[Mark, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]


def ages_chart(ages: Sequence[int], settings: Settings) -> Chart:
    """Return the histogram of the ages of active keys in days, with lines where a rule begins."""
    limit = settings.max_age.days
    most = max([*ages, limit + 10])
    step = next((width for width in BIN_WIDTHS if most // width < MOST_BINS), BIN_WIDTHS[-1])
    bins = most // step + 1
    counts = [
        sum(start <= age < start + step for age in ages) for start in range(0, bins * step, step)
    ]
    labels = [f"{n * step} to {(n + 1) * step - 1} days" for n in range(bins)]
    scale = _Scale(slots=bins, most=max(counts, default=0))
    bars = [
        scale.bar(n, 0, count, "age", f"{label}: {count}")
        for n, (label, count) in enumerate(zip(labels, counts, strict=True))
    ]
    lines = [
        Mark(at=scale.x(limit / step), text=f"stale: {limit}"),
        Mark(
            at=scale.x((limit - settings.notice.days) / step),
            text=f"notice: {limit - settings.notice.days}",
        ),
    ]
    ticks = [Mark(at=scale.x(n), text=str(n * step)) for n in range(0, bins + 1, max(1, bins // 8))]
    rows = tuple((label, (count,)) for label, count in zip(labels, counts, strict=True) if count)
    return Chart(
        bars=tuple(bar for bar in bars if bar.height),
        x_marks=tuple(ticks),
        y_marks=scale.y_marks(),
        lines=tuple(lines if settings.notice else lines[:1]),
        columns=("Active keys",),
        rows=rows,
    )


def changes_chart(days: Mapping[date, Mapping[Section, int]]) -> Chart:
    """Return the deactivations and deletions of each day, stacked."""
    found = [[counts[section] for section in words.CHANGES] for counts in days.values()]
    scale = _Scale(slots=len(found), most=max((sum(counts) for counts in found), default=0))
    bars: list[Bar] = []
    for slot, (day, counts) in enumerate(zip(days, found, strict=True)):
        below = 0
        for section, count in zip(words.CHANGES, counts, strict=True):
            title = f"{short_date(day)}: {count} {section}"
            bars.append(scale.bar(slot, below, count, str(section), title))
            below += count
    dates = list(days)
    every = max(1, len(dates) // 6)
    ticks = [
        Mark(at=scale.x(n + 0.5), text=f"{dates[n].day} {dates[n]:%b}")
        for n in range(0, len(dates), every)
    ]
    return Chart(
        bars=tuple(bar for bar in bars if bar.height),
        x_marks=tuple(ticks),
        y_marks=scale.y_marks(),
        lines=(),
        columns=(),
        rows=(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """Places slots from left to right, and counts from the bottom up."""

    slots: int
    most: int

    def x(self, slot: float) -> float:
        return round(LEFT + slot * (WIDTH - LEFT - RIGHT) / max(self.slots, 1), 1)

    def y(self, count: float) -> float:
        return round(HEIGHT - BOTTOM - count * (HEIGHT - TOP - BOTTOM) / max(self.most, 1), 1)

    def bar(self, slot: int, below: int, count: int, style: str, title: str) -> Bar:
        x, y = self.x(slot), self.y(below + count)
        gap = 1.0
        return Bar(
            x=x + gap / 2,
            y=y,
            width=round(max(self.x(slot + 1) - x - gap, 1.0), 1),
            height=round(self.y(below) - y, 1),
            style=style,
            title=title,
        )

    def y_marks(self) -> tuple[Mark, ...]:
        """Mark the bottom, the top, and what is between them in whole numbers."""
        step = max(1, -(-self.most // 4))
        return tuple(
            Mark(at=self.y(count), text=f"{count:,}") for count in range(0, self.most + 1, step)
        )
