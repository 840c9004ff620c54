"""Promise 6: what people read is what happened, in a message that SNS accepts."""

import json
import re
import shlex
import string
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from key_rotation import __version__
from key_rotation.domain.model import LastUse, Mode, Now, Reason, User
from key_rotation.domain.run_state import RunState
from key_rotation.reporting import digest
from key_rotation.reporting.digest import compose, subject
from key_rotation.reporting.formatting import restore_command
from key_rotation.reporting.outcome import NewerKey, Outcome, Section
from key_rotation.reporting.report import Report
from key_rotation.reporting.response import response, skipped_response
from key_rotation.reporting.sns_message import MAX_BYTES, Message
from tests.unit.builders import (
    ALICE,
    KEY_ID,
    NOON,
    a_key,
    a_report,
    an_inventory,
    an_outcome,
    days_ago,
    in_days,
    observed_key,
    parameters,
    used,
)

EXAMPLE = Path(__file__).with_name("examples") / "digest.txt"
FIELDS = {"user", "access_key_id", "age_days", "last_used", "reason", "due"}
LONGEST_NAME = "u" * 64


def single_message(*outcomes: Outcome, **options: Any) -> Message:
    """Return the only message of a report."""
    [(single_message, _)] = compose(a_report(*outcomes, **options))
    return single_message


def email_body(*outcomes: Outcome, **options: Any) -> str:
    """Return the text of the e-mail."""
    return single_message(*outcomes, **options).variants["email"]


def json_document(message: Message) -> dict[str, Any]:
    """Return the JSON that programs receive."""
    document: dict[str, Any] = json.loads(message.variants.get("sqs", message.variants["default"]))
    return document


def many_outcomes(count: int) -> tuple[Outcome, ...]:
    """Return outcomes of all sections with the longest texts; a third triggers a digest."""
    sections = tuple(Section)
    return tuple(
        an_outcome(
            sections[n % len(sections)],
            user=f"{n:06}{LONGEST_NAME}"[:64],
            key_id=f"AKIA{n:016}",
            triggers_digest=n % 3 == 0,
            last_use=used(days_ago(3)),
            description="tag " * 64,
            newer=NewerKey(access_key_id=f"AKIB{n:016}", last_use=used(days_ago(1))),
            detail="why " * 90 if n % len(sections) == 11 else None,
        )
        for n in range(count)
    )


@hypothesis_settings(max_examples=60, deadline=None, database=None)
@given(
    counts=st.dictionaries(st.sampled_from(Section), st.integers(1, 3), max_size=12),
    factor=st.sampled_from([1, 9, 99]),
    mode=st.sampled_from(Mode),
    changed=st.booleans(),
)
def test_the_subject_has_fewer_than_100_printable_ascii_characters(
    counts: dict[Section, int], factor: int, mode: Mode, *, changed: bool
) -> None:
    """SNS refuses any other subject."""
    outcomes: list[Outcome] = []
    for section, count in counts.items():
        outcomes += [an_outcome(section, dry_run=mode is Mode.REPORT)] * (count * factor)
    previous = RunState(parameters=parameters(grace_days="29" if changed else "30"))
    line = subject(a_report(*outcomes, mode=mode, previous=previous))
    assert len(line) < 100
    assert set(line) <= set(string.printable) - set("\t\n\r\x0b\x0c")
    assert line.startswith("[key-rotation] 123456789012: ")


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ((an_outcome(Section.DEACTIVATED),), "1 deactivated"),
        (
            (
                an_outcome(Section.UPCOMING, triggers_digest=False),
                an_outcome(Section.DELETED),
                an_outcome(Section.DEACTIVATED),
                an_outcome(Section.DEACTIVATED),
            ),
            "2 deactivated, 1 deleted, 1 due",
        ),
        (
            (
                an_outcome(Section.UPCOMING, triggers_digest=True),
                an_outcome(Section.UPCOMING, triggers_digest=False),
            ),
            "1 due tomorrow",
        ),
        ((an_outcome(Section.FAILED), an_outcome(Section.HELD)), "1 failed, 1 held"),
        ((an_outcome(Section.NOTICED, dry_run=True),), "1 would be noticed"),
        (
            (an_outcome(Section.EXEMPT, triggers_digest=False), an_outcome(Section.CLOSED)),
            "1 closed",
        ),
    ],
)
def test_the_subject_counts_what_was_done_before_what_is_upcoming(
    outcomes: tuple[Outcome, ...], expected: str
) -> None:
    assert subject(a_report(*outcomes)) == f"[key-rotation] 123456789012: {expected}"


def test_the_subject_reports_changed_settings_and_ended_exemptions() -> None:
    changed = RunState(parameters=parameters(grace_days="29"))
    assert subject(a_report(previous=changed)).endswith(": settings changed")
    exemptions_body = a_report(exemptions="bob until 2026-11-01")
    assert subject(exemptions_body).endswith(": exemption ended")


def test_the_subject_is_not_empty_if_nothing_is_to_be_done() -> None:
    """In report mode such a digest is sent after a report with entries."""
    previous = RunState(parameters=parameters(), report_fingerprints=("something",))
    report = a_report(mode=Mode.REPORT, previous=previous)
    assert report.needs_digest
    _, _, expected = subject(report).partition(": ")
    assert expected.strip()


@pytest.fixture
def small_messages(monkeypatch: pytest.MonkeyPatch) -> int:
    """Limit a message to about twenty keys, so that a digest in several messages is fast."""
    monkeypatch.setattr(digest, "MAX_BYTES", 24_000)
    return 24_000


def key_ids(outcomes: Iterable[Outcome]) -> list[str | None]:
    return [outcome.access_key_id for outcome in outcomes]


@pytest.mark.parametrize("count", [0, 1, 3, 36, 72])
def test_each_message_of_a_digest_is_within_the_size_limit(small_messages: int, count: int) -> None:
    """In bytes, with its attributes."""
    messages = compose(a_report(*many_outcomes(count)))
    for message, _ in messages:
        assert len(message.body.encode()) < message.size <= small_messages
    assert (len(messages) > 1) is (count > 36)


def test_the_size_limit_is_256_kib() -> None:
    assert MAX_BYTES == 262_144


@pytest.mark.usefixtures("small_messages")
def test_each_triggering_outcome_is_in_exactly_one_message() -> None:
    """A notice that is in no message would not be delivered."""
    outcomes = many_outcomes(72)
    listed_outcomes = [
        key_id for _, part in compose(a_report(*outcomes)) for key_id in key_ids(part)
    ]
    assert len(listed_outcomes) == len(set(listed_outcomes))
    assert set(listed_outcomes) >= set(key_ids(o for o in outcomes if o.triggers_digest))


@pytest.mark.usefixtures("small_messages")
def test_outcomes_that_are_only_listed_need_no_further_message() -> None:
    """They are in the last message as far as there is room."""
    [(message, listed_outcomes)] = compose(
        a_report(
            *many_outcomes(9)[:1],
            *(replace(o, triggers_digest=False) for o in many_outcomes(90)[1:]),
        )
    )
    left_out = json_document(message)["left_out"]
    assert len(listed_outcomes) + sum(left_out.values()) == 90
    assert len(listed_outcomes) > 10


@pytest.mark.usefixtures("small_messages")
def test_all_outcomes_of_a_key_are_in_one_message() -> None:
    """So that what is recorded of the key is what was reported."""
    outcomes = [replace(outcome, triggers_digest=True) for outcome in many_outcomes(30)]
    upcoming = [replace(outcome, section=Section.UPCOMING) for outcome in outcomes]
    messages = compose(a_report(*outcomes, *upcoming))
    assert len(messages) > 2
    for _, listed_outcomes in messages:
        assert set(Counter(key_ids(listed_outcomes)).values()) == {2}


@pytest.mark.usefixtures("small_messages")
def test_several_messages_are_numbered_in_subject_text_and_json() -> None:
    messages = [message for message, _ in compose(a_report(*many_outcomes(72)))]
    total = len(messages)
    assert total > 1
    for number, message in enumerate(messages, start=1):
        assert message.subject.endswith(f" ({number} of {total})")
        assert f"E-mail {number} of {total}; " in message.variants["email"]
        assert (json_document(message)["message"], json_document(message)["messages"]) == (
            number,
            total,
        )


@pytest.mark.usefixtures("small_messages")
def test_the_first_of_several_messages_has_the_failed_and_held_keys() -> None:
    outcomes = [replace(outcome, triggers_digest=True) for outcome in many_outcomes(72)]
    (first, _), *others = compose(a_report(*outcomes))
    assert {"failed", "held"} <= json_document(first).keys()
    assert all("failed" not in json_document(message) for message, _ in others)


@pytest.mark.usefixtures("small_messages")
def test_changed_settings_are_in_the_last_message_only() -> None:
    changed = RunState(parameters=parameters(grace_days="29"))
    bodies = [
        message.variants["email"]
        for message, _ in compose(a_report(*many_outcomes(72), previous=changed))
    ]
    assert ["SETTINGS: changed" in body for body in bodies] == [False] * (len(bodies) - 1) + [True]


@pytest.mark.usefixtures("small_messages")
def test_a_message_contains_as_many_keys_as_fit() -> None:
    """One more key would not fit."""
    outcomes = [replace(outcome, triggers_digest=True) for outcome in many_outcomes(72)]
    for message, _ in compose(a_report(*outcomes))[:-1]:
        assert message.size > 24_000 - 2_500


@pytest.mark.usefixtures("small_messages")
def test_the_last_message_gives_the_number_of_keys_left_out() -> None:
    """In text and in JSON: the listed keys and those left out are all keys."""
    messages = compose(a_report(*many_outcomes(72)))
    last = messages[-1][0]
    [line] = [part for part in last.variants["email"].split("\n\n") if "Left out" in part]
    left_out = json_document(last)["left_out"]
    for section, count in left_out.items():
        label = "notice" if section == "noticed" else section
        assert f"{count} {label}" in " ".join(line.split())
    for section in Section:
        listed = sum(len(json_document(message).get(str(section), ())) for message, _ in messages)
        assert listed + left_out.get(section, 0) == 6
    assert all(json_document(message)["left_out"] == {} for message, _ in messages[:-1])


def test_a_single_message_leaves_nothing_out() -> None:
    message = single_message(*many_outcomes(24))
    assert json_document(message)["left_out"] == {}
    assert "Left out" not in message.variants["email"]


@pytest.mark.usefixtures("small_messages")
@pytest.mark.parametrize("count", [3, 72])
def test_the_json_lists_the_same_keys_as_the_text(count: int) -> None:
    for message, listed_outcomes in compose(a_report(*many_outcomes(count))):
        listed = {
            (section, entry["access_key_id"])
            for section in Section
            for entry in json_document(message).get(str(section), ())
        }
        assert listed == {(outcome.section, outcome.access_key_id) for outcome in listed_outcomes}
        for _, key_id in listed:
            assert str(key_id) in message.variants["email"]


def test_a_message_has_a_variant_for_every_protocol() -> None:
    """Text for e-mail, JSON for programs, and text for all others."""
    variants = single_message(an_outcome()).variants
    assert set(variants) == {"default", "email", "sqs", "lambda", "https"}
    assert variants["default"] == variants["email"]
    assert variants["sqs"] == variants["lambda"] == variants["https"]
    assert json.loads(single_message(an_outcome()).body) == variants


def test_the_json_contains_every_fact_of_a_key() -> None:
    outcome = an_outcome(
        Section.DEACTIVATED,
        due=30,
        last_use=used(days_ago(3)),
        description="CI upload",
        newer=NewerKey(access_key_id="AKIANEWER", last_use=used(days_ago(1))),
        reason=Reason.NOTICE_OVER,
        happened_at=days_ago(1),
    )
    document = json_document(single_message(outcome))
    assert document["deactivated"] == [
        {
            "user": "alice",
            "access_key_id": KEY_ID,
            "age_days": 90,
            "last_used": "2026-11-21T12:00:00+00:00",
            "last_used_service": "s3",
            "last_used_region": "eu-west-1",
            "reason": Reason.NOTICE_OVER,
            "due": "2026-12-24",
            "description": "CI upload",
            "newer_key": {"access_key_id": "AKIANEWER", "last_used": "2026-11-23T12:00:00+00:00"},
            "restore": "aws iam update-access-key --status Active "
            f"--user-name alice --access-key-id {KEY_ID}",
            "done_at": "2026-11-23T12:00:00+00:00",
        }
    ]
    assert {name: document[name] for name in ("run_id", "mode", "account_id", "at")} == {
        "run_id": "run-2",
        "mode": "enforce",
        "account_id": "123456789012",
        "at": "2026-11-24T12:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("outcomes", "severity", "events"),
    [
        ((an_outcome(),), "info", ("noticed",)),
        ((an_outcome(Section.EXEMPT, triggers_digest=False), an_outcome()), "info", ("noticed",)),
        ((an_outcome(Section.DEACTIVATED), an_outcome()), "warning", ("deactivated", "noticed")),
        ((an_outcome(Section.DELETED),), "warning", ("deleted",)),
        ((an_outcome(Section.HELD),), "warning", ("held",)),
        ((an_outcome(Section.DEFERRED),), "warning", ("deferred",)),
        ((an_outcome(Section.FAILED), an_outcome(Section.DELETED)), "error", ("deleted", "failed")),
        ((), "info", ("settings",)),
    ],
)
def test_subscribers_can_filter_by_mode_severity_account_and_event(
    outcomes: tuple[Outcome, ...], severity: str, events: tuple[str, ...]
) -> None:
    assert single_message(*outcomes).attributes == {
        "mode": "enforce",
        "severity": severity,
        "account_id": "123456789012",
        "event": events,
    }


def ordinary_outcome(section: Section, user: str, reason: Reason | None, **values: Any) -> Outcome:
    """Return one outcome of an ordinary day; its key id is derived from the user name."""
    key_id = f"AKIA{re.sub('[^A-Z]', '', user.upper()):Z<16.16}"
    return an_outcome(section, user=user, reason=reason, **({"key_id": key_id} | values))


ORDINARY_DAY = (
    ordinary_outcome(
        Section.DEACTIVATED,
        "alice",
        Reason.NOTICE_OVER,
        due=30,
        last_use=used(days_ago(3)),
        description="CI upload",
    ),
    ordinary_outcome(Section.DELETED, "build-server-07", Reason.UNUSED, age=127, due=None),
    ordinary_outcome(
        Section.EXTENDED,
        "carol@example.com",
        Reason.USED_IN_WINDOW,
        age=101,
        due=26,
        last_use=used(days_ago(4)),
    ),
    ordinary_outcome(Section.ADOPTED, "dave", Reason.ADOPTED, age=400, due=30),
    ordinary_outcome(Section.WITHDRAWN, "erin", Reason.THRESHOLDS_CHANGED, age=85, due=None),
    ordinary_outcome(Section.CLOSED, "frank", Reason.GONE, age=91, due=None, last_use=None),
    ordinary_outcome(
        Section.NOTICED,
        "grace",
        Reason.STALE,
        age=83,
        last_use=used(days_ago(0)),
        newer=NewerKey(access_key_id="AKIAGRACEZZZZZZZZZY2", last_use=used(days_ago(1))),
    ),
    ordinary_outcome(Section.UPCOMING, "heidi", Reason.NOTICE_RUNNING, age=89, due=1),
    ordinary_outcome(
        Section.UPCOMING, "ivan", Reason.IN_WINDOW, age=108, due=12, triggers_digest=False
    ),
    ordinary_outcome(
        Section.DEFERRED, "judy", Reason.OVER_LIMIT, detail="not deactivated yet", due=None
    ),
    ordinary_outcome(
        Section.FAILED,
        "mallory",
        None,
        detail="its keys could not be listed (ListAccessKeys: Throttling: Rate exceeded)",
        key_id=None,
        age=None,
        last_use=None,
        due=None,
    ),
    ordinary_outcome(Section.HELD, "niaj", Reason.REACTIVATED_TOO_OFTEN, age=150, due=None),
    ordinary_outcome(
        Section.EXEMPT,
        "olivia",
        Reason.EXEMPT,
        detail="moves to a role",
        age=500,
        due=37,
        triggers_digest=False,
    ),
)


def test_lines_have_at_most_72_columns() -> None:
    assert [line for line in email_body(*ORDINARY_DAY).splitlines() if len(line) > 72] == []


def test_only_a_single_long_word_exceeds_72_columns() -> None:
    """A user name can have 64 characters, and no name is broken."""
    for line in email_body(*many_outcomes(24)).splitlines():
        if len(line) > 72:
            assert LONGEST_NAME[:50] in line


def test_every_heading_counts_the_keys_below_it() -> None:
    body = email_body(*ORDINARY_DAY)
    for heading in (
        "DEACTIVATED: these keys no longer work (1)",
        "DELETED: these keys cannot be restored (1)",
        "NOTICE: these keys will stop working (1)",
        "TOMORROW: reminder (1)",
        "UPCOMING: announced before (1)",
        "FAILED: an error occurred; the next run tries again (1)",
        "EXEMPT: no action is taken (1)",
    ):
        assert f"\n{heading}\n---" in body
    for outcome in ORDINARY_DAY:
        assert f"  {outcome.user_name}  {outcome.access_key_id or '(all keys)'}" in body


def test_failed_and_held_keys_come_first_and_exempt_keys_and_settings_last() -> None:
    changed = RunState(parameters=parameters(grace_days="29"))
    headings = re.findall(
        r"^([A-Z]{4,})(?: THAT|:)", email_body(*ORDINARY_DAY, previous=changed), re.MULTILINE
    )
    assert headings[:2] == ["FAILED", "HELD"]
    assert headings[-2:] == ["EXEMPT", "SETTINGS"]


def test_upcoming_keys_are_sorted_by_their_days() -> None:
    days = (20, 3, 11)
    upcoming = [
        an_outcome(
            Section.UPCOMING,
            reason=Reason.IN_WINDOW,
            due=due,
            key_id=f"AKIA{due}",
            triggers_digest=False,
        )
        for due in days
    ]
    body = email_body(*upcoming)
    assert sorted(days) == sorted(days, key=lambda due: body.index(f"AKIA{due}"))


def test_the_account_alias_precedes_the_account_id() -> None:
    message = single_message(an_outcome(), alias="prod-main")
    assert message.variants["email"].startswith(
        "Key rotation in account prod-main (123456789012)\n"
    )
    assert message.subject == "[key-rotation] prod-main (123456789012): 1 notice"
    assert json_document(message)["account_alias"] == "prod-main"


def test_the_subject_gives_what_happened_before_the_alias() -> None:
    """Where both do not fit; the text has the alias in any case."""
    everything = [an_outcome(section) for section in Section]
    with_alias = subject(a_report(an_outcome(), alias="a" * 40))
    assert with_alias == f"[key-rotation] {'a' * 40} (123456789012): 1 notice"
    crowded = a_report(*everything, alias="a" * 40)
    assert subject(crowded) == subject(a_report(*everything))
    assert subject(crowded).startswith("[key-rotation] 123456789012: 1 failed, 1 held, 1 deactiv")


@pytest.mark.parametrize("alias", ["ä", "x\ny", "a" * 63, " ", "\u202e"])
def test_the_subject_is_printable_ascii_whatever_the_alias(alias: str) -> None:
    line = subject(a_report(*(an_outcome(section) for section in Section), alias=alias), "1 of 2")
    assert len(line) < 100
    assert line.isascii()
    assert line.isprintable()
    assert line.endswith(" (1 of 2)")


def test_each_digest_gives_the_version_of_the_product() -> None:
    assert f"key-rotation {__version__}." in email_body(an_outcome())
    assert json_document(single_message(an_outcome()))["version"] == __version__


def test_a_run_that_continues_gives_the_number_of_remaining_users() -> None:
    inventory = replace(an_inventory(), unread_user_ids=("AIDA1", "AIDA2"))
    assert "the next part of this run reads 2 users." in " ".join(
        email_body(an_outcome(), inventory=inventory).split()
    )


def test_the_head_counts_what_was_done_what_is_upcoming_and_what_needs_a_person() -> None:
    head = email_body(*ORDINARY_DAY).partition("\n\n")[2].partition("\n\n")[0]
    assert " ".join(head.split()) == (
        "To check 1 failed, 1 held "
        "Done 1 deactivated, 1 deleted, 1 extended, 1 adopted, 1 withdrawn, 1 closed "
        "Coming 1 notice, 2 upcoming, 1 deferred Exempt 1 exempt Next due Wed 25 Nov 2026"
    )


def test_a_notice_gives_the_day_and_the_advice_for_the_owner() -> None:
    body = email_body(an_outcome(due=9, last_use=used(days_ago(3)), description="CI upload"))
    for fact in (
        f"  alice  {KEY_ID}\n",
        "    stops working on Thu 3 Dec 2026\n",
        "    90 days old, limit 90; last used Sat 21 Nov 2026 by s3 in eu-west-1\n",
        "    this user has no newer active key\n",
        "    description: CI upload\n",
        "aws iam create-access-key --user-name USER",
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


USER_NAMES = ["alice", "a+b=c,d.e@f-g_h", "-alice", "Alice", LONGEST_NAME]


@pytest.mark.parametrize("name", USER_NAMES)
def test_the_restore_command_can_be_pasted_into_a_shell(name: str) -> None:
    """For every user name that IAM allows."""
    body = email_body(an_outcome(Section.DEACTIVATED, user=name, due=30))
    assert "to turn it on again, before Thu 24 Dec 2026:" in body
    [command] = re.findall(r"^ +(aws iam update-access-key (?:.*\\\n)+.*)$", body, re.MULTILINE)
    arguments = shlex.split(command.replace("\\\n", " "))
    expected = ["aws", "iam", "update-access-key", "--status", "Active"]
    assert arguments == [*expected, "--user-name", name, "--access-key-id", KEY_ID]
    restore = json_document(single_message(an_outcome(Section.DEACTIVATED, user=name)))[
        "deactivated"
    ][0]["restore"]
    assert shlex.split(restore) == arguments


@pytest.mark.parametrize(
    "outcome",
    [
        an_outcome(Section.DELETED),
        an_outcome(Section.NOTICED),
        an_outcome(Section.DEACTIVATED, dry_run=True),
        an_outcome(Section.UPCOMING, reason=Reason.IN_WINDOW, triggers_digest=False),
    ],
)
def test_other_keys_have_no_restore_command(outcome: Outcome) -> None:
    assert "to turn it on again" not in email_body(outcome)
    assert "restore" not in json_document(single_message(outcome))[outcome.section][0]


FORGERY = "x\nDELETED: these keys cannot be restored (9)\r\n\x0b\x0c\x1b[2J\x85\u2028\u2029y"
BIDI = "\u202egnp\u202c\u2066\u200b\ufeff\x00"


@pytest.mark.parametrize(
    "outcome",
    [
        an_outcome(user=FORGERY),
        an_outcome(Section.EXEMPT, user=FORGERY, triggers_digest=False),
        an_outcome(key_id=FORGERY),
        an_outcome(description=FORGERY),
        an_outcome(detail=FORGERY),
        an_outcome(Section.FAILED, key_id=None, reason=None, detail=FORGERY),
        an_outcome(Section.EXEMPT, reason=Reason.EXEMPT, detail=FORGERY, triggers_digest=False),
        an_outcome(Section.DEFERRED, detail=FORGERY, due=None),
        an_outcome(last_use=LastUse(at=days_ago(1), service=FORGERY, region=FORGERY)),
        an_outcome(user=BIDI, description=BIDI, detail=BIDI),
    ],
)
def test_no_name_tag_or_reason_can_forge_a_line(outcome: Outcome) -> None:
    """Control characters start no line; characters of direction or without width hide none.

    IAM allows none of these in a user name, but some in a tag, a status or an error message.
    """
    body = email_body(outcome)
    assert not any(line.startswith(("DELETED", " DELETED")) for line in body.splitlines())
    control_characters = set(FORGERY + BIDI) - set(string.printable)
    assert not set(body) & (control_characters | set("\r\x0b\x0c\x1b\x00"))


def test_no_setting_or_ended_exemption_can_forge_a_line() -> None:
    settings_body = email_body(previous=RunState(parameters=parameters(mode=FORGERY)))
    forgery = "x\t\u202eDELETED\u200b: these keys cannot be restored (9)"
    exemptions_body = email_body(exemptions=f"bob until 2026-11-01 # {forgery}")
    for line in (settings_body + exemptions_body).splitlines():
        assert not line.startswith("DELETED")
    assert not set(settings_body + exemptions_body) & (set(FORGERY + BIDI) - set(string.printable))


@pytest.mark.parametrize("length", [60, 200, 256])
def test_a_long_tag_without_spaces_is_shortened(length: int) -> None:
    """The value of a tag can have 256 characters."""
    body = " ".join(email_body(an_outcome(description="t" * length)).split())
    assert "description: ttttt" in body


def test_in_report_mode_the_digest_writes_would() -> None:
    outcomes = [
        replace(outcome, dry_run=True)
        for outcome in ORDINARY_DAY
        if outcome.section not in {Section.UPCOMING, Section.EXEMPT, Section.FAILED}
    ]
    message = single_message(*outcomes, mode=Mode.REPORT)
    body = message.variants["email"]
    assert "REPORT MODE: this run changed nothing." in body
    headings = re.findall(r"^([A-Z]{2}.*\(\d+\))\n---", body, re.MULTILINE)
    assert len(headings) == len(outcomes)
    assert [heading for heading in headings if not heading.startswith("WOULD ")] == []
    for outcome in outcomes:
        assert json_document(message)[outcome.section][0]["would"] is True
    assert message.attributes["mode"] == "report"
    assert "would be" in message.subject
    assert "would be" not in subject(a_report(*ORDINARY_DAY))
    head = message.variants["email"].partition("\n\nREPORT MODE")[2].partition("WOULD")[0]
    assert "Would be" in head
    assert "Done" not in head
    assert "stops working" not in message.variants["email"]
    assert "For the owner" not in message.variants["email"]
    assert "WOULD" not in email_body(*ORDINARY_DAY)


def test_unreported_events_are_separate_from_dry_run_outcomes() -> None:
    """The run before deactivated one key and could not report it; a dry run lists another."""
    done_outcome = an_outcome(Section.DEACTIVATED, key_id="AKIADONE", happened_at=days_ago(1))
    dry_run_outcome = an_outcome(Section.DEACTIVATED, key_id="AKIAWOULD", dry_run=True)
    message = single_message(done_outcome, dry_run_outcome, mode=Mode.REPORT)
    body = message.variants["email"]
    assert "1 deactivated" in message.subject
    assert "1 would be deactivated" in message.subject
    done_section = body.partition("\nDEACTIVATED: these keys no longer work (1)\n")[2]
    assert "AKIADONE" in done_section.partition("WOULD BE")[0]
    assert "AKIAWOULD" in done_section.partition("WOULD BE")[2]


def test_an_unreported_event_is_listed_with_its_time() -> None:
    body = email_body(an_outcome(Section.DEACTIVATED, happened_at=days_ago(1)))
    document = " ".join(body.split())
    assert "done 2026-11-23 12:00 UTC by an earlier run whose e-mail was not delivered" in document


def test_if_settings_changed_all_are_listed_with_version_and_earlier_value() -> None:
    before = RunState(parameters=parameters(grace_days="29"))
    message = single_message(previous=before)
    body = message.variants["email"]
    assert "  * grace-days: 30 (version 1, was 29)" in body
    assert "    max-age-days: 90 (version 1)" in body
    assert json_document(message)["changed_settings"] == ["grace-days"]
    assert json_document(message)["settings"]["max-age-days"] == {"value": "90", "version": 1}
    assert (
        json_document(single_message(an_outcome()))["settings"],
        json_document(single_message())["changed_settings"],
    ) == (
        {},
        [],
    )


def test_an_ended_exemption_is_listed_as_it_was_written() -> None:
    message = single_message(exemptions="bob until 2026-11-01 # on leave")
    assert "\n  bob until 2026-11-01 # on leave\n" in message.variants["email"]
    assert json_document(message)["ended_exemptions"] == ["bob until 2026-11-01 # on leave"]


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


def test_with_more_than_thirty_keys_the_restore_command_is_given_once() -> None:
    """The JSON contains it for each key."""
    outcomes = [an_outcome(Section.DEACTIVATED, key_id=f"AKIA{n:016}") for n in range(31)]
    message = single_message(*outcomes)
    assert message.variants["email"].count("aws iam update-access-key --status Active") == 1
    assert all(
        f"AKIA{n:016}" in json_document(message)["deactivated"][n]["restore"] for n in range(31)
    )


def test_the_json_contains_every_command_of_the_text() -> None:
    """The reminder of a deletion gives the restore command in both."""
    reminder = an_outcome(Section.UPCOMING, reason=Reason.IN_WINDOW, due=1)
    message = single_message(reminder)
    assert "to turn it on again, before Wed 25 Nov 2026:" in message.variants["email"]
    assert KEY_ID in json_document(message)["upcoming"][0]["restore"]


def response_document(*outcomes: Outcome, **options: Any) -> dict[str, Any]:
    """Return the response of a run, as JSON carries it."""
    document: dict[str, Any] = json.loads(json.dumps(response(a_report(*outcomes, **options))))
    return document


def test_the_response_has_exactly_these_fields() -> None:
    """Also if nothing happened in the run."""
    expected = {
        "run_id": "run-2",
        "mode": "enforce",
        "users": 2,
        "keys": 1,
        "noticed": [],
        "withdrawn": [],
        "deactivated": [],
        "extended": [],
        "adopted": [],
        "deleted": [],
        "closed": [],
        "held": [],
        "exempt": [],
        "deferred": [],
        "upcoming": [],
        "failed": [],
    }
    bob = User(name="bob", path="/", user_id="AIDABOB")
    assert (
        response_document(inventory=an_inventory(observed_key(a_key()), users=[ALICE, bob]))
        == expected
    )
    assert skipped_response("run-3", "run-2") == {
        **expected,
        "run_id": "run-3",
        "mode": None,
        "users": 0,
        "keys": 0,
        "left_to": "run-2",
    }


@pytest.mark.parametrize("section", Section)
def test_each_entry_of_the_response_has_exactly_these_fields_with_iso_8601_times(
    section: Section,
) -> None:
    outcome = an_outcome(
        section,
        last_use=used(days_ago(3)),
        description="CI upload",
        newer=NewerKey(access_key_id="AKIANEWER", last_use=None),
    )
    [entry] = response_document(outcome)[section]
    assert entry == {
        "user": "alice",
        "access_key_id": KEY_ID,
        "age_days": 90,
        "last_used": "2026-11-21T12:00:00+00:00",
        "reason": Reason.STALE,
        "due": "2026-12-01",
    }
    assert datetime.fromisoformat(entry["last_used"]) == days_ago(3)
    assert date.fromisoformat(entry["due"]) == in_days(7)


def test_unknown_values_are_null_in_the_response() -> None:
    outcome = an_outcome(
        Section.FAILED, key_id=None, age=None, last_use=None, due=None, reason=None, detail="x"
    )
    assert response_document(outcome)["failed"] == [
        {
            "user": "alice",
            "access_key_id": None,
            "age_days": None,
            "last_used": None,
            "reason": "x",
            "due": None,
        }
    ]
    assert (
        response_document(an_outcome(last_use=LastUse(at=None)))["noticed"][0]["last_used"] is None
    )


def test_the_response_leaves_nothing_out() -> None:
    """It is not a message, so the size limit of SNS does not apply."""
    lists = response_document(*many_outcomes(300))
    assert sum(len(lists[section]) for section in Section) == 300
    assert all(set(entry) == FIELDS for entry in lists["noticed"])


def test_ages_and_days_are_in_the_configured_time_zone() -> None:
    tokyo = Now(instant=datetime(2026, 11, 24, 16, 0, tzinfo=UTC), zone=ZoneInfo("Asia/Tokyo"))
    message = single_message(
        an_outcome(last_use=used(datetime(2026, 11, 20, 15, 0, tzinfo=UTC))), now=tokyo
    )
    assert "Wed 25 Nov 2026, 01:00 JST." in message.variants["email"]
    assert "91 days old" in message.variants["email"]
    assert "last used Sat 21 Nov 2026" in message.variants["email"]
    assert json_document(message)["noticed"][0]["age_days"] == 91
    assert json_document(message)["noticed"][0]["last_used"] == "2026-11-20T15:00:00+00:00"


def example_report() -> Report:
    """Return the report of a day on which everything happens, for the documentation."""
    previous = RunState(
        parameters=parameters(grace_days="45", exemptions="ivan until 2026-11-23 # on leave")
    )
    users = [User(name=f"user{n}", path="/", user_id=f"AIDA{n}") for n in range(42)]
    return a_report(
        *ORDINARY_DAY,
        inventory=an_inventory(*(observed_key(a_key(user=user)) for user in users)),
        previous=previous,
        exemptions="ivan until 2026-11-23 # on leave",
    )


def test_the_example_is_the_current_digest() -> None:
    """To write it again: `python -m tests.unit.test_digest`."""
    assert compose(example_report())[0][0].variants["email"] == EXAMPLE.read_text(encoding="utf-8")


def test_the_lines_of_the_restore_command_are_joined_by_backslashes() -> None:
    *lines, last = restore_command(an_outcome(Section.DEACTIVATED))
    assert all(line.endswith(" \\") for line in lines)
    assert not last.endswith("\\")


def test_the_example_has_the_instant_of_the_builders() -> None:
    assert a_report().now.instant == NOON


if __name__ == "__main__":
    EXAMPLE.write_text(compose(example_report())[0][0].variants["email"], encoding="utf-8")
