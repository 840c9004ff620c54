"""Promise 6: a digest of any size is divided into messages that SNS accepts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pytest

from key_rotation.domain.run_state import RunState
from key_rotation.reporting import digest
from key_rotation.reporting.digest import compose
from key_rotation.reporting.headings import count_text
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.sns_message import MAX_BYTES
from tests.unit.builders import (
    a_report,
    parameters,
)
from tests.unit.digest_builders import (
    json_document,
    many_outcomes,
    single_message,
)


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
    messages = compose(a_report(*many_outcomes(6 * len(Section))))
    last = messages[-1][0]
    [line] = [part for part in last.variants["email"].split("\n\n") if "Left out" in part]
    left_out = json_document(last)["left_out"]
    for section, count in left_out.items():
        assert count_text(Section(section), count) in " ".join(line.split())
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
