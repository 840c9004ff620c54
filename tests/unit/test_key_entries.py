"""The entries of the e-mail: what people read of one key."""

import pytest

from key_rotation.domain.key_details import NewerKey
from key_rotation.domain.model import LastUse, Reason
from key_rotation.reporting.outcome import Outcome, Section
from tests.unit.builders import (
    KEY_ID,
    an_outcome,
    days_ago,
    used,
)
from tests.unit.digest_builders import (
    email_body,
)


def test_a_notice_gives_the_day_and_the_advice_for_the_owner() -> None:
    body = email_body(an_outcome(due=9, last_use=used(days_ago(3)), description="CI upload"))
    for fact in (
        f"  alice  {KEY_ID}\n",
        "    stops working on Thu 3 Dec 2026\n",
        "    90 days old, limit 90; last used Sat 21 Nov 2026 by s3 in eu-west-1\n",
        "    this user has no newer active key\n",
        "    description: CI upload\n",
        "aws iam create-access-key --user-name=USER",
    ):
        assert fact in body


@pytest.mark.parametrize(
    ("last_use", "expected"),
    [
        (LastUse(at=None), "never used"),
        (used(days_ago(3)), "last used Sat 21 Nov 2026 by s3 in eu-west-1"),
        (LastUse(at=days_ago(3), service="s3", region=None), "last used Sat 21 Nov 2026 by s3\n"),
        (LastUse(at=days_ago(3)), "last used Sat 21 Nov 2026\n"),
    ],
)
def test_the_last_use_is_given_with_service_and_region(last_use: LastUse, expected: str) -> None:
    """As far as they are known; a key that was never used has no date."""
    assert expected in email_body(an_outcome(last_use=last_use))


@pytest.mark.parametrize(
    ("last_use", "expected"),
    [
        (used(days_ago(1)), "active, last used Mon 23 Nov 2026 by s3 in"),
        (LastUse(at=None), "active, never used"),
        (None, "active, last use not known"),
    ],
)
def test_a_newer_key_of_the_user_is_given_with_its_last_use(
    last_use: LastUse | None, expected: str
) -> None:
    """It shows whether the newer key is in use already."""
    newer = NewerKey(access_key_id="AKIANEWER", last_use=last_use)
    assert f"newer key AKIANEWER: {expected}" in email_body(an_outcome(newer=newer))


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (
            an_outcome(Section.UPCOMING, reason=Reason.NOTICE_RUNNING, due=1),
            "stops working on Wed 25 Nov 2026",
        ),
        (
            an_outcome(Section.UPCOMING, reason=Reason.IN_WINDOW, due=1),
            "deleted on Wed 25 Nov 2026 if it stays unused",
        ),
        (an_outcome(Section.EXEMPT, reason=Reason.EXEMPT, due=1), "until Wed 25 Nov 2026"),
        (
            an_outcome(Section.EXEMPT, reason=Reason.EXEMPT, detail="why", due=None),
            "no end date: why",
        ),
    ],
)
def test_upcoming_and_exempt_keys_are_listed_with_their_day(
    outcome: Outcome, expected: str
) -> None:
    assert expected in email_body(outcome)


def test_with_deletion_off_the_digest_announces_no_deletion() -> None:
    body = email_body(an_outcome(Section.DEACTIVATED, due=30), delete_unused_keys="false")
    assert "window ends on Thu 24 Dec 2026" in body
    assert "deleted on" not in body


@pytest.mark.parametrize("length", [60, 200, 256])
def test_a_long_tag_without_spaces_is_shortened(length: int) -> None:
    """The value of a tag can have 256 characters."""
    body = " ".join(email_body(an_outcome(description="t" * length)).split())
    assert "description: | ttttt" in body


def test_an_unreported_event_is_listed_with_its_time() -> None:
    body = email_body(an_outcome(Section.DEACTIVATED, happened_at=days_ago(1)))
    document = " ".join(body.split())
    assert "done 2026-11-23 12:00 UTC by an earlier run whose e-mail was not delivered" in document


@pytest.mark.parametrize("section", [s for s in Section if s is not Section.UPCOMING])
def test_with_more_than_thirty_keys_a_section_has_at_most_two_lines_per_key(
    section: Section,
) -> None:
    def lines(count: int) -> int:
        outcomes = [
            an_outcome(section, key_id=f"AKIA{n:016}", last_use=used(days_ago(3)))
            for n in range(count)
        ]
        return len(email_body(*outcomes).splitlines())

    assert lines(90) - lines(31) <= 59 * 2


def test_short_entries_fit_the_width_of_a_phone() -> None:
    """38 characters, with a key id of 20 and a name of ten, and without columns."""
    outcomes = [
        an_outcome(user=f"user{n}"[:10], key_id=f"AKIA{n:016}", last_use=used(days_ago(3)), age=400)
        for n in range(31)
    ]
    listed = email_body(*outcomes).partition("stops working on")[2].splitlines()[1:63]
    assert len(listed) == 62
    for line in listed:
        assert len(line) <= 38
        assert "   " not in line.strip()
