"""The documents agree with the code: a test fails when one of them misses what the code has."""

import json
import re
import tarfile
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import get_args

import pytest

from infra.context import KEYS
from infra.owner_parameters import OWNER_PARAMETERS
from infra.thresholds import Threshold
from key_rotation import __version__, errors
from key_rotation.domain import exemptions, watch
from key_rotation.domain.inventory import Scan
from key_rotation.domain.model import Action, Mode, Reason
from key_rotation.domain.settings import CHOICES, NAMES, RANGES
from key_rotation.reporting.outcome import Section
from tests.unit.builders import VALUES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
RULES = (ROOT / "docs/rules.md").read_text()
RUNBOOK = (ROOT / "docs/runbook.md").read_text()
CRASHES = (ROOT / "docs/crashes.md").read_text()
GLOSSARY = (ROOT / "docs/glossary.md").read_text()
MEASURES = (ROOT / "functions/key_rotation/reporting/metrics.py").read_text()
HANDLERS = "\n".join(
    (ROOT / "functions/key_rotation" / name).read_text()
    for name in ("handler.py", "organisation/prepare.py")
)
ROLE = "".join(
    (ROOT / f"infra/{name}.py").read_text()
    for name in ("function_role", "role_statements", "owner_permissions")
)
ALARMS = "".join(
    (ROOT / f"infra/{name}.py").read_text()
    for name in ("alarms", "monitoring", "organisation/monitoring")
)
FAULT_TESTS = "".join(path.read_text() for path in ROOT.glob("tests/local/*.py"))


def test_the_project_the_package_and_the_changelog_have_the_same_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (latest, *_) = re.findall(r"^## (\S+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert project["version"] == __version__ == latest


@pytest.mark.parametrize("reason", list(Reason))
def test_the_rules_give_every_reason_that_a_digest_can_give(reason: Reason) -> None:
    assert any(line.rstrip(" |").endswith(reason) for line in RULES.splitlines())


@pytest.mark.parametrize("action", list(Action))
def test_the_rules_name_every_action(action: Action) -> None:
    assert re.search(rf"\b{action}\b", RULES)


@pytest.mark.parametrize(
    "term",
    [
        *(f"| {action} | " for action in Action),
        *(f"`Action.{action.name}`" for action in Action),
        *(f"`{section}`" for section in Section),
        *(f"| `{state.__name__}` | " for state in get_args(watch.State)),
        *(f"`Scan.{scan.name}`" for scan in Scan),
        *(f"`{mode}`" for mode in Mode),
    ],
)
def test_the_glossary_defines_every_action_section_state_scan_and_mode(term: str) -> None:
    assert term in GLOSSARY


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_gives_each_parameter_with_default_and_accepted_values(name: str) -> None:
    (row,) = [line for line in README.splitlines() if line.startswith(f"| `/key-rotation/{name}`")]
    accepted = (
        "-".join(map(str, RANGES[name]))
        if name in RANGES
        else ", ".join(f"`{choice}`" for choice in CHOICES.get(name, (exemptions.NONE,)))
    )
    assert f"| `{VALUES[name]}` | {accepted}" in row


@pytest.mark.parametrize(
    "parameter", OWNER_PARAMETERS, ids=[each.name for each in OWNER_PARAMETERS]
)
def test_the_readme_gives_each_parameter_of_mail_to_owners_with_its_default(
    parameter: Threshold,
) -> None:
    assert f"| `/key-rotation/{parameter.name}` | `{parameter.default}` | " in README


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_shows_how_to_edit_each_parameter(name: str) -> None:
    assert re.search(
        rf"aws ssm put-parameter --name /key-rotation/{name} --value \S+ --type String --over",
        README,
    )


def test_the_readme_lists_the_roles_actions_and_no_others() -> None:
    services = "iam|ssm|dynamodb|sns|kms|logs|sqs|lambda|ses"
    section = README.partition("## What the role may do")[2].partition("\n## ")[0]
    listed = set(re.findall(rf"`((?:{services}):\w+\*?)`", section))
    granted = set(re.findall(rf'"((?:{services}):\w+\*?)"', ROLE))
    assert listed == granted


def test_the_email_in_the_readme_is_an_example_that_the_product_writes() -> None:
    example = (ROOT / "docs/examples/digest-1.txt").read_text()
    assert f"```text\n{example}```" in README


def test_the_readme_names_the_cdk_cli_that_the_locked_cdk_needs_and_the_one_that_was_tried() -> (
    None
):
    """Each cloud assembly states the oldest CLI that can read it."""
    schema = distribution("aws-cdk.cloud-assembly-schema")
    (packed,) = [file for file in schema.files or () if file.suffix == ".tgz"]
    with tarfile.open(str(schema.locate_file(packed))) as archive:
        file = archive.extractfile("package/cli-version.json")
        assert file
        needed = json.loads(file.read())["version"]
    tried = json.loads((ROOT / "tests/local/cdk_cli/package.json").read_text())
    assert f"{needed} or newer" in README
    assert f"tried with {tried['devDependencies']['aws-cdk']}" in README


def test_the_costs_have_no_amount_because_no_source_of_one_is_at_hand() -> None:
    costs = README.partition("## Costs")[2].partition("\n## ")[0]
    assert not re.search(r"USD|\$|\d\.\d", costs)


def test_the_documents_name_the_policy_that_refuses_a_second_deployment() -> None:
    (policy,) = re.findall(r'^ONE_PER_ACCOUNT = "(.+)"$', ROLE, re.MULTILINE)
    assert f"A policy called {policy} already exists." in README
    assert policy in RUNBOOK


@pytest.mark.parametrize("key", KEYS)
def test_the_readme_gives_each_context_key(key: str) -> None:
    assert f"| `{key}` | " in README


@pytest.mark.parametrize(
    "name",
    sorted(set(re.findall(r'_alarm_on_first\("(\w+)"|"(Silence)"', ALARMS))),
    ids="".join,
)
def test_the_runbook_names_every_alarm(name: tuple[str, str]) -> None:
    assert f"| `KeyRotation-{''.join(name)}` | " in RUNBOOK


@pytest.mark.parametrize(
    "metric", sorted(set(re.findall(r'"((?:Keys|Active|Stale|Oldest|Run)\w+)"', MEASURES)))
)
def test_the_runbook_names_every_metric(metric: str) -> None:
    assert f"`{metric}`" in RUNBOOK


@pytest.mark.parametrize("metric", ["OwnersUnreachable", "WaitingForOwner"])
def test_the_runbook_names_the_metrics_of_mail_to_owners(metric: str) -> None:
    assert f"`{metric}`" in RUNBOOK


@pytest.mark.parametrize("text", re.findall(r'log\.\w+\(\s*"(\w+)"', HANDLERS))
def test_the_runbook_names_every_message_of_the_log(text: str) -> None:
    assert f"`{text}`" in RUNBOOK


@pytest.mark.parametrize(
    "error",
    [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type)
        and issubclass(value, errors.RunStoppedError)
        and value is not errors.RunStoppedError
    ],
)
def test_the_runbook_says_what_to_do_about_every_error_that_stops_a_run(error: str) -> None:
    assert f"`{error}`" in RUNBOOK


@pytest.mark.parametrize(
    ("call", "error"), re.findall(r'_call\("([^"]+)", (?:"(\w+)"|\w+)', FAULT_TESTS)
)
def test_the_page_on_crashes_lists_every_call_that_the_tests_disturb(call: str, error: str) -> None:
    table = CRASHES.partition("## Faults between")[2].replace("`", "")
    (row,) = [line for line in table.splitlines() if line.startswith(f"| {call} |")]
    assert error in row


def test_a_reader_of_forty_lines_knows_days_83_90_and_120_and_the_commands() -> None:
    first = README.splitlines()[:40]
    for day in ("**83 days**", "**90 days**", "**120 days**"):
        assert any(day in line for line in first)
    assert any("make demo" in line for line in first[:30])
    assert any("cdk deploy" in line for line in first)
