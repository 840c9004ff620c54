"""A version of ministack that the emulator was not written for is an error."""

import re
import subprocess

import pytest

from local.emulator.process import EMULATOR_PYTHON, ROOT


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        (
            "m.private_name('services.iam', '_list_people')",
            "ministack.services.iam has no _list_people",
        ),
        ("m.SUPPORTED_VERSION = '0.0.0'; m.check_version()", "local/emulator requires 0.0.0"),
    ],
    ids=["a missing private name", "another version"],
)
def test_a_change_of_ministack_is_an_error(statement: str, error: str) -> None:
    """Run in the emulator's environment, which has ministack."""
    code = f"from local.emulator import ministack_internals as m; {statement}"
    ran = subprocess.run(  # noqa: S603 - fixed
        [EMULATOR_PYTHON, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert re.search(rf"MinistackChangedError: .*{re.escape(error)}$", ran.stderr, re.MULTILINE)
