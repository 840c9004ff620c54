"""cdk-nag and cfn-lint: each accepted finding is listed here with its reason."""

import json
import subprocess
import sys
from pathlib import Path

from cdk_nag import AwsSolutionsChecks

from infra.app import build_app
from tests.infra.template import Template

_ROLE = "KeyRotation/Permissions/Role/DefaultPolicy/Resource"
_USERS = "arn:<AWS::Partition>:iam::<AWS::AccountId>:user/*"

_ACCEPTED = {
    # These four list the whole account, and do not support resource-level permissions.
    (_ROLE, "AwsSolutions-IAM5[Resource::*]"),
    # The product covers every user of the account.
    (_ROLE, f"AwsSolutions-IAM5[Resource::{_USERS}]"),
    # The AWS documentation gives this action with the star for SNS and SQS.
    (_ROLE, "AwsSolutions-IAM5[Action::kms:GenerateDataKey*]"),
    # The queue is itself a dead-letter queue, of a schedule and a function. The rule recognises
    # only the dead-letter queues of other queues.
    ("KeyRotation/Enforcer/DeadLetters/Resource", "AwsSolutions-SQS3"),
    # Python 3.13 is chosen on purpose over the newest runtime: it gets security updates until 2029.
    ("KeyRotation/Enforcer/Function/Resource", "AwsSolutions-L1"),
}


def test_cdk_nag_reports_only_the_accepted_findings(package: Path, tmp_path: Path) -> None:
    context: dict[str, object] = {"email": "none"}
    app = build_app(package=package, context=context, outdir=str(tmp_path), validate=False)
    report = AwsSolutionsChecks().validate_scope(app)
    assert {
        (resource.construct_path, violation.rule_name)
        for violation in report.violations
        for resource in violation.violating_resources
    } == _ACCEPTED


# The CDK writes a DependsOn for the function's role, which cfn-lint reports as redundant.
_IGNORED = "W3005"
_REGIONS = ("us-east-1", "cn-north-1", "us-gov-west-1")  # one in each partition


def test_cfn_lint_reports_nothing_in_any_partition(customised: Template, tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    file.write_text(json.dumps(customised.body), encoding="utf-8")
    command = Path(sys.executable).with_name("cfn-lint")
    run = subprocess.run(  # noqa: S603  # a fixed command on our own file
        [command, "--ignore-checks", _IGNORED, "--regions", *_REGIONS, "--template", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (0, "")
