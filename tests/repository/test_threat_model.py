"""The threat model names what shows each statement, and these files exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/threat-model.md").read_text()
ROWS = [
    row.strip("| ").split(" | ")
    for row in TEXT.partition("## Actors")[2].splitlines()
    if row.startswith("| ")
][2:]
FILES = sorted(set(re.findall(r"`([\w./]+\.\w+)`", TEXT)))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_actor_has_what_stops_it_with_a_file_that_shows_it_and_what_remains(
    row: list[str],
) -> None:
    _, _, stops, remains = row
    assert re.search(r"`(tests|functions)/[\w/]+\.py`", stops)
    assert remains


@pytest.mark.parametrize("file", FILES)
def test_every_file_that_the_threat_model_names_exists(file: str) -> None:
    assert (ROOT / file).is_file()


def test_the_threat_model_counts_the_refused_actions_as_the_test_plan_does() -> None:
    (refused,) = re.findall(r"(\d+) in all", (ROOT / "docs/testing.md").read_text())
    assert f"; {refused} other actions are refused" in TEXT
