"""What a person reads on the terminal."""

import pytest

from tests.cli.preview.builders import a_preview, an_observed_key, some_keys
from tests.cli.preview.example_preview import FILE, as_text, example_preview
from tests.unit.builders import settings


def test_the_example_in_the_documents_is_what_the_command_shows() -> None:
    assert example_preview() == FILE.read_text(encoding="utf-8")


@pytest.mark.no_cover
@pytest.mark.parametrize("count", [0, 1, 50, 300])
def test_no_line_is_wider_than_the_terminal(count: int) -> None:
    assert max(map(len, as_text(a_preview(*some_keys(count))).splitlines())) <= 80


def test_a_hostile_name_stays_text_in_one_line() -> None:
    name = "[red]x[/red]\x1b[31m\nroot"
    text = as_text(a_preview(an_observed_key(1, user=name, age=400, used=1)), width=120)
    assert "[red]x[/red] [31m root" in text
    assert "\x1b" not in text


def test_a_long_table_says_how_many_rows_are_left_out() -> None:
    keys = [an_observed_key(n, user=f"user{n}", age=100, used=1) for n in range(45)]
    text = as_text(a_preview(*keys), width=120)
    assert "5 more: write them with --html, --csv or --json" in text


def test_what_is_missing_is_named() -> None:
    text = as_text(a_preview(missing=["There is no credential report."]), width=120)
    assert "Missing  There is no credential report." in text


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        ("25", "2 keys are due; at 25 a run the last one stops working on Tue 1 Dec 2026."),
        ("1", "2 keys are due; at 1 a run the last one stops working on Wed 2 Dec 2026."),
        ("0", "2 keys are due; while changes are paused, none of them stops working."),
    ],
)
def test_the_backlog_is_one_sentence(limit: str, text: str) -> None:
    keys = [an_observed_key(n, user=f"user{n}", age=100) for n in range(2)]
    shown = as_text(a_preview(*keys, current=settings(max_changes_per_run=limit)), width=200)
    assert text in shown
    assert "The smallest limit that works that off in 30 days is 1." in shown


def test_a_backlog_that_no_limit_works_off_in_time_says_so() -> None:
    current = settings(notice_days="45")
    shown = as_text(a_preview(an_observed_key(1, user="x", age=100), current=current), width=200)
    assert "No limit works that off in 30 days." in shown
