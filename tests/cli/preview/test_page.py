"""The page refers to nothing outside, runs no script, and shows the text of others as text."""

import re
from html.parser import HTMLParser

import pytest

from key_rotation.domain.model import Failure
from key_rotation_cli.preview.page import to_html
from tests.cli.preview.builders import a_preview, an_observed_key, some_keys
from tests.unit.builders import settings

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{ 7 * 7 }}",
    "</title></style><svg onload=alert(1)>",
    "&lt;b&gt;",
    "\x1b[31mred\u202egnp",
)
LOADING = frozenset(
    {"src", "href", "srcset", "data", "action", "formaction", "poster", "background", "ping"}
)
TAGS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "p",
        "dl",
        "div",
        "dt",
        "dd",
        "ul",
        "li",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "svg",
        "rect",
        "line",
        "text",
        "details",
        "summary",
    ]
)
VOID = frozenset({"meta"})


class Page(HTMLParser):
    """What a browser would find in a page: its tags, attributes and text."""

    def __init__(self, html: str) -> None:
        """Parse a page; fails if a tag is not closed."""
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.cells: list[str] = []
        self.styles: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)
        if tag in {"td", "p"}:
            self.cells.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that is closed at once."""
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        """Require that tags are closed in order."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note the text of cells, and style sheets."""
        if "style" in self._open:
            self.styles.append(data)
        elif {"td", "p"} & set(self._open):
            self.cells[-1] += data

    @property
    def policy(self) -> str:
        """The content security policy."""
        [policy] = [
            v for tag, name, v in self.attributes if name == "content" and "default-src" in v
        ]
        return policy


def hostile_page() -> Page:
    """Return a page in which every text of others is hostile."""
    keys = [
        an_observed_key(n, user=name, age=400, used=1, service=name)
        for n, name in enumerate(HOSTILE)
    ]
    current = settings(exemptions="* until 2026-12-01 # <b onclick=alert(1)>")
    failures = [Failure(user_name=name, text=name, access_key_id=name) for name in HOSTILE]
    return Page(to_html(a_preview(*keys, current=current, missing=HOSTILE, unreadable=failures)))


@pytest.mark.no_cover
@pytest.mark.parametrize("count", [0, 1, 50, 300])
def test_a_page_has_neither_scripts_nor_references(count: int) -> None:
    page = Page(to_html(a_preview(*some_keys(count))))
    assert set(page.tags) <= TAGS
    names = {name for _, name, _ in page.attributes}
    assert not names & LOADING
    assert not {name for name in names if name.startswith(("on", "xlink", "style"))}
    assert not re.search(r"url\(|@import|https?:", "".join(page.styles))


def test_the_policy_of_a_page_allows_its_own_style_sheet_and_nothing_else() -> None:
    policy = Page(to_html(a_preview())).policy
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'",
        policy,
    )


def test_hostile_text_stays_text() -> None:
    page = hostile_page()
    assert set(page.tags) <= TAGS
    assert not {name for _, name, _ in page.attributes} & LOADING
    cells = [cell.strip() for cell in page.cells]
    for name in HOSTILE[:-1]:
        assert name in cells
    assert "[31mred gnp" in cells
    assert "<b onclick=alert(1)>" in cells


def test_every_number_of_the_charts_is_in_a_table() -> None:
    preview = a_preview(*some_keys(50))
    html = to_html(preview)
    titles = re.findall(r"<rect[^>]*><title>(.*?)</title>", html)
    cells = [cell.strip() for cell in Page(html).cells]
    assert titles
    for title in titles:
        label, _, number = title.partition(": ")
        count = number.split()[0]
        if "days" in label:
            assert cells[cells.index(label) + 1] == count
        else:
            [row] = [
                n
                for n, cell in enumerate(cells)
                if cell.endswith(f" {label}") and len(cell) == len(label) + 4
            ]
            assert count in cells[row + 1 : row + 5]
