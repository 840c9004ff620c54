"""Runs cdk-nag on an app, and cfn-lint on a template."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infra.app import build_app
from tests.infra.template import Template

REGIONS = ("us-east-1", "cn-north-1", "us-gov-west-1")  # one in each partition
# The CDK writes a DependsOn for a function's role, which cfn-lint reports as redundant.
_IGNORED = "W3005"


def nag_findings(
    checks: type[Any], *, package: Path, context: dict[str, object], outdir: Path
) -> set[tuple[str, str]]:
    """Return each finding in any stack of the app: the path of a construct, and the rule."""
    app = build_app(package=package, context=context, outdir=str(outdir), validate=False)
    report = checks().validate_scope(app)
    return {
        (resource.construct_path, violation.rule_name)
        for violation in report.violations
        for resource in violation.violating_resources
    }


def cfn_lint(template: Template, folder: Path, regions: Sequence[str] = REGIONS) -> tuple[int, str]:
    """Return the exit code and the output of cfn-lint for a Region in each partition."""
    file = folder / "template.json"
    file.write_text(json.dumps(template.body), encoding="utf-8")
    command = Path(sys.executable).with_name("cfn-lint")
    run = subprocess.run(  # noqa: S603  # a fixed command on our own file
        [command, "--ignore-checks", _IGNORED, "--regions", *regions, "--template", file],
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout
