"""One package and one Node.js process for all tests, because both take seconds to create."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from infra.bundling import bundled_package
from tests.infra.linters import Nag
from tests.infra.template import Synthesise, Template

# infra selects the Node.js that aws_cdk starts, so it is imported first.
# isort: split
import aws_cdk as cdk

from infra.app import build_app
from infra.schedule_gap import longest_gap

NOBODY: dict[str, object] = {"email": "none"}
OWNER_MAIL: dict[str, object] = {
    "owner-mail-from": "key-rotation@mail.example.com",
    "owner-domains": "example.com, *.example.org",
    "owner-fallback": "it@example.com security@eu.example.org",
    "owner-reply-to": "security@example.net",
    "contact": "https://wiki.example.com/keys",
}
"""Every context value of the mail to owners."""


@pytest.fixture(scope="session", autouse=True)
def longest_gaps() -> Iterator[None]:
    """Compute the longest gap of a schedule once, over 28 years: nearly all tests have the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("infra.context.longest_gap", cache(longest_gap))
        yield


@pytest.fixture(scope="session")
def package() -> Iterator[Path]:
    """Build the function's package."""
    with bundled_package() as folder:
        yield folder


@pytest.fixture(scope="session")
def synthesise(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Synthesise:
    """Return a function that synthesises the stack once for each context and Region."""

    @cache
    def synthesise(region: str | None, **context: object) -> Template:
        app = build_app(
            package=package,
            context=NOBODY | {key.replace("_", "-"): value for key, value in context.items()},
            env=cdk.Environment(region=region) if region else None,
            outdir=str(tmp_path_factory.mktemp("cdk.out")),
            validate=False,
        )
        stack = app.synth().get_stack_by_name("KeyRotation")
        warnings = [each for each in stack.messages if each.level.name == "WARNING"]
        return Template(stack.template, tuple(str(each.entry.data) for each in warnings))

    return synthesise


@pytest.fixture(scope="session")
def nag(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Nag:
    """Run cdk-nag."""
    return Nag(package, lambda: tmp_path_factory.mktemp("nag"))


@pytest.fixture(scope="session")
def template(synthesise: Synthesise) -> Template:
    """Synthesise the stack with default context values, for any Region."""
    return synthesise(None)


@pytest.fixture(scope="session")
def customised(synthesise: Synthesise) -> Template:
    """Synthesise the stack with every context value set."""
    return synthesise(
        None,
        email="a@example.com,b@example.com",
        schedule="rate(12 hours)",
        timezone="Europe/Berlin",
        silence_hours="168",
        alarm_topic="arn:aws:sns:eu-central-1:123456789012:on-call",
        reserved_concurrency="1",
    )


@pytest.fixture(scope="session")
def mailing(synthesise: Synthesise) -> Template:
    """Synthesise the stack with every context value of the mail to owners, for any Region."""
    return synthesise(None, **{key.replace("-", "_"): value for key, value in OWNER_MAIL.items()})
