"""A fresh account for each test, in which nobody waits long for a dead run or for a report."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from key_rotation.adapters import credential_report, lease
from key_rotation.service_layer import inventory
from tests.aws.world import REGION, World, a_world

Worlds = Callable[[], AbstractContextManager[World]]


@pytest.fixture
def worlds(monkeypatch: pytest.MonkeyPatch) -> Worlds:
    """Open accounts in moto, one after the other."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setattr(lease, "DEAD_AFTER", 0.04)
    monkeypatch.setattr(lease, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(inventory, "SETTLE", 0.01)
    monkeypatch.setattr(credential_report, "PAUSES", (0, 0, 0))
    return a_world


@pytest.fixture
def world(worlds: Worlds) -> Iterator[World]:
    """Open one account in moto."""
    with worlds() as opened:
        yield opened
