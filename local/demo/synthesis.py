"""Synthesises the product's stack into a folder, as a user does."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

STACK = "KeyRotation"
"""The name of the stack in app.py."""
_ROOT = Path(__file__).parents[2]


class SynthesisFailedError(Exception):
    """Raised when the CDK app fails; the message is its output."""


def synthesise(folder: Path, *, email: str, context: Mapping[str, str] | None = None) -> Path:
    """Run the CDK app for one e-mail address, offline and without credentials.

    context: further context values, such as those of an organization

    Returns the folder of the cloud assembly.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = clean | {
        "CDK_CONTEXT_JSON": json.dumps({"email": email} | dict(context or {})),
        "CDK_OUTDIR": str(folder),
    }
    ran = subprocess.run(
        [sys.executable, "app.py"],
        cwd=_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise SynthesisFailedError(ran.stderr or ran.stdout)
    return folder
