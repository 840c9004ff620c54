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


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("users", "due", "calls"),
    [(500, 20, 70), pytest.param(5_000, 200, 700, marks=pytest.mark.soak)],
)
def test_a_key_that_comes_due_takes_three_calls_of_iam_and_hundred_users_take_two(
    monkeypatch: pytest.MonkeyPatch, users: int, due: int, calls: int
) -> None:
    """Half of the users have a key."""
    account = LargeAccount(users=users, due=due)
    found = preview_of(account, monkeypatch)
    assert (found["users"], found["keys"], found["stale"]) == (users, users // 2, due)
    assert len(found["days"][0]["noticed"]) == due
    assert account.calls.total() <= calls
    assert account.calls["ListAccessKeys"] == account.calls["GetAccessKeyLastUsed"] == due


@pytest.mark.no_cover
def test_a_throttled_preview_has_the_same_days(monkeypatch: pytest.MonkeyPatch) -> None:
    def days(rate: float | None) -> tuple[Any, int]:
        account = LargeAccount(users=60, due=30, rate=rate)
        return preview_of(account, monkeypatch)["days"], account.throttled

    expected, _ = days(None)
    found, throttled = days(15)
    assert throttled
    assert found == expected
