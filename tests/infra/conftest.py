"""One package and one synthesis for all tests, as jsii takes its seconds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.bundling import bundled_package
from tests.infra.template import Synthesise, Template

# aws_cdk comes after infra, which names jsii its Node.js.
# isort: split
import aws_cdk as cdk

from infra.app import build_app


@pytest.fixture(scope="session")
def package() -> Iterator[Path]:
    """Bundle the function's package."""
    with bundled_package() as folder:
        yield folder


@pytest.fixture(scope="session")
def synthesise(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Synthesise:
    """Synthesise with a context and, if given, for a Region."""

    def synthesise(region: str | None = None, **context: object) -> Template:
        app = build_app(
            package=package,
            context={key.replace("_", "-"): value for key, value in context.items()},
            env=cdk.Environment(region=region) if region else None,
            outdir=str(tmp_path_factory.mktemp("cdk.out")),
        )
        return Template(app.synth().get_stack_by_name("KeyRotation").template)

    return synthesise


@pytest.fixture(scope="session")
def template(synthesise: Synthesise) -> Template:
    """Synthesise for somebody who set nothing at all."""
    return synthesise()
