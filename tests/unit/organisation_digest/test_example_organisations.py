"""The digests of an organization that the documents show are the ones that the product writes."""

import pytest

from tests.unit.organisation_digest.example_organisations import FOLDER, example_organisations

EXAMPLES = example_organisations()


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_example_is_what_the_product_writes(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == EXAMPLES[name]


def test_every_example_of_an_organization_is_written_by_the_product() -> None:
    assert {path.name for path in FOLDER.glob("organization-*")} == set(EXAMPLES)
