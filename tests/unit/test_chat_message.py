"""The chat message of a single account: what it says, in which order, and how much of it."""

from datetime import date
from typing import Any

import pytest

from key_rotation.domain.inventory import Scan
from key_rotation.domain.model import Mode, Reason
from key_rotation.domain.run_state import Continuation, RunState
from key_rotation.errors import (
    InvalidSettingsError,
    LeaseLostError,
    NoListenerError,
    RunStoppedError,
    UnreadableItemError,
)
from key_rotation.reporting.chat_message import FIX_IT, chat_message, stopped_chat_message
from key_rotation.reporting.chat_text import describe, plain, thread_id, title_of
from key_rotation.reporting.digest import subject
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.stopped_message import DoneBeforeStop
from tests.unit.builders import NOW, a_report, an_outcome, parameters
from tests.unit.chat_schema import assert_means_nothing, shown
from tests.unit.digest_builders import ORDINARY_DAY

ACCOUNT = "123456789012"


def message(*outcomes: Outcome, **options: Any) -> dict[str, Any]:
    """Return the chat message of a report."""
    document = shown(chat_message(a_report(*outcomes, **options)).body)
    assert_means_nothing(document)
    return document


def description(*outcomes: Outcome, **options: Any) -> str:
    """Return its description."""
    return str(message(*outcomes, **options)["content"]["description"])


def lines(*outcomes: Outcome, **options: Any) -> list[str]:
    """Return the lines of its keys."""
    return description(*outcomes, **options).split("\n\n")[-1].splitlines()


def stopped(error: RunStoppedError, done: DoneBeforeStop | None = None) -> dict[str, Any]:
    """Return the chat message of a run that was stopped."""
    done = done or DoneBeforeStop()
    document = shown(stopped_chat_message(error, ACCOUNT, "run-1", NOW, done).body)
    assert_means_nothing(document)
    return document


ORDINARY_KEYS = (
    ("FAILED: mallory (all keys): its keys could not be listed", "(ListAccessKeys: Throttling: "),
    (
        "HELD: niaj AKIANIAJZZZZZZZZZZZZ, 150 days old: turned on again for the third time;",
        "decide",
    ),
    (
        "DEACTIVATED: alice AKIAALICEZZZZZZZZZZZ, CI upload, 90 days old: deleted on Thu 24",
        "unused",
    ),
    ("DELETED: build-server-07 AKIABUILDSERVERZZZZZ, 127 days old: unused for its whole", "window"),
    ("NOTICE: grace AKIAGRACEZZZZZZZZZZZ, 83 days old: stops working on Tue 1 Dec 2026", ""),
    ("REMINDER: heidi AKIAHEIDIZZZZZZZZZZZ, 89 days old: stops working on Wed 25 Nov 2026", ""),
    ("EXTENDED: carol\uff20example\u2024com AKIACAROLEXAMPLECOMZ, 101 days old: deleted on", ""),
    ("ADOPTED: dave AKIADAVEZZZZZZZZZZZZ, 400 days old: deleted on Thu 24 Dec 2026 if it", ""),
    ("WITHDRAWN: erin AKIAERINZZZZZZZZZZZZ, 85 days old: no longer stale under the", "of today"),
    ("CLOSED: frank AKIAFRANKZZZZZZZZZZZ, 91 days old: no longer exists", ""),
)
"""What the line of each key begins with, and has further on."""


def test_an_ordinary_day_has_the_title_of_its_digest_and_the_counts() -> None:
    content = message(*ORDINARY_DAY)["content"]
    assert content["title"] == (
        "1 failed, 1 held, 1 deactivated, 1 deleted, 1 notice, 1 due tomorrow, 1 extended,"
        " 1 adopted, 1 withdrawn, 1 closed, 1 deferred"
    )
    assert content["description"].splitlines()[:7] == [
        "Key rotation in account 123456789012, Tue 24 Nov 2026.",
        "",
        "- To check: 1 failed, 1 held",
        "- Done: 1 deactivated, 1 deleted, 1 extended, 1 adopted, 1 withdrawn, 1 closed",
        "- Coming: 1 notice, 2 upcoming, 1 deferred",
        "- Exempt: 1 exempt",
        "",
    ]


def test_an_ordinary_day_lists_ten_keys_the_most_urgent_first() -> None:
    *keys, more = lines(*ORDINARY_DAY)
    assert len(keys) == len(ORDINARY_KEYS)
    for line, (start, further) in zip(keys, ORDINARY_KEYS, strict=True):
        assert line.startswith(f"- {start}")
        assert further in line
    assert more == "- and 1 more: see the e-mail"


def test_an_ordinary_day_has_the_three_most_urgent_steps() -> None:
    steps = message(*ORDINARY_DAY)["content"]["nextSteps"]
    assert [step.partition(":")[0] for step in steps] == ["Failed", "Held", "Deactivated"]


def test_the_metadata_thread_a_week_and_tell_programs_what_it_is_about() -> None:
    document = message(an_outcome(Section.DEACTIVATED))
    assert document["metadata"] == {
        "threadId": "key-rotation-123456789012-2026-W48",
        "summary": "1 deactivated",
        "eventType": "key-rotation-digest",
        "additionalContext": {
            "account_id": ACCOUNT,
            "run_id": "run-2",
            "mode": "enforce",
            "severity": "warning",
        },
    }


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (date(2026, 1, 4), "2026-W01"),
        (date(2026, 1, 5), "2026-W02"),
        (date(2026, 12, 31), "2026-W53"),
        (date(2027, 1, 3), "2026-W53"),
        (date(2027, 1, 4), "2027-W01"),
    ],
)
def test_a_thread_is_one_iso_week_of_one_account(day: date, week: str) -> None:
    assert thread_id(ACCOUNT, day) == f"key-rotation-{ACCOUNT}-{week}"


def test_the_title_is_the_subject_of_the_digest_without_its_head() -> None:
    report = a_report(an_outcome(Section.DEACTIVATED), an_outcome(Section.NOTICED, key_id="AKIB"))
    title = chat_message(report).title
    assert subject(report) == f"[key-rotation] {ACCOUNT}: {title}"


def test_a_title_leaves_out_what_has_no_room() -> None:
    parts = [f"{number} would be deactivated" for number in range(1, 30)]
    title = title_of(parts, " (part 2)")
    assert len(title) <= 250
    assert title.endswith("would be deactivated, ... (part 2)")
    assert title_of(["x" * 251]) == "see the e-mail"
    assert title_of(["x" * 250]) == "x" * 250


@pytest.mark.parametrize(
    ("count", "listed", "more"),
    [(9, 9, []), (10, 10, []), (11, 10, ["- and 1 more: see the e-mail"])],
)
def test_at_most_ten_keys_are_listed_and_the_others_counted(
    count: int, listed: int, more: list[str]
) -> None:
    found = lines(
        *(an_outcome(key_id=f"AKIA{n:016}", user=f"user{n}") for n in range(count)),
    )
    assert len([line for line in found if line.startswith("- NOTICE: user")]) == listed
    assert found[listed:] == more


def test_a_description_is_cut_at_whole_lines_and_says_how_many_are_left_out() -> None:
    wide = [f"{number} {'w' * 296}" for number in range(10)]
    text = describe(("head",), ("count",), wide)
    assert len(text) <= 2500
    assert text.splitlines()[4:] == [
        *(f"- {line}" for line in wide[:8]),
        "- and 2 more: see the e-mail",
    ]


def test_notices_are_listed_by_day_and_the_oldest_key_first() -> None:
    found = lines(
        an_outcome(user="late", key_id="AKIA1", due=9),
        an_outcome(user="young", key_id="AKIA2", due=7, age=84),
        an_outcome(user="old", key_id="AKIA3", due=7, age=400),
    )
    assert [line.split()[2] for line in found] == ["old", "young", "late"]


def test_a_key_has_one_line_with_the_most_urgent_of_what_happened() -> None:
    found = lines(
        an_outcome(Section.EXTENDED, reason=Reason.USED_IN_WINDOW),
        an_outcome(Section.FAILED, reason=None, detail="reported, but not recorded"),
    )
    assert found == ["- FAILED: alice AKIAALICE0000000001, 90 days old: reported, but not recorded"]


def test_keys_that_are_only_listed_in_the_digest_are_only_counted() -> None:
    upcoming = an_outcome(Section.UPCOMING, triggers_digest=False)
    exempt = an_outcome(Section.EXEMPT, key_id="AKIB", triggers_digest=False)
    assert description(upcoming, exempt).endswith("- Coming: 1 upcoming\n- Exempt: 1 exempt")


def test_a_digest_of_changed_settings_alone_says_so_in_its_title() -> None:
    content = message(previous=RunState(parameters=parameters(grace_days="60")))["content"]
    assert content["title"] == "settings changed"
    assert content["description"] == "Key rotation in account 123456789012, Tue 24 Nov 2026."


def test_the_account_is_named_by_its_alias_first() -> None:
    head = description(an_outcome(), alias="payments-prod").partition("\n")[0]
    assert head == "Key rotation in account payments-prod (123456789012), Tue 24 Nov 2026."


def test_while_changes_are_paused_no_day_is_promised() -> None:
    text = description(an_outcome(), max_changes_per_run="0")
    assert "PAUSED: no key is changed, and all announced days are suspended." in text
    assert "is to stop working on Tue 1 Dec 2026; suspended while changes are paused" in text


def test_the_message_of_a_part_says_which_one() -> None:
    part = Continuation(part=1, user_ids=(), scan=Scan.TARGETED, event_id="event-2")
    assert message(an_outcome(), continued_from=part)["content"]["title"] == "1 notice (part 2)"


def test_in_report_mode_everything_only_would_be() -> None:
    content = message(
        an_outcome(Section.DEACTIVATED, dry_run=True),
        an_outcome(Section.NOTICED, key_id="AKIB", dry_run=True),
        mode=Mode.REPORT,
    )["content"]
    assert "REPORT MODE: nothing was changed." in content["description"].splitlines()
    assert "- Would be: 1 deactivated, 1 noticed" in content["description"].splitlines()
    assert "- WOULD BE DEACTIVATED: alice " in content["description"]
    assert "- WOULD GET A NOTICE: alice " in content["description"]
    assert content["nextSteps"] == []


@pytest.mark.parametrize(
    ("foreign", "written"),
    [
        ("bob", "bob"),
        ("svc_backup", "svc\uff3fbackup"),
        ("<!channel>", "\uff1c\uff01channel\uff1e"),
        ("&lt;!here&gt;", "\uff06lt;\uff01here\uff06gt;"),
        ("<at>Anna</at>", "\uff1cat\uff1eAnna\uff1c/at\uff1e"),
        ("@channel", "\uff20channel"),
        ("*bold* `code` ~gone~", "\uff0abold\uff0a \uff40code\uff40 \uff5egone\uff5e"),
        ("[a](https://b.example)", "\uff3ba\uff3d(https\uff1a//b\u2024example)"),
        ("evil.example.com", "evil\u2024example\u2024com"),
        (":rotating_light:", "\uff1arotating\uff3flight\uff1a"),
        ("a|b #c \\d", "a\uff5cb \uff03c \uff3cd"),
        ("one. two: three", "one. two: three"),
        ("a\nb\r\u2028c\x00", "a b c"),
        ("\u202etxt", "txt"),
    ],
)
def test_no_sign_of_a_foreign_text_means_more_than_itself(foreign: str, written: str) -> None:
    assert plain(foreign) == written


def test_a_foreign_text_is_cut_where_it_is_too_long() -> None:
    assert plain("x" * 101) == f"{'x' * 97}..."


def test_a_stopped_run_says_what_stopped_it_what_it_did_and_what_follows() -> None:
    error = InvalidSettingsError(["/key-rotation/mode is 'off'."])
    content = stopped(error, DoneBeforeStop(deactivated=2))["content"]
    assert content["title"] == "STOPPED: InvalidSettings"
    assert content["description"].split("\n\n") == [
        "Key rotation in account 123456789012, Tue 24 Nov 2026: this run ended with an error.",
        "/key-rotation/mode is 'off'. Nothing was changed.",
        "This run deactivated 2 keys and deleted 0 before it stopped. The next run reports them.",
        "Keys that this run did not reach are not rotated until a run succeeds.",
    ]
    assert content["nextSteps"] == [FIX_IT]


def test_the_metadata_of_a_stopped_run_are_in_the_same_thread() -> None:
    metadata = stopped(NoListenerError("Nobody listens."))["metadata"]
    assert metadata["threadId"] == "key-rotation-123456789012-2026-W48"
    assert metadata["eventType"] == "key-rotation-stopped"
    assert metadata["additionalContext"]["severity"] == "error"


def test_a_run_that_was_overtaken_asks_nobody_to_do_anything() -> None:
    content = stopped(LeaseLostError("Another run took over."))["content"]
    assert content["nextSteps"] == []
    assert content["description"].endswith("The run that took over goes on with the other keys.")


def test_the_command_against_an_unreadable_item_is_in_the_email_only() -> None:
    error = UnreadableItemError("The item is malformed.", ["aws dynamodb delete-item", "  --key x"])
    text = stopped(error)["content"]["description"]
    assert "The item is malformed." in text
    assert "dynamodb" not in text


def test_the_longest_error_is_cut() -> None:
    [_, error, *_] = stopped(NoListenerError("w" * 9000))["content"]["description"].split("\n\n")
    assert error == f"{'w' * 1197}..."
