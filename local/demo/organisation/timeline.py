"""Draws the scenario: one row for each account and for each of its keys, one column a day."""

from collections.abc import Iterator, Sequence

from local.demo.console import Style, styled
from local.demo.organisation.playback import Day
from local.demo.organisation.scenario import day_of
from local.demo.organisation.scenario_accounts import ACCOUNTS, ScenarioAccount, ScenarioKey
from local.demo.organisation.stages import LOOK_LEGEND, KeyStage, Look
from local.demo.organisation.verify import sign

_MARGIN = 34
_COLUMN = 4
_LEGEND_WIDTH = 34
_LEGEND_COLUMNS = 3
_STYLES = {
    Style.GREEN: "+C.",
    Style.YELLOW: "Nn!",
    Style.RED: "D-x?",
    Style.BOLD: "Xm",
}
_STYLE_BY_SIGN = {each: style for style, signs in _STYLES.items() for each in signs}


def draw(days: Sequence[Day]) -> Iterator[str]:
    """Yield the lines of the timeline, from the dates to the legend."""
    yield " " * _MARGIN + "".join(f"{day_of(day.day).day:<{_COLUMN}}" for day in days).rstrip()
    for account in ACCOUNTS:
        yield ""
        looks = [str(day.looks[account.name]) for day in days]
        yield _row(_account_margin(account), looks, Style.BOLD)
        for key in account.keys:
            signs = [sign(day.keys[account.name, key.user]) for day in days]
            yield _row(_key_margin(key), signs)
    yield ""
    yield _row("e-mail of the organization", ["m" if day.messages else " " for day in days])
    team = ["m" if any(m.recipients for m in day.team_messages) else " " for day in days]
    yield _row("e-mail to the team of shop", team)
    yield _row("mail to the owner of try-out", ["m" if day.mails else " " for day in days])
    yield ""
    yield from _legend()


def _row(margin: str, signs: Sequence[str], style: Style = Style.PLAIN) -> str:
    columns = "".join(f"{_styled(each)}{' ' * (_COLUMN - 1)}" for each in signs)
    return (styled(f"  {margin}".ljust(_MARGIN), style) + columns).rstrip()


def _account_margin(account: ScenarioAccount) -> str:
    return f"{account.name}, {account.unit or 'root'}"


def _key_margin(key: ScenarioKey) -> str:
    return f"  {key.user:<14}{key.age:>4} d"


def _legend() -> Iterator[str]:
    meanings = {str(look): LOOK_LEGEND[look] for look in Look if look in LOOK_LEGEND}
    meanings |= {each.sign: each.legend for each in KeyStage if each is not KeyStage.ABSENT}
    cells = [f"{_styled(each)} {text.ljust(_LEGEND_WIDTH - 2)}" for each, text in meanings.items()]
    for start in range(0, len(cells), _LEGEND_COLUMNS):
        yield "  " + "".join(cells[start : start + _LEGEND_COLUMNS]).rstrip()


def _styled(character: str) -> str:
    return styled(character, _STYLE_BY_SIGN.get(character, Style.PLAIN))
