"""The plot, as SVG by hand: no library is needed to draw some lines."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from bench.jobs import GROWTH, LARGE, MIDDLE, SMALL
from bench.product import DEACTIVATIONS, FULL_SCAN, QUIET
from bench.results import Result

WIDTH, HEIGHT = 1120, 850
PANEL_WIDTH, PANEL_HEIGHT = 300, 280
COLOURS = {
    DEACTIVATIONS: "#0b6e4f",
    QUIET: "#5fb49c",
    FULL_SCAN: "#9bc53d",
    "minimal": "#7a7a7a",
    "thread_pool": "#e0a100",
    "sequential": "#c44536",
    "custodian-report": "#5b5ea6",
    "custodian-keys": "#2d3a8c",
}
NAMES = {
    DEACTIVATIONS: "key-rotation, day of the deactivations",
    "minimal": "least possible",
    "thread_pool": "thread pool over all users",
    "sequential": "one user after the other",
    "custodian-report": "Cloud Custodian, credential report",
    "custodian-keys": "Cloud Custodian, access-key filter",
}
YARDSTICKS = {"minimal": "2 4", "thread_pool": "9 5", "sequential": "3 9"}
"""Dashed, for some lie on each other."""
Points = Sequence[tuple[float, float]]
Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One coordinate system with its lines, by tool."""

    title: str
    across: str
    lines: dict[str, Points]
    x_ticks: Sequence[float]
    y_ticks: Sequence[float]
    logarithmic: bool
    left: int
    top: int

    def draw(self) -> Iterable[str]:
        """Draw it."""
        x = self._scale(self.x_ticks, self.left, self.left + PANEL_WIDTH)
        y = self._scale(self.y_ticks, self.top + PANEL_HEIGHT, self.top)
        yield _text(self.left, self.top - 16, self.title, weight="bold", size=15)
        for tick in self.y_ticks:
            yield _line([(self.left, y(tick)), (self.left + PANEL_WIDTH, y(tick))], "#dddddd", 1)
            yield _text(self.left - 8, y(tick) + 4, _number(tick), anchor="end")
        for tick in self.x_ticks:
            yield _text(x(tick), self.top + PANEL_HEIGHT + 18, _number(tick), anchor="middle")
        middle = self.left + PANEL_WIDTH / 2
        yield _text(middle, self.top + PANEL_HEIGHT + 38, self.across, anchor="middle")
        for name, points in reversed(self.lines.items()):
            placed = [(x(across), y(up)) for across, up in points]
            bold = name == DEACTIVATIONS
            width = 3 if bold else 2
            yield _line(placed, COLOURS[name], width, dashes=YARDSTICKS.get(name, ""))
            for centre_x, centre_y in placed:
                yield (
                    f'<circle cx="{centre_x:.1f}" cy="{centre_y:.1f}" r="{4 if bold else 3}" '
                    f'fill="{COLOURS[name]}"/>'
                )

    def _scale(self, ticks: Sequence[float], low: float, high: float) -> Scale:
        form: Scale = math.log10 if self.logarithmic else float
        first, last = form(ticks[0]), form(ticks[-1])
        return lambda value: low + (form(value) - first) / (last - first) * (high - low)


def draw(results: Sequence[Result]) -> str:
    """Draw calls and seconds against users, and what the product's calls grow with."""
    fair = [result for result in results if result.rate is None]
    sizes = (SMALL, MIDDLE, LARGE)
    compared = [result for result in fair if any(_is_of(result, size) for size in sizes)]
    users = [size.users for size in sizes]
    panels = (
        Panel(
            title="IAM calls of a run",
            across="users (half of them with a key)",
            lines={
                name: _by_users(compared, name, lambda result: result.calls) for name in COLOURS
            },
            x_ticks=users,
            y_ticks=(1, 10, 100, 1000, 10000, 100000),
            logarithmic=True,
            left=80,
            top=90,
        ),
        Panel(
            title="Seconds of a run, at 40 ms a call",
            across="users (half of them with a key)",
            lines={
                name: _by_users(compared, name, lambda result: result.seconds) for name in COLOURS
            },
            x_ticks=users,
            y_ticks=(1, 10, 100, 1000),
            logarithmic=True,
            left=460,
            top=90,
        ),
        Panel(
            title="Calls while users grow, 200 keys stale",
            across="users",
            lines=_growth(fair, [MIDDLE, LARGE, *GROWTH[:2]], lambda result: result.users),
            x_ticks=(0, 1000, 2000, 3000, 4000, 5000),
            y_ticks=(0, 250, 500, 750, 1000, 1250),
            logarithmic=False,
            left=80,
            top=490,
        ),
        Panel(
            title="Calls while stale keys grow, 1,000 users",
            across="stale keys",
            lines=_growth(fair, [MIDDLE, *GROWTH[2:]], lambda result: result.stale or 0),
            x_ticks=(0, 100, 200, 300, 400),
            y_ticks=(0, 250, 500, 750, 1000, 1250),
            logarithmic=False,
            left=460,
            top=490,
        ),
    )
    parts = [part for panel in panels for part in panel.draw()]
    return "\n".join((_HEAD, *parts, *_legend(), "</svg>\n"))


_HEAD = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
    'font-family="Helvetica, Arial, sans-serif">\n'
    f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n'
    '<text x="80" y="36" font-size="19" font-weight="bold" fill="#222222">'
    "What a run costs: 200 stale keys (20 at 100 users)</text>"
)


def _is_of(result: Result, size: object) -> bool:
    """Say whether it was measured on this account; a day without work counts for each."""
    users, stale = getattr(size, "users", None), getattr(size, "stale", None)
    return result.users == users and result.stale in {stale, None}


def _by_users(results: Iterable[Result], name: str, value: Callable[[Result], float]) -> Points:
    return sorted((result.users, value(result)) for result in results if result.tool == name)


def _growth(
    results: Iterable[Result], sizes: Sequence[object], across: Callable[[Result], float]
) -> dict[str, Points]:
    ours = [result for result in results if result.tool == DEACTIVATIONS]
    found = [result for result in ours if any(_is_of(result, size) for size in sizes)]
    return {DEACTIVATIONS: sorted((across(result), result.calls) for result in found)}


def _legend() -> Iterable[str]:
    for place, (name, colour) in enumerate(COLOURS.items()):
        top = 110 + 26 * place
        dashes = YARDSTICKS.get(name, "")
        yield _line([(800, top - 4), (828, top - 4)], colour, 3, dashes=dashes)
        yield _text(836, top, NAMES.get(name, name), size=13)


def _line(points: Points, colour: str, width: float, *, dashes: str = "") -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>'
    )


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal", size: int = 12
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" '
        f'font-size="{size}" fill="#333333">{escape(text)}</text>'
    )


def _number(value: float) -> str:
    return f"{value:,.0f}"
