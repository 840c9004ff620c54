"""The GitHub workflows: pinned, with the least permissions, on every supported Python."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text()
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CLASSIFIER = "Programming Language :: Python :: "

every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def _workflow(path: Path) -> dict[Any, Any]:
    document: dict[Any, Any] = yaml.safe_load(path.read_text())
    return document


def _jobs(path: Path) -> list[dict[str, Any]]:
    return list(_workflow(path)["jobs"].values())


def _steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in _jobs(path) for step in job["steps"]]


def _pythons(path: Path) -> list[str]:
    """List the Python versions that a workflow runs on."""
    (job,) = _jobs(path)
    if "strategy" in job:
        return list(job["strategy"]["matrix"]["python"])
    return [step["with"]["python-version"] for step in job["steps"] if "setup-python" in str(step)]


def _classified() -> list[str]:
    versions = (line.removeprefix(CLASSIFIER) for line in PYPROJECT["project"]["classifiers"])
    return [version for version in versions if re.fullmatch(r"3\.\d+", version)]


def _lambda_python() -> str:
    """Read the runtime of the function from the construct that sets it."""
    sources = "".join(path.read_text() for path in (ROOT / "infra").glob("*.py"))
    (minor,) = set(re.findall(r"Runtime\.PYTHON_3_(\d+)", sources))
    return f"3.{minor}"


@every_workflow
def test_every_action_is_pinned_by_a_full_sha_with_its_version_beside_it(path: Path) -> None:
    uses = re.findall(r"uses: *(.*)", path.read_text())
    assert len(uses) == sum("uses" in step for step in _steps(path)) > 0
    for reference in uses:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", reference)


@every_workflow
def test_a_workflow_may_read_the_contents_and_nothing_else(path: Path) -> None:
    assert _workflow(path)["permissions"] == {"contents": "read"}
    assert not [job for job in _jobs(path) if "permissions" in job]
    assert "secrets." not in path.read_text()


@every_workflow
def test_a_checkout_leaves_no_credentials_behind(path: Path) -> None:
    checkouts = [step for step in _steps(path) if "actions/checkout@" in step.get("uses", "")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@every_workflow
def test_no_workflow_runs_foreign_code_with_rights_or_from_a_cache(path: Path) -> None:
    triggers = _workflow(path)[True]  # YAML 1.1 reads the key `on` as true
    assert triggers.keys() <= {"push", "pull_request", "schedule", "workflow_dispatch"}
    assert not [step for step in _steps(path) if "cache" in str(step)]


@every_workflow
def test_every_job_has_a_time_limit_and_a_concurrency_group(path: Path) -> None:
    assert "group" in _workflow(path)["concurrency"]
    assert all(job["timeout-minutes"] < 360 for job in _jobs(path))


@every_workflow
def test_every_make_target_of_a_workflow_exists(path: Path) -> None:
    commands = [step["run"].split() for step in _steps(path) if "run" in step]
    assert commands
    for make, *words in commands:
        assert make == "make"
        for target in (word for word in words if not word.startswith("-")):
            assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


def test_the_tests_run_on_every_python_that_the_project_supports() -> None:
    oldest = PYPROJECT["project"]["requires-python"].removeprefix(">=")
    assert _pythons(ROOT / ".github/workflows/test.yml") == _classified()
    assert _classified()[0] == oldest == PYPROJECT["tool"]["mypy"]["python_version"]
    assert PYPROJECT["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"


@every_workflow
def test_the_lambda_functions_own_python_is_among_them(path: Path) -> None:
    assert _lambda_python() in _pythons(path)


def test_the_lock_of_what_is_shipped_is_audited_first() -> None:
    assert re.search(r"^LOCKS := functions/requirements ", MAKEFILE, re.MULTILINE)


def test_make_runs_the_unit_tests_on_the_lambda_functions_own_python() -> None:
    assert f"\nLAMBDA_VERSION := {_lambda_python()}\n" in MAKEFILE
