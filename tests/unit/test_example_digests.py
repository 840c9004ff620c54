"""The digests that the documents show are the ones that the product writes."""

import pytest

from tests.unit.example_digests import FOLDER, example_digests


@pytest.mark.parametrize(
    "name",
    [
        "digest-1.txt",
        "digest-30.txt",
        "digest-300.txt",
        "chat-30.json",
        "report-mode.txt",
        "stopped.txt",
    ],
)
def test_each_example_is_what_the_product_writes(name: str) -> None:
    assert example_digests()[name] == (FOLDER / name).read_text(encoding="utf-8")
