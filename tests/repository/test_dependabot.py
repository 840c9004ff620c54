"""Dependabot updates every lock, and waits before it accepts a new release."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
UPDATES: list[dict[str, Any]] = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())[
    "updates"
]
SOURCES = [*ROOT.glob("*.in"), *ROOT.glob("[a-z]*/**/*.in")]


def _entries(ecosystem: str) -> list[dict[str, Any]]:
    return [update for update in UPDATES if update["package-ecosystem"] == ecosystem]


def _directory(update: dict[str, Any]) -> Path:
    directory: str = update["directory"]
    return ROOT / directory.strip("/")


def _entry_of(source: Path) -> dict[str, Any]:
    """Find the entry that updates a lock: in its directory, or in the one above it."""
    near = {source.parent, source.parent.parent}
    (entry,) = [update for update in _entries("uv") if _directory(update) in near]
    return entry


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_lock_is_updated_but_for_what_its_source_pins_exactly(source: Path) -> None:
    pinned = set(re.findall(r"^([\w-]+)==", source.read_text(), re.MULTILINE))
    ignored = {rule["dependency-name"] for rule in _entry_of(source)["ignore"]}
    assert pinned <= ignored


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_header_of_every_lock_has_the_options_that_dependabot_compiles_with(
    source: Path,
) -> None:
    header = source.with_suffix(".txt").read_text().splitlines()[1]
    assert "uv pip compile --universal --python-version 3.11 --generate-hashes" in header


def test_the_actions_and_the_cdk_cli_of_the_tests_are_updated() -> None:
    assert [_directory(update) for update in _entries("github-actions")] == [ROOT]
    (npm,) = _entries("npm")
    assert (_directory(npm) / "package-lock.json").is_file()


def test_a_new_release_waits_a_week() -> None:
    assert all(update["cooldown"]["default-days"] == 7 for update in UPDATES)
