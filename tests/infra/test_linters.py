"""What cdk-nag and cfn-lint find: nothing but what is accepted here, with its reason."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cdk_nag import AwsSolutionsChecks

from infra.app import build_app
from tests.infra.template import Synthesise

_ROLE = "KeyRotation/Permissions/Role/DefaultPolicy/Resource"
_USERS = "arn:<AWS::Partition>:iam::<AWS::AccountId>:user/*"

_ACCEPTED = {
    # ListUsers and the credential report know no resources.
    (_ROLE, "AwsSolutions-IAM5[Resource::*]"),
    # Every user of the account is looked at: that is the promise.
    (_ROLE, f"AwsSolutions-IAM5[Resource::{_USERS}]"),
    # SNS and SQS ask for one of the two GenerateDataKey actions; AWS documents it with the star.
    (_ROLE, "AwsSolutions-IAM5[Action::kms:GenerateDataKey*]"),
    # The queue is itself the dead-letter queue: of a schedule and a function, which the rule,
    # looking for other queues, does not see.
    ("KeyRotation/Enforcer/DeadLetters/Resource", "AwsSolutions-SQS3"),
    # Python 3.13 on purpose, as new runtimes come with their own surprises; security updates
    # until 2029.
    ("KeyRotation/Enforcer/Function/Resource", "AwsSolutions-L1"),
}


def test_cdk_nag_reports_only_the_accepted_findings(package: Path, tmp_path: Path) -> None:
    app = build_app(package=package, outdir=str(tmp_path))
    report = AwsSolutionsChecks().validate_scope(app)
    assert {
        (resource.construct_path, violation.rule_name)
        for violation in report.violations
        for resource in violation.violating_resources
    } == _ACCEPTED


# Redundant DependsOn: the CDK writes out that a function waits for its role.
_TOLERATED = "W3005"


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1", "us-gov-west-1"])
def test_cfn_lint_reports_nothing(synthesise: Synthesise, tmp_path: Path, region: str) -> None:
    file = tmp_path / "template.json"
    file.write_text(json.dumps(synthesise(email="a@example.com").body), encoding="utf-8")
    lint = Path(sys.executable).with_name("cfn-lint")
    run = subprocess.run(  # noqa: S603  # a tool of ours on a file of ours
        [lint, "--ignore-checks", _TOLERATED, "--regions", region, "--template", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (0, "")
