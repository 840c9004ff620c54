"""Few calls for a large account, and a throttle makes a preview slower, never less."""

from typing import Any

import pytest

from tests.cli.preview.iam_server import LargeAccount, serving
from tests.cli.terminal import key_rotation


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use credentials of no account."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def preview_of(account: LargeAccount, monkeypatch: pytest.MonkeyPatch) -> Any:
    with serving(account) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        finished = key_rotation("preview", "--json", "-")
    assert finished.exit_code == 0, finished.stderr
    return finished.document


def test_5000_users_with_2500_keys_of_which_200_come_due_take_at_most_700_calls_of_iam(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = LargeAccount(users=5_000, due=200)
    found = preview_of(account, monkeypatch)
    assert (found["users"], found["keys"], found["stale"]) == (5_000, 2_500, 200)
    assert len(found["days"][0]["noticed"]) == 200
    assert account.calls.total() <= 700
    assert account.calls["ListAccessKeys"] == account.calls["GetAccessKeyLastUsed"] == 200


def test_a_throttled_preview_has_the_same_days(monkeypatch: pytest.MonkeyPatch) -> None:
    def days(rate: float | None) -> tuple[Any, int]:
        account = LargeAccount(users=60, due=30, rate=rate)
        return preview_of(account, monkeypatch)["days"], account.throttled

    expected, _ = days(None)
    found, throttled = days(15)
    assert throttled
    assert found == expected
