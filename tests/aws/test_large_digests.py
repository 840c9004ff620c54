"""Promise 6: a digest of any number of keys is delivered.

It needs no AWS; it is here because it accepts some seconds.
"""

import json
import time

import pytest

from key_rotation.reporting.digest import compose
from tests.unit.builders import a_report
from tests.unit.digest_builders import many_outcomes


@pytest.mark.parametrize("count", [300, 3_000, pytest.param(10_000, marks=pytest.mark.soak)])
def test_a_digest_of_any_number_of_keys_is_divided_into_messages_of_256_kib(count: int) -> None:
    """In bytes, with the attributes; composing takes less than a minute of processor time."""
    report = a_report(*many_outcomes(count, description="\u00fc" * 256, detail="why " * 900))
    started = time.process_time()
    messages = compose(report)
    assert time.process_time() - started < 60
    assert max(message.size for message, _ in messages) <= 256 * 1024
    listed = sum(len(outcomes) for _, outcomes in messages)
    document = json.loads(messages[-1][0].variants["default"])
    assert listed + sum(document["left_out"].values()) == count
    assert listed >= count / 4
    for message, outcomes in messages[:-1]:
        assert len(outcomes) > 80
        assert message.size > 0.97 * 256 * 1024
