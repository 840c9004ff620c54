"""cdk-nag and cfn-lint: each accepted finding is listed here with its reason."""

from typing import Any

import pytest
from cdk_nag import AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks

from tests.infra.conftest import OWNER_MAIL
from tests.infra.linters import Nag, cfn_lint
from tests.infra.template import Synthesise, Template
from tests.infra.test_chat import CHANNELS

_ACCOUNT = "KeyRotation/Permissions/Account/Resource"
_ROLE = "KeyRotation/Permissions/Policy/Resource"
_FUNCTION = "KeyRotation/Enforcer/Function/Resource"
_LOG = "KeyRotation/Enforcer/Log/Resource"
_EXEMPTIONS = "KeyRotation/Permissions/Exemptions/Resource"
_PARAMETERS = "arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/key-rotation"
_TABLE = "KeyRotation/Ledger/Table/Resource"
_USERS = "arn:<AWS::Partition>:iam::<AWS::AccountId>:user/*"

_ACCEPTED = {
    AwsSolutionsChecks: {
        # These four list the whole account, and do not support resource-level permissions.
        (_ACCOUNT, "AwsSolutions-IAM5[Resource::*]"),
        # The product covers every user of the account.
        (_ACCOUNT, f"AwsSolutions-IAM5[Resource::{_USERS}]"),
        # This action of SNS supports no resources.
        (_ROLE, "AwsSolutions-IAM5[Resource::*]"),
        # Each parameter below this path is one exemption, whatever its name.
        (_EXEMPTIONS, f"AwsSolutions-IAM5[Resource::{_PARAMETERS}/exemption/*]"),
        # The digest names who edited a parameter: one of the eight, or an exemption.
        (_EXEMPTIONS, f"AwsSolutions-IAM5[Resource::{_PARAMETERS}/*]"),
        # The AWS documentation gives these actions with the star for DynamoDB, SNS and SQS.
        (_ROLE, "AwsSolutions-IAM5[Action::kms:GenerateDataKey*]"),
        (_ROLE, "AwsSolutions-IAM5[Action::kms:ReEncrypt*]"),
        # The queue is itself a dead-letter queue, of a schedule and a function. The rule recognises
        # only the dead-letter queues of other queues.
        ("KeyRotation/Enforcer/DeadLetters/Resource", "AwsSolutions-SQS3"),
        # Python 3.13 is chosen on purpose over the newest runtime: it gets security updates until
        # 2029.
        (_FUNCTION, "AwsSolutions-L1"),
    },
    NIST80053R5Checks: {
        # The table has point-in-time recovery over 35 days; a backup plan is the account's choice.
        (_TABLE, "NIST.800.53.R5-DynamoDBInBackupPlan"),
        # CloudWatch encrypts the log with a key of its own, so that it stays readable when our KMS
        # key is the problem. No secret is ever logged.
        (_LOG, "NIST.800.53.R5-CloudWatchLogGroupEncrypted"),
        # A new account may have no concurrency to reserve: the context can reserve it.
        (_FUNCTION, "NIST.800.53.R5-LambdaConcurrency"),
        # The function has an on-failure destination, which replaces the dead-letter queue.
        (_FUNCTION, "NIST.800.53.R5-LambdaDLQ"),
        # It calls only AWS APIs. IAM has no VPC endpoint in every Region, and a NAT gateway costs
        # more than all of this.
        (_FUNCTION, "NIST.800.53.R5-LambdaInsideVPC"),
    },
    # The reasons are those above.
    PCIDSS321Checks: {
        (_LOG, "PCI.DSS.321-CloudWatchLogGroupEncrypted"),
        (_FUNCTION, "PCI.DSS.321-LambdaInsideVPC"),
    },
    HIPAASecurityChecks: {
        (_TABLE, "HIPAA.Security-DynamoDBInBackupPlan"),
        (_LOG, "HIPAA.Security-CloudWatchLogGroupEncrypted"),
        (_FUNCTION, "HIPAA.Security-LambdaConcurrency"),
        (_FUNCTION, "HIPAA.Security-LambdaDLQ"),
        (_FUNCTION, "HIPAA.Security-LambdaInsideVPC"),
    },
}


@pytest.mark.parametrize("checks", _ACCEPTED, ids=lambda checks: checks.__name__)
def test_cdk_nag_reports_only_the_accepted_findings(checks: type[Any], nag: Nag) -> None:
    context: dict[str, object] = {"email": "none"}
    found = nag.findings(checks, context)
    assert found == _ACCEPTED[checks]


@pytest.mark.parametrize("checks", _ACCEPTED, ids=lambda checks: checks.__name__)
def test_chat_adds_no_finding(checks: type[Any], nag: Nag) -> None:
    context = {"email": "none"} | CHANNELS
    found = nag.findings(checks, context)
    assert found == _ACCEPTED[checks]


@pytest.mark.no_cover
def test_cfn_lint_reports_nothing_of_the_chat_channels_where_they_exist(
    synthesise: Synthesise,
) -> None:
    assert cfn_lint(synthesise(None, **CHANNELS), ["us-east-1"]) == []


@pytest.mark.no_cover
def test_cfn_lint_reports_nothing_of_the_chat_topic_in_any_partition(
    synthesise: Synthesise,
) -> None:
    assert cfn_lint(synthesise(None, chat_topic="true")) == []


@pytest.mark.no_cover
def test_cfn_lint_reports_nothing_in_any_partition(customised: Template) -> None:
    assert cfn_lint(customised) == []


_ACCEPTED_WITH_OWNER_MAIL = {
    AwsSolutionsChecks: {
        # The action that reads the sending quota supports no resources.
        ("KeyRotation/Permissions/OwnerMail/Resource", "AwsSolutions-IAM5[Resource::*]"),
        # A run reports and deletes a message that it cannot read.
        ("KeyRotation/OwnerMail/Events/Resource", "AwsSolutions-SQS3"),
    },
}


@pytest.mark.parametrize("checks", _ACCEPTED, ids=lambda checks: checks.__name__)
def test_cdk_nag_reports_only_the_accepted_findings_with_mail_to_owners(
    checks: type[Any], nag: Nag
) -> None:
    context: dict[str, object] = {"email": "none"} | OWNER_MAIL
    found = nag.findings(checks, context)
    assert found == _ACCEPTED[checks] | _ACCEPTED_WITH_OWNER_MAIL.get(checks, set())


@pytest.mark.no_cover
def test_cfn_lint_reports_nothing_in_the_partitions_with_ses(mailing: Template) -> None:
    assert cfn_lint(mailing, ("us-east-1", "us-gov-west-1")) == []


@pytest.mark.no_cover
def test_in_china_cfn_lint_misses_only_ses_which_a_rule_of_the_template_refuses_first(
    mailing: Template,
) -> None:
    assert cfn_lint(mailing, ("cn-north-1",)) == [
        f"E3006 Resource type 'AWS::SES::{kind}' does not exist in 'cn-north-1'"
        for kind in ("ConfigurationSet", "ConfigurationSetEventDestination")
    ]
