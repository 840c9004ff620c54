"""The mails in Chromium, as wide as a phone: nothing overflows, and nothing is loaded.

This test needs Chromium or Chrome in the PATH; `make soak-tests` runs it.
"""

import re
from dataclasses import replace
from html import escape
from pathlib import Path

import pytest

from key_rotation.domain.key_details import KeyToDelete, NewerKey
from key_rotation.domain.model import LastUse
from key_rotation.domain.owners.mail import MailKind
from key_rotation.domain.owners.owner import Owner, OwnerSource
from tests.chromium import load
from tests.unit.owners.example_mails import a_table, example_mails
from tests.unit.owners.mail_builders import AT, OTHER_ID, TERMS, an_owner_mail, composed

pytestmark = pytest.mark.soak
PHONE = 360
FRAME = """<!DOCTYPE html>
<title></title><link rel="icon" href="data:,">
<iframe style="width: {width}px; height: 30000px; border: 0" srcdoc="{mail}"></iframe>
<script>
onload = () => {{
  const frame = document.querySelector("iframe"), mail = frame.contentDocument;
  const tooWide = [...mail.querySelectorAll("body, body *")].filter(
    e => e.getBoundingClientRect().right > frame.clientWidth + 0.5
      || (getComputedStyle(e).display !== "inline" && e.scrollWidth > e.clientWidth + 1));
  document.title = `${{mail.documentElement.scrollWidth}} `
    + tooWide.map(e => `${{e.tagName}} ${{e.textContent.slice(0, 20)}}`).join(", ");
}};
</script>
"""
"""A page with a mail as wide as a phone: a window of Chromium is at least 500 pixels wide."""
LONG = "W" * 64
LONG_TEXT = "W" * 300
FALLBACK = Owner(addresses=("x@example.com",), source=OwnerSource.FALLBACK, problem=LONG_TEXT)
LONGEST = an_owner_mail(
    user_name=LONG,
    account_alias="W" * 63,
    description=LONG_TEXT,
    run_id="W" * 100,
    owner=FALLBACK,
    last_use=LastUse(at=AT, service="W" * 40, region="W" * 40),
    newer=NewerKey(access_key_id=OTHER_ID, last_use=None),
)
CONTACT = replace(TERMS, contact=f"https://example.com/{'W' * 150}", partition="aws-us-gov")
ROOM = KeyToDelete(access_key_id=OTHER_ID, status="W" * 20, last_use=None, key_count=2)
HOSTILE = an_owner_mail(
    user_name="<img src=/a>",
    account_alias="</style><link rel=stylesheet href=/b>",
    description="\"><script>fetch('/c')</script>\u202e\u05d0",
)
MAILS = {
    **example_mails(),
    "long names": composed(LONGEST, terms=CONTACT),
    "long names, two keys": composed(replace(LONGEST, to_delete=ROOM), terms=CONTACT),
    "long names, deactivated": composed(replace(LONGEST, kind=MailKind.DEACTIVATED), terms=CONTACT),
    "long names in a table": composed(
        *(
            replace(each, user_name=LONG, account_alias="W" * 63, to_delete=ROOM)
            for each in a_table(20)
        ),
        terms=CONTACT,
    ),
    "hostile": composed(HOSTILE),
}


def measure(html: str, profile: Path, width: int) -> tuple[int, str, list[str]]:
    """Return the width of the mail, what is too wide, and what was loaded."""
    document, paths = load(FRAME.format(width=width, mail=escape(html)), profile)
    found = re.search(r"<title>(\d+) (.*?)</title>", document, re.DOTALL)
    assert found
    return int(found[1]), found[2], paths


@pytest.mark.parametrize("width", [PHONE, 600])
@pytest.mark.parametrize("name", MAILS)
def test_nothing_is_wider_than_the_window_and_nothing_is_loaded(
    name: str, width: int, tmp_path: Path
) -> None:
    assert measure(MAILS[name].html, tmp_path, width) == (width, "", ["/page"])


def test_the_browser_would_show_what_is_too_wide(tmp_path: Path) -> None:
    """The test above can fail."""
    html = re.sub("overflow-wrap:anywhere|word-break:break-word", "", MAILS["long names"].html)
    width, too_wide, _ = measure(html, tmp_path, PHONE)
    assert width > PHONE
    assert too_wide
