"""Draws the scenario: one row for each key, one column for each day."""

from collections.abc import Iterator, Sequence

from local.demo.console import Style, styled
from local.demo.playback import Day
from local.demo.scenario import day_of
from local.demo.scenario_keys import KEYS, ScenarioKey
from local.demo.stages import Stage

_MARGIN = 22
_TICK = 10
_LEGEND_WIDTH = 30
_LEGEND_COLUMNS = 3
_SIGNS_BY_STYLE = {
    Style.GREEN: "WC.",
    Style.YELLOW: "Nn!~E",
    Style.RED: "D-A",
    Style.MAGENTA: "H?",
    Style.BLUE: "=",
    Style.BOLD: "Xm",
}
_STYLE_BY_SIGN = {sign: style for style, signs in _SIGNS_BY_STYLE.items() for sign in signs}


def draw(days: Sequence[Day]) -> Iterator[str]:
    """Yield the lines of the timeline, from the dates to the legend."""
    ticks = [day.day for day in days[::_TICK]]
    dates = (f"{day_of(day).day} {day_of(day):%b}".ljust(_TICK) for day in ticks)
    yield " " * _MARGIN + "".join(dates).rstrip()
    yield " " * _MARGIN + "".join("|".ljust(_TICK) for _ in ticks).rstrip()
    for key in KEYS:
        yield _margin(key) + "".join(_styled(_sign(key, day)) for day in days).rstrip()
    messages = "".join(_styled("m" if day.messages else " ") for day in days).rstrip()
    yield "  e-mail sent".ljust(_MARGIN) + messages
    yield ""
    yield from _legend()


def _margin(key: ScenarioKey) -> str:
    age = "new" if key.age is None else f"{key.age} d"
    return f"  {key.label:<12}{age:>6}".ljust(_MARGIN)


def _sign(key: ScenarioKey, day: Day) -> str:
    stage = day.observations[key.label].stage
    return stage.sign if stage else "?"


def _legend() -> Iterator[str]:
    meanings = {stage.sign: stage.legend for stage in Stage if stage is not Stage.ABSENT}
    cells = [f"{_styled(sign)} {text.ljust(_LEGEND_WIDTH - 2)}" for sign, text in meanings.items()]
    for start in range(0, len(cells), _LEGEND_COLUMNS):
        yield "  " + "".join(cells[start : start + _LEGEND_COLUMNS]).rstrip()


def _styled(sign: str) -> str:
    return styled(sign, _STYLE_BY_SIGN.get(sign, Style.PLAIN))
