"""Cloud assemblies of the product, synthesised in this process."""

import atexit
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from local.demo.scenario import SUBSCRIBER


def synthesise(folder: Path, context: Mapping[str, object]) -> Path:
    """Synthesise the app for one subscriber; returns the folder of the cloud assembly.

    The validation of its template, which takes three seconds, is left to other tests. The CDK is
    imported here, since it starts Node.js in each worker that collects the tests.
    """
    from infra.app import build_app  # noqa: PLC0415

    values = {"email": SUBSCRIBER} | dict(context)
    build_app(package=_package(), context=values, outdir=str(folder), validate=False).synth()
    return folder


@cache
def _package() -> Path:
    """Build the function's package once; it is deleted when the process ends."""
    from infra.bundling import bundled_package  # noqa: PLC0415

    kept = ExitStack()
    atexit.register(kept.close)
    return kept.enter_context(bundled_package())
