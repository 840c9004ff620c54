"""The two SSM parameters of an organization, beside the thresholds that hold for all accounts.

As for the thresholds, a change of any property in the template resets the value that people edited.
"""

from constructs import Construct

from infra.thresholds import PARAMETER_PATH, Threshold, create_parameter, lines_of

ORGANISATION_PATH = f"{PARAMETER_PATH}/organisation"

ORGANISATION_PARAMETERS = (
    Threshold(
        name="leave-out",
        default="none",
        # An account id, or the id of an organizational unit.
        pattern=lines_of("([0-9]{12}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})"),
        description="Accounts not looked at: none, or one a line: an account id or the id of an"
        " organizational unit, then until YYYY-MM-DD if it ends, then # reason if you like.",
    ),
    Threshold(
        name="max-changes-per-run",
        default="250",
        pattern="^(0|[1-9][0-9]{0,3}|[1-4][0-9]{4}|50000)$",
        description="Keys deactivated or deleted in one run over all accounts at most: 0 (pause)"
        " to 50000. The limit of each account holds too.",
    ),
)


class OrganisationParameters(Construct):
    """The two SSM parameters."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        """Create each parameter with its initial value."""
        super().__init__(scope, construct_id)
        for parameter in ORGANISATION_PARAMETERS:
            create_parameter(self, parameter, ORGANISATION_PATH)
