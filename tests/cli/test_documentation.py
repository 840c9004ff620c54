"""docs/cli.md has a section on each command, with each of its options."""

import re
from pathlib import Path

import pytest
import typer

from key_rotation_cli.main import app

PAGE = (Path(__file__).parents[2] / "docs/cli.md").read_text()
EVERYWHERE = {"--profile", "--region", "--stack", "--json", "--help", "-h", "--yes", "-y"}
"""What the page says once, for all commands."""


def commands(group: typer.core.TyperGroup, prefix: str = "") -> dict[str, typer.core.TyperCommand]:
    """Return all commands by name, those of a group as `exempt add`."""
    found: dict[str, typer.core.TyperCommand] = {}
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            found |= commands(command, f"{prefix}{name} ")
        elif isinstance(command, typer.core.TyperCommand):
            found[f"{prefix}{name}"] = command
    return found


def _app() -> typer.core.TyperGroup:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    return group


COMMANDS = commands(_app())
SECTIONS = {
    section.partition("\n")[0].strip("` "): section
    for section in re.split(r"^##+ ", PAGE, flags=re.MULTILINE)[1:]
}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_a_section_with_each_of_its_options(name: str) -> None:
    section = SECTIONS[name.partition(" ")[0]]
    assert name in section
    for parameter in COMMANDS[name].params:
        for option in set(parameter.opts) - EVERYWHERE:
            assert option.startswith("-") <= (option in section), option


def test_each_section_is_a_command() -> None:
    assert SECTIONS.keys() == {name.partition(" ")[0] for name in COMMANDS}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_each_command_has_one_example(name: str) -> None:
    text = COMMANDS[name].help or ""
    assert len(re.findall(rf"^Example: key-rotation {name}\b", text, re.MULTILINE)) == 1
