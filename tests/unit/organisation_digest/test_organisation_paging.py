"""Promise 6 for an organization: few messages; what has no room in them comes later."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from key_rotation.domain.organisation.accounts import Coverage
from key_rotation.reporting.organisation.digest import MAX_MESSAGES, Named, compose
from key_rotation.reporting.organisation.report import (
    AccountReport,
    OrganisationReport,
    SettingsNews,
)
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.sns_message import MAX_BYTES, Message
from tests.unit.builders import an_outcome, days_ago
from tests.unit.organisation_digest.organisation_builders import (
    a_change,
    an_account,
    data_of,
    id_of,
    in_report_mode,
    missing,
    organisation,
    registered,
)

pytestmark = pytest.mark.no_cover
SMALL = 6_000


def accounts_with(
    section: Section, numbers: range, told: frozenset[Named] = frozenset()
) -> list[AccountReport]:
    """Return accounts with one key each that nobody was told about, the oldest first."""
    accounts = []
    for number in numbers:
        key_id = f"AKIA{section[:4].upper()}{number:012}"
        outcome = an_outcome(section, user=f"user{number}", key_id=key_id, age=900 - number)
        news = [] if (id_of(number), key_id) in told else [outcome]
        accounts.append(an_account(number, *news))
    return accounts


def noticed(count: int) -> OrganisationReport:
    return organisation(*accounts_with(Section.NOTICED, range(1, count + 1)))


def named_in(messages: Sequence[tuple[Message, tuple[Named, ...]]]) -> list[Named]:
    return [name for _, names in messages for name in names]


def test_there_are_at_most_five_messages_of_256_kib() -> None:
    assert (MAX_MESSAGES, MAX_BYTES) == (5, 262_144)


@pytest.mark.parametrize("count", [1, 5, 20, 100])
@pytest.mark.parametrize("limit", [SMALL, 24_000])
def test_each_message_is_within_its_size_and_there_are_at_most_five(count: int, limit: int) -> None:
    accounts = [
        *accounts_with(Section.NOTICED, range(1, count + 1)),
        *accounts_with(Section.DEFERRED, range(101, 101 + count)),
    ]
    report = organisation(
        *accounts,
        not_looked_at=tuple(missing(200 + n) for n in range(count)),
        joined=tuple(registered(300 + n) for n in range(count)),
    )
    messages = compose(report, limit=limit)
    assert 1 <= len(messages) <= 5
    for message, _ in messages:
        assert message.size <= limit


def test_a_digest_that_fits_is_one_message_with_a_variant_for_every_protocol() -> None:
    [(message, _)] = compose(noticed(20))
    assert set(message.variants) == {"default", "email", "sqs", "lambda", "https"}
    assert "E-mail" not in message.variants["email"]


@pytest.mark.parametrize("messages", [1, 2, 5])
def test_the_messages_name_the_oldest_keys_and_what_has_no_room_is_named_nowhere(
    messages: int,
) -> None:
    composed = compose(noticed(100), limit=SMALL, messages=messages)
    assert len(composed) == messages
    named = named_in(composed)
    assert 0 < len(named) < 100
    assert [account for account, _ in named] == [id_of(n) for n in range(1, len(named) + 1)]
    texts = "".join(str(message.variants) for message, _ in composed)
    for number in range(1, 101):
        assert (f"AKIANOTI{number:012}" in texts) is (number <= len(named))


def test_each_message_says_how_many_are_left_for_tomorrow() -> None:
    composed = compose(noticed(100), limit=SMALL)
    named = len(named_in(composed))
    for message, _ in composed:
        text = " ".join(message.variants["email"].split())
        assert f"Coming {named} notices Next" in text
        left = f"No room {100 - named} notices left for the next digest."
        assert f"{left} A notice is not given before." in text
        assert f", {named} notices (" in message.subject
        assert data_of(message)["left_for_tomorrow"] == {"noticed": 100 - named}


def test_only_notices_that_are_given_are_counted_as_coming() -> None:
    """What only would be announced is counted apart, and so is what is listed again."""
    would = in_report_mode(200, an_outcome())
    again = an_outcome(
        Section.UPCOMING, key_id="AKIANOTI000000000100", age=800, triggers_digest=False
    )
    report = noticed(100)
    *others, last = report.accounts
    outcomes = (*last.report.outcomes, again)
    accounts = (would, *others, replace(last, report=replace(last.report, outcomes=outcomes)))
    [(message, names)] = compose(replace(report, accounts=accounts), limit=SMALL, messages=1)
    text = " ".join(message.variants["email"].split())
    assert f"Coming {len(names)} notices, 1 upcoming Would be 1 noticed" in text
    assert data_of(message)["left_for_tomorrow"] == {"noticed": 100 - len(names)}


def test_no_deferred_key_takes_the_place_of_a_notice() -> None:
    """Where a shorter entry would fit behind the last one that did."""
    long = [
        an_account(n, an_outcome(key_id=f"AKIAN{n}", description="tag " * 60)) for n in range(20)
    ]
    report = organisation(*long, *accounts_with(Section.DEFERRED, range(100, 120)))
    for limit in range(5_000, 7_000, 200):
        [(_, names)] = compose(report, limit=limit, messages=1)
        assert names
        assert {key[:5] for _, key in names} == {"AKIAN"}


def test_what_was_done_and_has_no_room_is_left_for_tomorrow_too() -> None:
    """The count of the head is of what was done; only a notice is not given before."""
    report = organisation(*accounts_with(Section.DELETED, range(1, 101)))
    [(message, names)] = compose(report, limit=SMALL, messages=1)
    text = " ".join(message.variants["email"].split())
    assert "Done 100 deleted" in text
    assert f"No room {100 - len(names)} deleted left for the next digest. DELETED" in text


def test_a_hundred_notices_are_all_told_within_days_where_a_message_has_6_kb() -> None:
    """Though all accounts are new on the first day, and forty others are never looked at."""
    told: frozenset[Named] = frozenset()
    for day in range(1, 8):
        report = organisation(
            *accounts_with(Section.NOTICED, range(1, 101), told),
            not_looked_at=tuple(missing(n) for n in range(200, 240)),
            joined=tuple(registered(n) for n in range(1, 101)) if day == 1 else (),
        )
        named = named_in(compose(report, limit=SMALL))
        assert len(set(named)) == len(named)
        assert not told & set(named)
        told |= set(named)
    assert len(told) == 100


def test_failures_and_accounts_not_looked_at_do_not_keep_notices_from_being_told() -> None:
    """A failure that was named is no news for a week."""
    report = organisation(
        *accounts_with(Section.NOTICED, range(1, 11)),
        not_looked_at=tuple(missing(n) for n in range(200, 1200)),
    )
    assert len(named_in(compose(report, limit=SMALL))) == 10


def test_what_needs_a_person_comes_first_then_the_order_of_the_sections() -> None:
    last = {Section.EXEMPT, Section.WAITING}  # the first is no news, the second comes each day
    sections = [section for section in reversed(Section) if section not in last]
    accounts = [
        account
        for n, section in enumerate(sections)
        for account in accounts_with(section, range(100 * n, 100 * n + 4))
    ]
    composed = compose(organisation(*accounts, not_looked_at=(missing(9),)), limit=9_000)
    first, *others = [data_of(message) for message, _ in composed]
    assert len(others) > 2
    assert first["not_looked_at"]
    assert not any(document["not_looked_at"] for document in others)
    named = [key[4:8] for _, key in named_in(composed)]
    order = [section[:4].upper() for section in Section if section is not Section.NOTICED]
    order.insert(order.index("UPCO") + 1, "NOTI")  # a reminder cannot wait, a notice can
    assert named == sorted(named, key=order.index)
    assert named[:8] == ["FAIL"] * 4 + ["HELD"] * 4


def test_half_of_the_first_message_is_for_accounts_that_were_not_looked_at() -> None:
    report = organisation(
        an_account(1, an_outcome()), not_looked_at=tuple(missing(n) for n in range(2, 1002))
    )
    composed = compose(report, limit=60_000)
    first, _ = composed[0]
    listed = [len(data_of(message)["not_looked_at"]) for message, _ in composed]
    assert len(composed) == 1
    assert 20 <= listed[0] < 1_000
    assert data_of(first)["accounts_not_listed"] == 1_000 - sum(listed)
    assert named_in(composed) == [(id_of(1), "AKIAALICE0000000001")]
    text = " ".join(first.variants["email"].split())
    assert f"Unlisted {1_000 - sum(listed)} accounts not looked at: counted above" in text


def test_all_outcomes_of_a_key_are_in_one_message() -> None:
    def two(number: int) -> list[Outcome]:
        key_id = f"AKIA{number:016}"
        earlier = an_outcome(Section.DEACTIVATED, key_id=key_id, happened_at=days_ago(1))
        later = an_outcome(Section.UPCOMING, key_id=key_id, triggers_digest=False)
        return [earlier, later]

    composed = compose(organisation(*(an_account(n, *two(n)) for n in range(1, 40))), limit=SMALL)
    assert len(composed) > 2
    for message, names in composed:
        counts = Counter(
            entry["access_key_id"]
            for section in ("deactivated", "upcoming")
            for entry in data_of(message)[section]
        )
        assert set(counts.values()) == {2}
        assert set(counts) == {key for _, key in names}


def test_what_a_later_run_repeats_only_fills_the_last_message() -> None:
    """Deferred keys, dry runs, and failures beyond the first hundred."""
    deferred = accounts_with(Section.DEFERRED, range(1, 101))
    would = [in_report_mode(n, an_outcome(key_id=f"AKIAW{n}")) for n in range(101, 151)]
    [(message, names)] = compose(organisation(*deferred, *would), limit=SMALL)
    assert 0 < len(names) < 150
    document = data_of(message)
    assert sum(document["not_listed"].values()) == 150 - len(names)
    assert document["left_for_tomorrow"] == {}
    assert "No room" not in message.variants["email"]
    assert "Unlisted" in message.variants["email"]


def test_failures_of_users_need_few_messages_however_many_there_are() -> None:
    failed = [
        an_outcome(Section.FAILED, user=f"user{n}", key_id=None, age=None, detail="denied")
        for n in range(5_000)
    ]
    composed = compose(organisation(an_account(1, *failed)), limit=24_000)
    assert len(composed) < 5
    assert len(named_in(composed)) >= 100


@pytest.mark.parametrize("limit", [60_000, MAX_BYTES])
def test_news_of_accounts_and_settings_take_half_of_a_message_at_most(limit: int) -> None:
    """Each kind of them has at least one entry, however long; the others are counted."""
    longest = "ä" * 1_000
    news = SettingsNews(
        changes=tuple(a_change("x" * 1_000, was=longest, now=longest[1:]) for _ in range(100)),
        unread=dict.fromkeys(map(str, range(100)), longest),
        ended=(longest,) * 100,
        unmatched=(longest,) * 100,
    )
    left_out = tuple(
        registered(n, Coverage.LEFT_OUT, left_out_reason=longest, name=longest[:50])
        for n in range(100, 1100)
    )
    report = replace(
        noticed(50),
        settings=news,
        joined=left_out,
        left_out=left_out,
        newly_left_out=frozenset(account.account.account_id for account in left_out),
    )
    composed = compose(report, limit=limit)
    assert all(message.size <= limit for message, _ in composed)
    first = composed[0][0].variants["email"]
    for kind in ("JOINED", "LEFT OUT", "SETTINGS", "EXEMPTIONS THAT MATCH", "ENTRIES THAT ENDED"):
        assert f"\n{kind}" in first
    assert "\n  and 9" in first
    assert composed[0][1]


def test_messages_are_numbered_in_subject_text_and_json() -> None:
    composed = compose(noticed(30), limit=SMALL)
    total = len(composed)
    assert total == 5
    for number, (message, _) in enumerate(composed, start=1):
        assert message.subject.endswith(f" ({number} of {total})")
        assert f"E-mail {number} of {total}; " in message.variants["email"]
        document = data_of(message)
        assert (document["message"], document["messages"]) == (number, total)


def test_what_is_no_key_s_is_in_the_first_message() -> None:
    """So that it is told though a later message cannot be published."""
    report = replace(noticed(30), joined=(registered(99),), not_looked_at=(missing(99, new=True),))
    first, *others = [message for message, _ in compose(report, limit=SMALL)]
    assert others
    for news, kind in (("JOINED", "joined"), ("NEW", "new_without_role")):
        assert f"\n{news}: " in first.variants["email"]
        assert data_of(first)[kind]
        for message in others:
            assert news not in message.variants["email"]
            assert kind not in data_of(message)


@pytest.mark.parametrize("count", [10, 100])
def test_the_json_names_the_same_keys_as_the_text(count: int) -> None:
    for message, names in compose(noticed(count), limit=24_000):
        listed = data_of(message)["noticed"]
        assert [(entry["account_id"], entry["access_key_id"]) for entry in listed] == list(names)
        for account_id, key_id in names:
            assert account_id in message.variants["email"]
            assert key_id in message.variants["email"]


def test_a_message_contains_as_many_keys_as_fit() -> None:
    """Apart from the room for the numbers of what is left, and one more key."""
    for message, _ in compose(noticed(300), limit=30_000)[:-1]:
        assert message.size > 30_000 * 0.95
