"""What an error of AWS means for the person at the terminal."""

import pytest

from key_rotation_cli.aws_errors import describe
from tests.aws.faults import client_error

QUERY = "Access denied: dynamodb:Query. The AWS managed policy AmazonDynamoDBReadOnlyAccess has it."


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("is not authorized to perform: kms:Decrypt on resource", "Access denied: kms:Decrypt."),
        ("is not authorized to perform: dynamodb:Query on resource", QUERY),
        ("denied", QUERY),
    ],
)
def test_the_action_is_the_one_that_aws_names(named: str, told: str) -> None:
    error = client_error("Query", "AccessDeniedException")
    error.response["Error"]["Message"] = f"User: arn:aws:iam::123456789012:user/eve {named}: x"
    assert describe(error) == told
