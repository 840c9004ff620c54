"""cdk-nag and cfn-lint on both stacks: each accepted finding is listed here with its reason."""

from typing import Any

import pytest
from cdk_nag import AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks

from tests.infra.linters import Nag, cfn_lint
from tests.infra.organisation.conftest import ORGANISATION
from tests.infra.template import Template

_HUB = "KeyRotation"
_STEPS = (f"{_HUB}/Prepare", f"{_HUB}/Enforcer", f"{_HUB}/Digest")
_FUNCTIONS = [f"{step}/Function/Resource" for step in _STEPS]
_LOGS = [f"{each}/Log/Resource" for each in (*_STEPS, f"{_HUB}/Run")]
_ACCOUNT, _PREPARE, _DIGEST = (
    f"{_HUB}/{name}Role/Policy/Resource" for name in ("Account", "Prepare", "Digest")
)
_TABLE = f"{_HUB}/Ledger/Table/Resource"
_STAR = "AwsSolutions-IAM5[Resource::*]"
_USERS = "arn:<AWS::Partition>:iam::<AWS::AccountId>:user/*"
_MEMBERS = "arn:<AWS::Partition>:iam::*:role/key-rotation/KeyRotationMember"
_PLACE = "<AWS::Region>:<AWS::AccountId>"
_PARAMETERS = f"arn:<AWS::Partition>:ssm:{_PLACE}:parameter/key-rotation/*"
_MACHINE = "<RunMachineC1454A91.Name>"
_EXECUTIONS, _CHILDREN, _ALL_CHILDREN, _MAPS = (
    f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:{_PLACE}:{which}]"
    for which in (
        f"execution:{_MACHINE}:*",
        f"execution:{_MACHINE}/Accounts:*",
        f"execution:{_MACHINE}/*:*",
        f"mapRun:{_MACHINE}/*:*",
    )
)

_ACCEPTED = {
    AwsSolutionsChecks: {
        # The member role lists the whole account, and covers every user of it.
        *((f"{stack}/Permissions/Account/Resource", _STAR) for stack in (_HUB, f"{_HUB}Member")),
        *(
            (f"{stack}/Permissions/Account/Resource", f"AwsSolutions-IAM5[Resource::{_USERS}]")
            for stack in (_HUB, f"{_HUB}Member")
        ),
        # The hub looks at every account of the organization.
        (_ACCOUNT, f"AwsSolutions-IAM5[Resource::{_MEMBERS}]"),
        # Those of Organizations cover the whole organization; one of SNS supports no resources.
        (_PREPARE, _STAR),
        (_DIGEST, _STAR),
        # Settings of any account are parameters below this path.
        (_PREPARE, f"AwsSolutions-IAM5[Resource::{_PARAMETERS}]"),
        # The AWS documentation gives these actions with the star for DynamoDB and SNS.
        *(
            (role, f"AwsSolutions-IAM5[Action::kms:{action}*]")
            for role in (_ACCOUNT, _PREPARE, _DIGEST)
            for action in ("GenerateDataKey", "ReEncrypt")
        ),
        # The delivery of logs and X-Ray support no resources.
        (f"{_HUB}/Run/Policy/Resource", _STAR),
        # Each execution has an ARN of its own, of this machine only.
        (f"{_HUB}/Run/Children/Resource", _EXECUTIONS),
        (f"{_HUB}/Run/Children/Resource", _CHILDREN),
        (f"{_HUB}/Run/SeeExecutions/Resource", _EXECUTIONS),
        (f"{_HUB}/Viewer/Policy/Resource", _EXECUTIONS),
        (f"{_HUB}/Viewer/Policy/Resource", _ALL_CHILDREN),
        (f"{_HUB}/Viewer/Policy/Resource", _MAPS),
        # Viewers read what the function of a single account reads.
        (f"{_HUB}/Viewer/Policy/Resource", _STAR),
        (f"{_HUB}/Viewer/Policy/Resource", f"AwsSolutions-IAM5[Resource::{_USERS}]"),
        (f"{_HUB}/Viewer/Policy/Resource", f"AwsSolutions-IAM5[Resource::{_PARAMETERS}]"),
        # The queue is itself the dead-letter queue of a schedule.
        (f"{_HUB}/Enforcer/DeadLetters/Resource", "AwsSolutions-SQS3"),
        # Python 3.13 is chosen on purpose over the newest runtime, as in a single account.
        *((function, "AwsSolutions-L1") for function in _FUNCTIONS),
    },
    NIST80053R5Checks: {
        # The reasons are those of a single account. No dead-letter queue: the machine waits for
        # each function, and retries it.
        (_TABLE, "NIST.800.53.R5-DynamoDBInBackupPlan"),
        *((log, "NIST.800.53.R5-CloudWatchLogGroupEncrypted") for log in _LOGS),
        *(
            (function, f"NIST.800.53.R5-Lambda{rule}")
            for function in _FUNCTIONS
            for rule in ("Concurrency", "DLQ", "InsideVPC")
        ),
    },
    PCIDSS321Checks: {
        *((log, "PCI.DSS.321-CloudWatchLogGroupEncrypted") for log in _LOGS),
        *((function, "PCI.DSS.321-LambdaInsideVPC") for function in _FUNCTIONS),
    },
    HIPAASecurityChecks: {
        (_TABLE, "HIPAA.Security-DynamoDBInBackupPlan"),
        *((log, "HIPAA.Security-CloudWatchLogGroupEncrypted") for log in _LOGS),
        *(
            (function, f"HIPAA.Security-Lambda{rule}")
            for function in _FUNCTIONS
            for rule in ("Concurrency", "DLQ", "InsideVPC")
        ),
    },
}


@pytest.mark.parametrize("checks", _ACCEPTED, ids=lambda checks: checks.__name__)
def test_cdk_nag_reports_only_the_accepted_findings(checks: type[Any], nag: Nag) -> None:
    found = nag.findings(checks, ORGANISATION)
    assert found == _ACCEPTED[checks]


@pytest.mark.no_cover
@pytest.mark.parametrize("stack", ["KeyRotation", "KeyRotationMember"])
def test_cfn_lint_reports_nothing_in_any_partition(both: dict[str, Template], stack: str) -> None:
    assert cfn_lint(both[stack]) == []
