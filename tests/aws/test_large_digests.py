"""Promise 6: what people read arrives, however many keys there are.

It needs no AWS, and stands here because it takes a second or two.
"""

import json
import time

import pytest

from key_rotation.domain.model import Reason
from key_rotation.reporting.digest import compose
from key_rotation.reporting.outcome import NewerKey, Outcome, Section
from tests.unit.builders import a_report, ago, an_outcome, used

SECTIONS = tuple(Section)


def many(count: int) -> tuple[Outcome, ...]:
    """Outcomes of every heading, a third of them news, with the longest names, tags and reasons."""
    return tuple(
        an_outcome(
            SECTIONS[n % len(SECTIONS)],
            user=f"{n:06}{'u' * 58}",
            key_id=f"AKIA{n:016}",
            triggers_digest=n % 3 == 0,
            last_use=used(ago(3)),
            description="\u00fc" * 256,
            newer=NewerKey(access_key_id=f"AKIB{n:016}", last_use=used(ago(1))),
            reason=f"{Reason.EXEMPT}: {'why ' * 900}" if n % 12 == 11 else Reason.STALE,
        )
        for n in range(count)
    )


@pytest.mark.parametrize("count", [300, 3_000, 10_000])
def test_a_digest_of_any_number_of_keys_fits_into_256_kib(count: int) -> None:
    """In bytes, with its attributes; and it is put together within seconds."""
    began = time.perf_counter()
    sent, told = compose(a_report(*many(count)))
    assert time.perf_counter() - began < 15
    assert sent.size <= 256 * 1024
    assert len(told.outcomes) + sum(told.left_out.values()) == count
    assert len(told.outcomes) > 80
    facts = json.loads(sent.variants["default"])
    assert facts["left_out"] == {str(section): n for section, n in told.left_out.items()}
    assert "Left out, since a message holds 256 KiB" in sent.variants["email"]
