"""The mails to owners that the documents show are the ones that the product writes."""

import pytest

from key_rotation.domain.owners.mail import MailKind
from tests.unit.owners.example_mails import FOLDER, as_text, example_mails

NAMES = sorted(example_mails())


@pytest.mark.parametrize("name", NAMES)
def test_each_example_is_what_the_product_writes(name: str) -> None:
    mail = example_mails()[name]
    assert as_text(mail) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert mail.html == (FOLDER / f"{name}.html").read_text(encoding="utf-8")


def test_no_example_is_left_of_a_mail_that_is_no_longer_shown() -> None:
    assert {path.stem for path in FOLDER.glob("owner-mail-*")} == set(NAMES)


def test_the_documents_name_every_kind_and_link_every_example() -> None:
    page = (FOLDER.parent / "owner-mail.md").read_text(encoding="utf-8")
    for kind in MailKind:
        assert f"| `{kind}`" in page
    for name in NAMES:
        assert f"(examples/{name}.txt)" in page
        assert f"(examples/{name}.html)" in page
