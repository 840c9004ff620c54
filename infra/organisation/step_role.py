"""A role of one of the three functions of an organization, without permissions yet."""

from aws_cdk import aws_iam as iam
from constructs import Construct


class StepRole(Construct):
    """A role that Lambda assumes, and its one managed policy."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        role_name: str | None = None,
        path: str | None = None,
    ) -> None:
        """Create the role; with a name it can be named in another account's policy."""
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            role_name=role_name,
            path=path,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        self.policy = iam.ManagedPolicy(self, "Policy", roles=[self.role])
