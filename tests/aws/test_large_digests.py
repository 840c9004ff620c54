"""Promise 6: a digest of any number of keys is delivered.

It needs no AWS; it is here because it accepts some seconds.
"""

import json
import time

import pytest

from key_rotation.reporting.digest import compose
from key_rotation.reporting.outcome import NewerKey, Outcome, Section
from tests.unit.builders import a_report, an_outcome, days_ago, used

SECTIONS = tuple(Section)


def many_outcomes(count: int) -> tuple[Outcome, ...]:
    """Return outcomes of all sections with the longest texts; a third triggers a digest."""
    return tuple(
        an_outcome(
            SECTIONS[n % len(SECTIONS)],
            user=f"{n:06}{'u' * 58}",
            key_id=f"AKIA{n:016}",
            triggers_digest=n % 3 == 0,
            last_use=used(days_ago(3)),
            description="\u00fc" * 256,
            newer=NewerKey(access_key_id=f"AKIB{n:016}", last_use=used(days_ago(1))),
            detail="why " * 900 if n % 12 == 11 else None,
        )
        for n in range(count)
    )


@pytest.mark.no_cover  # coverage would slow it down
@pytest.mark.parametrize("count", [300, 3_000, 10_000])
def test_a_digest_of_any_number_of_keys_is_divided_into_messages_of_256_kib(count: int) -> None:
    """In bytes, with the attributes; it is composed within seconds."""
    started = time.process_time()
    messages = compose(a_report(*many_outcomes(count)))
    assert time.process_time() - started < 15
    assert max(message.size for message, _ in messages) <= 256 * 1024
    listed = sum(len(outcomes) for _, outcomes in messages)
    document = json.loads(messages[-1][0].variants["default"])
    assert listed + sum(document["left_out"].values()) == count
    assert listed >= count / 3
    for message, outcomes in messages[:-1]:
        assert len(outcomes) > 80
        assert message.size > 250 * 1024
