"""What an error of AWS means for the person at the terminal, in one line."""

import re

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.parsers import ResponseParserError

from key_rotation.adapters.clients import is_transient
from key_rotation.errors import KeyRotationError

AWS_ERRORS = (BotoCoreError, ClientError, ResponseParserError)
"""What a call raises when AWS refuses it, cannot be reached, or answers what cannot be parsed."""
WRITE_ENDS = (*AWS_ERRORS, KeyboardInterrupt)
"""What ends a write so that a command has to say whether it took place."""
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
EXPIRED = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
SERVICES = {
    "AssumeRole": "sts",
    "DeleteParameter": "ssm",
    "DescribeExecution": "states",
    "DescribeOrganization": "organizations",
    "DescribeStacks": "cloudformation",
    "GenerateCredentialReport": "iam",
    "GetAccessKeyLastUsed": "iam",
    "GetCallerIdentity": "sts",
    "GetCredentialReport": "iam",
    "GetFunctionConfiguration": "lambda",
    "GetItem": "dynamodb",
    "GetParameterHistory": "ssm",
    "GetParameters": "ssm",
    "GetUser": "iam",
    "GetParametersByPath": "ssm",
    "Invoke": "lambda",
    "ListAccessKeys": "iam",
    "ListAccountAliases": "iam",
    "ListAccounts": "organizations",
    "ListParents": "organizations",
    "ListUsers": "iam",
    "ListUserTags": "iam",
    "PutItem": "dynamodb",
    "PutParameter": "ssm",
    "Query": "dynamodb",
    "Scan": "dynamodb",
    "StartExecution": "states",
    "TransactWriteItems": "dynamodb",
    "UpdateAccessKey": "iam",
}
"""The prefix of the IAM action for each operation that a command calls."""
ACTIONS = {"Invoke": "InvokeFunction", "TransactWriteItems": "PutItem"}
"""Actions whose name is not that of their operation."""
POLICIES = {
    "cloudformation": "AWSCloudFormationReadOnlyAccess",
    "dynamodb": "AmazonDynamoDBReadOnlyAccess",
    "iam": "IAMReadOnlyAccess",
    "lambda": "AWSLambda_ReadOnlyAccess",
    "organizations": "AWSOrganizationsReadOnlyAccess",
    "ssm": "AmazonSSMReadOnlyAccess",
    "states": "AWSStepFunctionsReadOnlyAccess",
}
"""An AWS managed policy that has the reads of a service."""
WRITES = frozenset(
    {
        "DeleteParameter",
        "Invoke",
        "PutItem",
        "PutParameter",
        "StartExecution",
        "TransactWriteItems",
        "UpdateAccessKey",
    }
)


_NAMED = re.compile(r"not authorized to perform: (\w+:\w+)")
"""How AWS names an action in its answer (IAM User Guide, "Troubleshoot access denied errors")."""


def is_denied(error: Exception) -> bool:
    """Return whether AWS refused a call because the caller lacks a permission."""
    return isinstance(error, ClientError) and _code(error) in DENIED


def is_refused(error: BaseException) -> bool:
    """Return whether AWS refused a call, so that it had no effect; a lost answer says nothing."""
    return isinstance(error, ClientError) and not is_transient(error)


def action_of(error: ClientError) -> str:
    """Return the action that AWS denied, such as `iam:ListUsers`: often that of the call.

    A call of DynamoDB also needs the KMS key of the table; then AWS names `kms:Decrypt`.
    """
    named = _NAMED.search(str(error.response["Error"].get("Message")))
    if named:
        return named[1]
    operation = error.operation_name
    service = SERVICES.get(operation, "")
    name = ACTIONS.get(operation, operation)
    return f"{service}:{name}" if service else name


def describe_cause(error: KeyRotationError) -> str:
    """Return what AWS said, if that is what caused an error; else the error."""
    cause = error.__cause__
    return describe(cause) if isinstance(cause, AWS_ERRORS) else str(error)


def describe(error: BaseException) -> str:
    """Return what is wrong and what to do, in one line."""
    match error:
        case KeyboardInterrupt():
            return "Interrupted."
        case NoCredentialsError() | PartialCredentialsError():
            return "There are no AWS credentials. Name a profile (--profile), or sign in."
        case ProfileNotFound():
            return f"{error}. List the profiles with: aws configure list-profiles"
        case NoRegionError():
            return "There is no Region. Name one (--region), or set it in the profile."
        case TokenRetrievalError() | SSOTokenLoadError() | UnauthorizedSSOTokenError():
            return f"The session has expired ({error}). Sign in again: aws sso login"
        case EndpointConnectionError():
            return f"AWS cannot be reached: {error}"
        case ClientError():
            return _describe_answer(error)
        case _:
            return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _describe_answer(error: ClientError) -> str:
    code = _code(error)
    if code in EXPIRED:
        return f"AWS does not accept the credentials ({code}). Sign in again."
    message = " ".join(str(error.response["Error"].get("Message")).split())
    if code not in DENIED:
        return f"{error.operation_name}: {code}: {message}"
    return f"Access denied: {action_of(error)}.{_who_has_it(error)}"


def _who_has_it(error: ClientError) -> str:
    operation, service = error.operation_name, action_of(error).partition(":")[0]
    policy = POLICIES.get(service)
    if operation in WRITES or policy is None:
        return ""
    return f" The AWS managed policy {policy} has it."


def _code(error: ClientError) -> str:
    return str(error.response["Error"].get("Code"))
