"""The synthesised stack of the product, and emulated accounts into which it is deployed."""

import fcntl
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from local.demo.scenario_owners import CONTEXT
from local.demo.synthesis import STACK
from local.emulator.account import LocalAccount
from tests.local.assembly import synthesise

AccountFactory = Callable[[datetime], AbstractContextManager[LocalAccount]]


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Synthesise the stack as a user does, with one e-mail address."""
    return _synthesised_once(tmp_path_factory, worker_id, "cdk.out", {})


@pytest.fixture(scope="session")
def synthesised_with_owner_mail(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Synthesise the stack of the demo, whose owners of keys get mail."""
    return _synthesised_once(tmp_path_factory, worker_id, "cdk.out.owner-mail", CONTEXT)


def _synthesised_once(
    folders: pytest.TempPathFactory, worker_id: str, name: str, context: Mapping[str, str]
) -> Path:
    """Synthesise the stack once for all xdist workers."""
    if worker_id == "master":
        return synthesise(folders.mktemp(name), context)
    assembly = folders.getbasetemp().parent / name  # the parent is common to all
    with assembly.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (assembly / "manifest.json").exists():  # the CDK writes it last
            synthesise(assembly, context)
    return assembly


@pytest.fixture(scope="session")
def deployed_account(synthesised: Path) -> AccountFactory:
    """Return a function that starts an account at a time, with the deployed stack."""
    return _deploying(synthesised)


@pytest.fixture(scope="session")
def account_with_owner_mail(synthesised_with_owner_mail: Path) -> AccountFactory:
    """Return a function that starts an account at a time, whose owners of keys get mail.

    The sender is not verified yet.
    """
    return _deploying(synthesised_with_owner_mail)


def _deploying(assembly: Path) -> AccountFactory:
    @contextmanager
    def deployed(now: datetime) -> Iterator[LocalAccount]:
        with LocalAccount.start(now=now) as account:
            account.deploy(assembly, STACK)
            yield account

    return deployed
