"""The Regions without Amazon SES, where nothing can be mailed to owners."""

from aws_cdk import Aws, CfnRule, CfnRuleAssertion, Fn, Stack, Token
from constructs import Construct

from infra.context_value import ContextError
from infra.owner_context import SENDER

# Those that botocore's endpoints have for Lambda and not for SES; a test compares.
REGIONS_WITHOUT_SES = (
    "ap-east-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-isoe-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
)


def require_ses(scope: Construct, *, sender: str) -> None:
    """Refuse a Region without SES: at synthesis if it is known then, else at the deployment.

    CloudFormation checks the rules of a template before it creates or changes anything (User
    Guide, "CloudFormation template Rules syntax"). Raises ContextError.
    """
    region = Stack.of(scope).region
    if not Token.is_unresolved(region) and region in REGIONS_WITHOUT_SES:
        raise ContextError(
            f"context {SENDER!r} is {sender!r}, but the Region {region} has no Amazon SES: omit"
            f" {SENDER!r}, or deploy to another Region"
        )
    has_none = Fn.condition_contains([*REGIONS_WITHOUT_SES], Aws.REGION)
    CfnRule(
        scope,
        "Region",
        assertions=[
            CfnRuleAssertion(
                assert_=Fn.condition_not(has_none),
                assert_description=f"This Region has no Amazon SES: omit the context {SENDER}, or"
                " deploy to another Region; nothing was changed.",
            )
        ],
    )
