"""Draws the scenario: one row for each key, one column for each day."""

from collections.abc import Iterator, Sequence

from local.demo.console import Style, styled
from local.demo.playback import Day
from local.demo.scenario import day_of
from local.demo.scenario_keys import KEYS, ScenarioKey
from local.demo.stages import Stage

_MARGIN = 20  # with 60 days, a row is 80 columns wide
_TICK = 10
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
    yield _row("e-mail", [bool(day.messages) for day in days])
    yield _row("mail to owners", [bool(day.mails) for day in days])
    yield ""
    yield from _legend()


def _margin(key: ScenarioKey) -> str:
    age = "new" if key.age is None else f"{key.age} d"
    return f" {key.label:<12}{age:>5}".ljust(_MARGIN)


def _row(what: str, on: Sequence[bool]) -> str:
    return (
        f" {what}".ljust(_MARGIN) + "".join(_styled("m" if each else " ") for each in on).rstrip()
    )


def _sign(key: ScenarioKey, day: Day) -> str:
    stage = day.observations[key.label].stage
    return stage.sign if stage else "?"


def _legend() -> Iterator[str]:
    meanings = {stage.sign: stage.legend for stage in Stage if stage is not Stage.ABSENT}
    cells = list(meanings.items())
    rows = [cells[i : i + _LEGEND_COLUMNS] for i in range(0, len(cells), _LEGEND_COLUMNS)]
    widths = [max(len(text) for _, text in cells[i::_LEGEND_COLUMNS]) for i in range(len(rows[0]))]
    for row in rows:
        columns = zip(row, widths, strict=False)
        line = "  ".join(f"{_styled(sign)} {text:<{width}}" for (sign, text), width in columns)
        yield f" {line}".rstrip()


def _styled(sign: str) -> str:
    return styled(sign, _STYLE_BY_SIGN.get(sign, Style.PLAIN))
