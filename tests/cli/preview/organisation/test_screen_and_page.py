"""What a person reads of an organization, on the terminal and in the page."""

import pytest

from key_rotation.domain.model import Failure
from key_rotation_cli.preview.csv_table import to_csv
from key_rotation_cli.preview.document import to_document
from key_rotation_cli.preview.organisation.organisation_preview import reduce
from key_rotation_cli.preview.organisation.page import to_html
from tests.cli.preview.builders import a_preview, an_observed_key, some_keys
from tests.cli.preview.organisation.builders import an_organisation
from tests.cli.preview.organisation.example import FILE, as_text, example_preview
from tests.cli.preview.test_page import HOSTILE, LOADING, TAGS, Page
from tests.unit.builders import settings


def test_the_example_in_the_documents_is_what_the_command_shows() -> None:
    assert example_preview() == FILE.read_text(encoding="utf-8")


@pytest.mark.no_cover
@pytest.mark.parametrize("count", [0, 1, 60])
def test_no_line_of_the_tables_is_wider_than_the_terminal(count: int) -> None:
    previews = {f"account-{n}": a_preview(*some_keys(n % 12)) for n in range(count)}
    assert max(map(len, as_text(an_organisation(previews)).splitlines())) <= 100


def test_the_account_with_most_keys_in_use_comes_first() -> None:
    quiet = a_preview(*(an_observed_key(n, user=f"u{n}", age=400) for n in range(5)))
    used = a_preview(an_observed_key(1, user="bob", age=400, used=1))
    found = an_organisation({"quiet": quiet, "used": used, "empty": a_preview()})
    assert [each.account.name for each in found.accounts] == ["used", "quiet", "empty"]


def test_hostile_text_of_accounts_stays_text_in_one_line() -> None:
    found = an_organisation({HOSTILE[-1]: a_preview()}, unread={"[red]x\n": "\x1b[31mno[/red]"})
    text = as_text(found, width=200)
    assert "\x1b" not in text
    assert "222222222000 [red]x: [31mno[/red]\n" in text
    assert "[31mred gnp" in text


def test_a_day_with_more_changes_than_the_organizations_limit_is_named() -> None:
    busy = a_preview(
        *(an_observed_key(n, user=f"u{n}", age=400) for n in range(126)),
        current=settings(max_changes_per_run="200"),
    )
    shown = as_text(an_organisation({"a": busy, "b": busy}), width=400)
    assert "On Tue 1 Dec 2026 they allow 252 changes" in shown
    alone = as_text(an_organisation({"a": busy}), width=400)
    assert "they allow" not in alone


def test_the_page_has_neither_scripts_nor_references_and_hostile_text_stays_text() -> None:
    keys = [
        an_observed_key(n, user=name, age=400, used=1, service=name)
        for n, name in enumerate(HOSTILE)
    ]
    failures = [Failure(user_name=name, text=name, access_key_id=name) for name in HOSTILE]
    current = settings(exemptions="* until 2026-12-01 # <b onclick=alert(1)>")
    hostile = a_preview(*keys, missing=HOSTILE, unreadable=failures, current=current)
    in_use = a_preview(*keys)
    found = an_organisation(
        {**dict.fromkeys(HOSTILE, hostile), "in use": in_use},
        unread=dict(zip(HOSTILE, HOSTILE, strict=True)),
        notes=HOSTILE,
    )
    page = Page(to_html(found))
    assert set(page.tags) <= TAGS
    assert not {name for _, name, _ in page.attributes} & LOADING
    cells = [cell.strip() for cell in page.cells]
    for name in HOSTILE[:-1]:
        assert name in cells
    assert "'sha256-" in page.policy


@pytest.mark.parametrize("count", [0, 1, 50])
def test_a_page_of_any_size_is_whole(count: int) -> None:
    previews = {f"account-{n}": a_preview(*some_keys(count)) for n in range(3)}
    page = Page(to_html(an_organisation(previews, unread={"x": "no"} if count else {})))
    assert set(page.tags) <= TAGS


def test_what_a_reduced_preview_drops_is_in_no_output() -> None:
    preview = a_preview(*some_keys(120), current=settings(exemptions="erin*"))
    assert to_document(reduce(preview)) == to_document(preview)
    assert to_csv(reduce(preview)) == to_csv(preview)
    assert len(reduce(preview).account.observed_keys) < 120
