"""Promise 5: a run can die at any instruction and be started again.

One day on which everything happens is run undisturbed, and then once for each call that it makes,
killed before the call and killed after it. After the next run of the same day the account, the
ledger and what people were told are as if nothing had happened.
"""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from tests.aws.aws_account import AwsAccount
from tests.aws.faults import Death

SECTIONS = (
    "noticed",
    "deactivated",
    "deleted",
    "extended",
    "withdrawn",
    "adopted",
    "closed",
    "held",
)


def an_eventful_day(account: AwsAccount) -> dict[str, str]:
    """Live up to a day with a notice, a deactivation, a deletion, a use, a rotation and a hold."""
    keys = {
        "deleted": account.key("bob", age=400),
        "extended": account.key("carol", age=400),
        "closed": account.key("dave", age=400),
        "noticed again": account.key("erin", age=400),
    }
    account.run()
    account.after(7)
    account.now += timedelta(days=23)
    keys["deactivated"] = account.key("frank", age=90)
    account.run()
    account.now += timedelta(days=7)
    keys["noticed"] = account.key("grace", age=84)
    account.use(keys["extended"], account.now - timedelta(days=2))
    account.turn("erin", keys["noticed again"], "Active")
    account.clients.iam.delete_access_key(UserName="dave", AccessKeyId=keys["closed"])
    return keys


def facts(account: AwsAccount, keys: dict[str, str]) -> dict[str, Any]:
    """What must be the same: IAM, and the ledger without versions and names of runs."""
    names = {key_id: name for name, key_id in keys.items()}
    return {
        "iam": {name: account.status(key_id) for name, key_id in keys.items()},
        "watches": {
            names[item["sk"]]: (item["state"], item["reactivations"], item["unreported_events"])
            for item in account.items("WATCH")
        },
        "history": {
            name: [item["action"] for item in account.items(f"HISTORY#{key_id}")]
            for name, key_id in keys.items()
        },
        "lease": account.items("RUN")[0]["sk"],
    }


def told(account: AwsAccount, keys: dict[str, str], since: int) -> Counter[tuple[str, str]]:
    """How often each thing was told of each key."""
    names = {key_id: name for name, key_id in keys.items()}
    return Counter(
        (section, names[entry["access_key_id"]])
        for mail in account.mails[since:]
        for section in SECTIONS
        for entry in mail["data"].get(section, ())
    )


def undisturbed(account: AwsAccount) -> tuple[list[str], dict[str, Any], Counter[tuple[str, str]]]:
    """The eventful day without a fault: its calls, and what came of it."""
    keys = an_eventful_day(account)
    mails = len(account.mails)
    calm = Death(at=-1, when="never")
    with calm.over(account):
        account.run()
    return calm.calls, facts(account, keys), told(account, keys, mails)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_killed_at_any_call_is_made_good_by_the_next(
    accounts: Any, when: str, subtests: Any
) -> None:
    """Each key is acted on once, none is forgotten, no window gets shorter, and people are told."""
    with accounts() as account:
        calls, expected, expected_told = undisturbed(account)
    assert len(calls) > 30, calls
    for at, call in enumerate(calls):
        with subtests.test(f"killed {when} call {at}, {call}"), accounts() as account:
            keys = an_eventful_day(account)
            mails = len(account.mails)
            death = Death(at=at, when=when)
            with death.over(account):
                account.run()
            assert death.dead or (when == "after" and at == len(calls) - 1)
            account.run()
            assert facts(account, keys) == expected
            counted = told(account, keys, mails)
            assert counted.keys() == expected_told.keys()
            twice = {fact for fact, count in counted.items() if count > 1}
            assert not twice or (call, when) == ("Publish", "after") or at > calls.index("Publish")
