"""The thresholds: eight SSM parameters that people edit without a deployment.

The template contains only the *initial* values. CloudFormation compares templates, not deployed
values, so a deployment keeps edited values if no property of the parameter changes in the template.
A change of any property, even of the description, resets the value. Therefore a test pins all
properties. (A drift-aware change set that reverts drift also resets the values.)

`cdk destroy` deletes the parameters and their edited values.

SSM checks a new value against the pattern. The function checks at the start of every run what a
pattern cannot express: that notice-days is less than max-age-days, or that a date exists.
"""

from dataclasses import dataclass

from aws_cdk import aws_ssm as ssm
from constructs import Construct

PARAMETER_PATH = "/key-rotation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """One parameter with its initial value."""

    name: str
    default: str
    pattern: str
    description: str


_UNTIL_AND_REASON = (
    r"([ \t]+until[ \t]+[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))?"
    r"[ \t]*(#[^\r\n]*)?"
)


def lines_of(subject: str) -> str:
    """Return the pattern of `none`, or of one entry on each line.

    An entry is what the pattern `subject` matches, then `until` a date, then # a reason; the last
    two may be missing. Empty lines are accepted, and both LF and CRLF.
    """
    entry = subject + _UNTIL_AND_REASON
    return rf"^[ \t\r\n]*(none|{entry})(\r?\n[ \t]*({entry})?)*$"


THRESHOLDS = (
    Threshold(
        name="mode",
        default="enforce",
        pattern="^(enforce|report)$",
        description="enforce, or report: decide and tell, change nothing in IAM.",
    ),
    Threshold(
        name="max-age-days",
        default="90",
        pattern="^([1-9][0-9]{0,2}|10[0-8][0-9]|109[0-5])$",
        description="Days after which an active access key is stale: 1 to 1095.",
    ),
    Threshold(
        name="notice-days",
        default="7",
        pattern="^([0-9]|[1-8][0-9]|90)$",
        description="Days of notice before a key is deactivated: 0 to 90, less than max-age-days.",
    ),
    Threshold(
        name="grace-days",
        default="30",
        pattern="^([1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-5])$",
        description="Days between deactivation and deletion, in which use is watched: 1 to 365.",
    ),
    Threshold(
        name="max-changes-per-run",
        default="25",
        pattern="^(0|[1-9][0-9]{0,2}|[1-4][0-9]{3}|5000)$",
        description="Keys deactivated or deleted in one run at most: 0 (pause) to 5000.",
    ),
    Threshold(
        name="delete-unused-keys",
        default="true",
        pattern="^(true|false)$",
        description="Whether a key unused for its whole grace window is deleted: true or false.",
    ),
    Threshold(
        name="adopt-inactive-keys",
        default="false",
        pattern="^(true|false)$",
        description="Whether keys that others made inactive get a window too: true or false.",
    ),
    Threshold(
        name="exemptions",
        default="none",
        # A user path, or a user name or an access key id.
        pattern=lines_of(r"(/[!-\"$-~]*|[A-Za-z0-9_+=,.@*-]+)"),
        description="Keys never acted on: none, or one a line: a user name, a /user/path or an"
        " access key id (* allowed), then until YYYY-MM-DD if it ends, then # reason if you like.",
    ),
)


class Thresholds(Construct):
    """The eight SSM parameters."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        """Create each parameter with its initial value."""
        super().__init__(scope, construct_id)
        self.parameters = [create_parameter(self, each, PARAMETER_PATH) for each in THRESHOLDS]


def create_parameter(scope: Construct, threshold: Threshold, path: str) -> ssm.StringParameter:
    """Create one parameter below a path, with its initial value."""
    return ssm.StringParameter(
        scope,
        threshold.name,
        parameter_name=f"{path}/{threshold.name}",
        string_value=threshold.default,
        allowed_pattern=threshold.pattern,
        description=threshold.description,
    )
