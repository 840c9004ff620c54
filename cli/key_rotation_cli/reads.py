"""What a session may call: a read-only one, and one in another account."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from botocore.model import OperationModel

from key_rotation_cli.errors import OperationRefusedError

READS = frozenset(
    {
        ("cloudformation", "DescribeStacks"),
        ("dynamodb", "DescribeTable"),
        ("dynamodb", "GetItem"),
        ("dynamodb", "Query"),
        ("dynamodb", "Scan"),
        ("iam", "GenerateCredentialReport"),
        ("iam", "GetAccessKeyLastUsed"),
        ("iam", "GetAccountSummary"),
        ("iam", "GetCredentialReport"),
        ("iam", "GetUser"),
        ("iam", "ListAccessKeys"),
        ("iam", "ListAccountAliases"),
        ("iam", "ListUsers"),
        ("iam", "ListUserTags"),
        ("lambda", "GetFunctionConfiguration"),
        ("ssm", "DescribeParameters"),
        ("ssm", "GetParameterHistory"),
        ("ssm", "GetParameters"),
        ("ssm", "GetParametersByPath"),
        ("sts", "GetCallerIdentity"),
    }
)
"""Every operation that a read-only session accepts in one account. `GenerateCredentialReport` makes
IAM write a report, and changes nothing else."""
ORGANISATION_READS = frozenset(
    {
        ("organizations", "DescribeOrganization"),
        ("organizations", "ListAccounts"),
        ("organizations", "ListParents"),
        ("sts", "AssumeRole"),
    }
)
"""What it accepts besides: a role in another account, with no session policy but READ_ONLY."""


def _policy(actions: Iterable[str]) -> str:
    statement = {"Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return json.dumps(document, separators=(",", ":"))


IAM_READS = frozenset(f"iam:{operation}" for service, operation in READS if service == "iam")
READ_ONLY = _policy(IAM_READS)
"""The session policy of a role in another account: IAM itself refuses every write then."""
RESTORE_ONLY = _policy(IAM_READS | {"iam:UpdateAccessKey"})
"""The session policy of a command that turns a key on: it can do nothing else there."""


def refuse_writes(model: OperationModel, params: Mapping[str, Any], **_: object) -> None:
    """Refuse what is not a read, before the request is sent."""
    service = model.service_model.service_name
    if (service, model.name) not in READS | ORGANISATION_READS:
        raise OperationRefusedError(f"{service}:{model.name} is no read. Nothing was changed.")
    if model.name == "AssumeRole" and params["body"].get("Policy") != READ_ONLY:
        raise OperationRefusedError("The role could write in its account. Nothing was changed.")
