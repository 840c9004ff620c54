"""Fuzz: no credential report, however malformed, hides a user."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from key_rotation.adapters.credential_report import parse
from key_rotation.domain.inventory import CredentialReportRow, ListedUser, ReportedKey
from key_rotation.domain.model import User
from key_rotation.domain.selection import select_users
from tests.unit import builders
from tests.unit.builders import NOON, NOW, days_ago

FUZZ = settings(max_examples=250, deadline=None, derandomize=True, database=None)
COLUMNS = (
    "user",
    "arn",
    "user_creation_time",
    "password_last_used",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "additional_credentials_info",
)
FORMS = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S+00:00")
NAME = st.text(min_size=1, max_size=12) | st.sampled_from(["al,ice", 'b"ob', "<root_account>", " "])
CELL = st.one_of(
    st.sampled_from(["true", "false", "TRUE", "N/A", "", "no_information", "not_supported"]),
    st.text(max_size=10),
    st.datetimes().flatmap(lambda at: st.sampled_from(FORMS).map(at.strftime)),
)
AGE = st.integers(0, 3000)


def to_csv(rows: Sequence[Sequence[str]], *, newline: bool = True) -> str:
    """Return rows as CSV, optionally without the last line break."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue() if newline else out.getvalue().rstrip("\n")


def parse_rows(text: str) -> dict[str, CredentialReportRow]:
    """Return the rows that can be read; text that is no CSV has none."""
    try:
        return dict(parse(text))
    except csv.Error:
        return {}


@FUZZ
@given(text=st.text(max_size=200))
@example(text="user\x00,a\n1,2")
@example(text='user,"')
def test_any_text_is_parsed_without_an_unexpected_error(text: str) -> None:
    assert all(isinstance(row, CredentialReportRow) for row in parse_rows(text).values())


@FUZZ
@given(
    head=st.lists(st.sampled_from(COLUMNS) | st.text(max_size=5), max_size=12),
    rows=st.lists(st.lists(CELL, max_size=12), max_size=4),
    newline=st.booleans(),
)
def test_unknown_and_missing_columns_give_complete_rows_or_none(
    head: list[str], rows: list[list[str]], *, newline: bool
) -> None:
    for row in parse_rows(to_csv([head, *rows], newline=newline)).values():
        assert row.created.tzinfo
        assert len(row.keys) == 2
        assert all(key.rotated is None or key.rotated.tzinfo for key in row.keys)


@FUZZ
@given(
    name=NAME,
    user_age=AGE,
    key_ages=st.lists(AGE, min_size=1, max_size=3),
    active=st.lists(st.booleans(), min_size=3, max_size=3),
    form=st.sampled_from(FORMS),
    order=st.permutations(COLUMNS),
    newline=st.booleans(),
    damage=st.dictionaries(st.sampled_from(COLUMNS[1:-1]), CELL, max_size=1),
    thresholds=st.sampled_from([("90", "7"), ("20", "0"), ("2", "1"), ("1000", "90")]),
)
@example(
    name='a,"b', user_age=91, key_ages=[90], active=[True] * 3, form=FORMS[0], order=COLUMNS,
    newline=False, damage={}, thresholds=("90", "7"),
)  # fmt: skip
def test_a_user_with_a_due_key_is_always_selected(
    name: str,
    user_age: int,
    key_ages: list[int],
    active: list[bool],
    form: str,
    order: Sequence[str],
    *,
    newline: bool,
    damage: dict[str, str],
    thresholds: tuple[str, str],
) -> None:
    """A cell that cannot be understood may only select more users."""
    max_age, notice = thresholds
    parsed = builders.settings(max_age_days=max_age, notice_days=notice)
    created = days_ago(max(user_age, *key_ages))
    keys = [(days_ago(age), is_active) for age, is_active in zip(key_ages, active, strict=False)]
    cells = {
        "user": name,
        "arn": "arn",
        "user_creation_time": created.strftime(form),
        "password_last_used": "no_information",
        "additional_credentials_info": "more" if len(keys) > 2 else "N/A",
    }
    for number in (1, 2):
        key = keys[number - 1] if len(keys) >= number else None
        cells[f"access_key_{number}_active"] = "true" if key and key[1] else "false"
        cells[f"access_key_{number}_last_rotated"] = key[0].strftime(form) if key else "N/A"
    valid = {"true", "TRUE", "false", "FALSE", "N/A", "", "more"}
    cells |= {
        column: cell for column, cell in damage.items() if cell not in valid and not _is_date(cell)
    }
    rows = parse_rows(to_csv([order, [cells[column] for column in order]], newline=newline))
    listed = ListedUser(user=User(name=name, path="/", user_id="AIDA1"), created=created)
    due = any(
        is_active and NOW.day(at) + parsed.max_age - parsed.notice <= NOW.today
        for at, is_active in keys
    )
    selected = select_users([listed], rows, always=frozenset(), now=NOW, settings=parsed)
    assert selected == (listed,) or not due


@FUZZ
@given(age=AGE, later=st.integers(0, 400), other=st.none() | AGE, seconds=st.floats(-0.9, 0.9))
def test_a_row_of_an_earlier_user_of_the_same_name_is_ignored(
    age: int, later: int, other: int | None, seconds: float
) -> None:
    """The report may still list a user who was deleted and created again."""
    rotated = None if other is None else days_ago(other)
    row = CredentialReportRow(
        created=days_ago(age + later) + timedelta(seconds=seconds),
        keys=(
            ReportedKey(active=rotated is not None, rotated=rotated),
            ReportedKey(active=False, rotated=None),
        ),
        has_more_keys=False,
    )
    listed = ListedUser(user=User(name="alice", path="/", user_id="AIDA1"), created=days_ago(age))
    parsed = builders.settings()
    selected = select_users([listed], {"alice": row}, always=frozenset(), now=NOW, settings=parsed)
    assert selected or age < 83 or later == 0


def _is_date(text: str) -> bool:
    try:
        return datetime.fromisoformat(text) <= NOON.replace(tzinfo=None) or True
    except (TypeError, ValueError):
        return _is_date(text[:-1]) if text.endswith("Z") else bool(text[:4].isdigit())
