"""One synthesis of the two stacks of an organization for all tests."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.infra.conftest import OWNER_MAIL
from tests.infra.template import Template

# infra selects the Node.js that aws_cdk starts, so it is imported first.
# isort: split
from infra.app import build_app

ORGANISATION: dict[str, object] = {
    "email": "a@example.com,b@example.com",
    "alarm-topic": "arn:aws:sns:eu-central-1:123456789012:on-call",
    "organization": "o-a1b2c3d4e5",
    "targets": "ou-ab12-12345678,r-ab12",
    "accounts-at-once": "7",
    "account-emails": json.dumps(
        {
            "111122223333": ["blue@example.com", "all@example.com"],
            "222233334444": "all@example.com",
        }
    ),
    "viewer-policy": "true",
}

Stacks = Callable[..., dict[str, Template]]


@pytest.fixture(scope="session")
def stacks(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Stacks:
    """Return a function that synthesises the stacks of an organization, by name."""

    def stacks(**context: object) -> dict[str, Template]:
        more = {key.replace("_", "-"): value for key, value in context.items()}
        app = build_app(
            package=package,
            context=ORGANISATION | more,
            outdir=str(tmp_path_factory.mktemp("cdk.out")),
            validate=False,
        )
        return {each.stack_name: Template(each.template, ()) for each in app.synth().stacks}

    return stacks


@pytest.fixture(scope="session")
def both(stacks: Stacks) -> dict[str, Template]:
    """Synthesise both stacks with every context value of an organization set."""
    return stacks()


@pytest.fixture(scope="session")
def hub(both: dict[str, Template]) -> Template:
    """Return the template of the hub."""
    return both["KeyRotation"]


@pytest.fixture(scope="session")
def member(both: dict[str, Template]) -> Template:
    """Return the template of one account of the organization."""
    return both["KeyRotationMember"]


@pytest.fixture(scope="session")
def mailing_hub(stacks: Stacks) -> Template:
    """Return the template of the hub with every context value of the mail to owners."""
    return stacks(**OWNER_MAIL)["KeyRotation"]
