"""Runs cdk-nag on an app, and cfn-lint on a template."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from infra.app import build_app
from tests.infra.template import Template

REGIONS = ("us-east-1", "cn-north-1", "us-gov-west-1")  # one in each partition
# The CDK writes a DependsOn for a function's role, which cfn-lint reports as redundant.
_IGNORED = "W3005"


class Nag:
    """Runs cdk-nag on the app, which it builds once for each context.

    new_folder: returns a folder for the output of an app
    """

    def __init__(self, package: Path, new_folder: Callable[[], Path]) -> None:
        """Use the function's package."""
        self._package, self._new_folder = package, new_folder
        self._apps: dict[str, cdk.App] = {}

    def findings(self, checks: type[Any], context: Mapping[str, object]) -> set[tuple[str, str]]:
        """Return each finding in any stack of the app: the path of a construct, and the rule."""
        report = checks().validate_scope(self._app(dict(context)))
        return {
            (resource.construct_path, violation.rule_name)
            for violation in report.violations
            for resource in violation.violating_resources
        }

    def _app(self, context: dict[str, object]) -> cdk.App:
        key = json.dumps(context)
        if key not in self._apps:
            outdir = str(self._new_folder())
            self._apps[key] = build_app(
                package=self._package, context=context, outdir=outdir, validate=False
            )
        return self._apps[key]


def cfn_lint(template: Template, regions: Sequence[str] = REGIONS) -> list[str]:
    """Return what cfn-lint finds in a template, for a Region in each partition.

    It is imported here, and not by each worker that collects the tests: it takes half a second.
    """
    from cfnlint.api import lint  # type: ignore[import-untyped]  # noqa: PLC0415
    from cfnlint.config import ManualArgs  # type: ignore[import-untyped]  # noqa: PLC0415

    config = ManualArgs(ignore_checks=[_IGNORED], regions=list(regions))
    found = lint(json.dumps(template.body), config=config)
    return [f"{match.rule.id} {match.message}" for match in found]
