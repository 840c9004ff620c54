"""The synthesised stack of the product, and emulated accounts into which it is deployed."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from local.demo.scenario import SUBSCRIBER
from local.demo.synthesis import STACK, synthesise
from local.emulator.account import LocalAccount

AccountFactory = Callable[[datetime], AbstractContextManager[LocalAccount]]


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Synthesise the stack as a user does, with one e-mail address, once for all xdist workers."""
    if worker_id == "master":
        return synthesise(tmp_path_factory.mktemp("cdk.out"), email=SUBSCRIBER)
    assembly = tmp_path_factory.getbasetemp().parent / "cdk.out"  # the parent is common to all
    with assembly.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (assembly / "manifest.json").exists():  # the CDK writes it last
            synthesise(assembly, email=SUBSCRIBER)
    return assembly


@pytest.fixture(scope="session")
def deployed_account(synthesised: Path) -> AccountFactory:
    """Return a function that starts an account at a time, with the deployed stack."""

    @contextmanager
    def deployed(now: datetime) -> Iterator[LocalAccount]:
        with LocalAccount.start(now=now) as account:
            account.deploy(synthesised, STACK)
            yield account

    return deployed
