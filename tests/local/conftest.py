"""Emulated accounts, and the synthesised stack of the product."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest

from local.demo.scenario import SUBSCRIBER
from local.demo.synthesis import synthesise
from local.emulator.account import LocalAccount

AccountFactory = Callable[[datetime], LocalAccount]


@pytest.fixture(scope="session")
def account_factory() -> Iterator[AccountFactory]:
    """Return a function that starts an account at a time; all accounts stop at the end."""
    with ExitStack() as running:
        yield lambda now: running.enter_context(LocalAccount.start(now=now))


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthesise the stack as a user does, with one e-mail address."""
    return synthesise(tmp_path_factory.mktemp("cdk.out"), email=SUBSCRIBER)
