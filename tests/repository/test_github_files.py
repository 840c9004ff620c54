"""The files that GitHub reads have the form that it expects, and warn what not to publish."""

from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner

GITHUB = Path(__file__).parents[2] / ".github"
FORMS = "ISSUE_TEMPLATE/[!c]*.yml"
CONFIG = "ISSUE_TEMPLATE/config.yml"


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("github-workflows", "workflows/*.yml"),
        ("dependabot", "dependabot.yml"),
        ("github-issue-forms", FORMS),
        ("github-issue-config", CONFIG),
    ],
)
def test_a_file_follows_the_schema_that_github_publishes(schema: str, pattern: str) -> None:
    files = [str(file) for file in GITHUB.glob(pattern)]
    assert files
    command = import_module("check_jsonschema").main  # it has no types
    ran = CliRunner().invoke(command, ["--builtin-schema", f"vendor.{schema}", *files])
    assert ran.exit_code == 0, ran.output


def test_a_bug_report_warns_that_issues_are_public_and_asks_for_version_and_mode() -> None:
    form = (GITHUB / "ISSUE_TEMPLATE/bug.yml").read_text()
    assert "Issues are public. Replace account ids, access key ids" in form
    assert "label: Version" in form
    assert "label: Mode" in form


def test_every_way_to_open_an_issue_leads_away_from_publishing_a_vulnerability() -> None:
    for name in ("ISSUE_TEMPLATE/bug.yml", CONFIG):
        assert "SECURITY.md" in (GITHUB / name).read_text()
