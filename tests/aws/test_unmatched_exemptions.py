"""An exemption that matches nothing is named: its key would be cut, and nobody would know why."""

from typing import Any

import pytest

from tests.aws.aws_account import AwsAccount
from tests.aws.faults import refused


def unmatched_after(account: AwsAccount, exemptions: str) -> list[str]:
    """Return what the answer lists for these exemptions."""
    account.put_parameters(exemptions=exemptions)
    unmatched: list[str] = account.run()["unmatched_exemptions"]
    return unmatched


@pytest.mark.parametrize(
    ("line", "matches"),
    [
        ("carol", True),
        ("CAROL", True),
        ("caroll", False),
        ("caroll until 2026-12-31 # ticket 7", False),
        ("caroll until 2026-11-23", True),
        ("car*", True),
        ("carx*", False),
        ("*", True),
        ("/ci/carol", True),
        ("/ci/*", True),
        ("/ops/*", False),
        ("/ci/caroll", False),
        ("AKIA*", True),
        ("AKIAQQQQQQQQQQQQQQQ", False),
        ("*NOSUCHKEY", False),
    ],
)
def test_the_answer_lists_the_entries_in_force_that_match_nothing(
    account: AwsAccount, line: str, *, matches: bool
) -> None:
    """An entry past its day exempts nobody anyway."""
    account.create_key("carol", age=10, path="/ci/")
    assert unmatched_after(account, line) == ([] if matches else [line])


def test_the_digest_names_them_with_what_is_near(account: AwsAccount) -> None:
    key_id = account.create_key("carol", age=10)
    account.put_parameters(exemptions=f"caroll\n{key_id[:-1]}")
    account.run()
    [message] = account.messages
    text = " ".join(message["text"].split())
    assert "EXEMPTIONS THAT MATCH NOTHING: no user and no key caroll near: carol" in text
    assert f"{key_id[:-1]} near: {key_id}" in text
    assert message["data"]["unmatched_exemptions"] == [
        {"entry": "caroll", "near": ["carol"]},
        {"entry": key_id[:-1], "near": [key_id]},
    ]
    assert "exemptions" in message["attributes"]["event"]["Value"]


def test_they_are_in_a_digest_when_they_appear_and_once_a_week(account: AwsAccount) -> None:
    account.create_key("carol", age=10)
    account.run()
    assert unmatched_after(account, "caroll") == ["caroll"]
    days = []
    for day in range(1, 16):
        before = len(account.messages)
        assert account.run_after(1)["unmatched_exemptions"] == ["caroll"]
        days += [day] if len(account.messages) > before else []
    assert days == [7, 14]


def test_that_a_key_id_matches_nothing_is_known_after_a_full_scan(account: AwsAccount) -> None:
    """Until then only some keys were read; from then on it stays known."""
    account.create_key("carol", age=10)
    account.run()
    assert unmatched_after(account, "AKIAQQQQQQQQQQQQQQQQ") == []
    assert account.run_after(7)["unmatched_exemptions"] == ["AKIAQQQQQQQQQQQQQQQQ"]
    assert account.run_after(1)["unmatched_exemptions"] == ["AKIAQQQQQQQQQQQQQQQQ"]
    assert unmatched_after(account, "none") == []


def test_after_an_incomplete_scan_a_key_id_may_still_match(account: AwsAccount) -> None:
    """The key may be of the user who could not be read."""
    key_id = account.create_key("carol", age=10)
    with refused(account, "iam.ListAccessKeys"):
        assert unmatched_after(account, f"{key_id}\nAKIAQQQQQQQQQQQQQQQQ") == []


def test_an_entry_that_matches_again_is_no_longer_listed(account: AwsAccount) -> None:
    assert unmatched_after(account, "carol") == ["carol"]
    account.create_key("carol", age=10)
    answer: dict[str, Any] = account.run_after(1)
    assert answer["unmatched_exemptions"] == []
