"""CloudFormation: stack sets of an organization."""

from local.emulator.event_log import BackgroundTasks
from local.emulator.ministack_internals import private_name
from local.emulator.patches.monkeypatch import Handler, Params, Response, replace, replace_entry
from local.emulator.patches.organization_handlers import caller
from local.emulator.stack_set_targets import Declared
from local.emulator.stack_sets import StackSets

_TYPE = "AWS::CloudFormation::StackSet"
_CHANGES_OF_MEMBERS = (
    "AcceptHandshake",
    "CreateAccount",
    "MoveAccount",
    "RemoveAccountFromOrganization",
)


def deploy_stack_sets(stack_sets: StackSets) -> None:
    """Deploy the stacks of a stack set with service-managed permissions.

    ministack does not know the type. AWS deploys to the accounts in the OUs, and in OUs in them,
    but never to the management account (CloudFormation API Reference, DeploymentTargets). It takes
    the filters NONE, INTERSECTION and DIFFERENCE, and rejects UNION, which is documented
    (aws-cloudformation-resource-providers-cloudformation #100). `CallAs` must be what the caller
    is. A member that gets no role here would not be looked at on AWS.
    """

    def create(_logical_id: str, declared: Declared, _stack: str) -> tuple[str, dict[str, str]]:
        identity = stack_sets.create(caller(), declared)
        return identity, {"StackSetId": identity}

    def update(
        identity: str, _before: Declared, declared: Declared, _stack: str
    ) -> tuple[str, dict[str, str]]:
        stack_sets.update(caller(), identity, declared)
        return identity, {"StackSetId": identity}

    def delete(identity: str, _declared: Declared) -> None:
        stack_sets.delete(identity)

    handlers = private_name("services.cloudformation.provisioners", "_RESOURCE_HANDLERS")
    handlers[_TYPE] = {"create": create, "update": update, "delete": delete}
    replace(
        "services.cloudformation.stacks",
        "_runs_on_worker_thread",  # since the stacks are created by requests to the same process
        lambda original: lambda resource_type: resource_type == _TYPE or original(resource_type),
    )


def deploy_stack_sets_to_new_members(
    stack_sets: StackSets, background_tasks: BackgroundTasks
) -> None:
    """Deploy stack sets to accounts that join their OUs, and delete them from those that leave.

    ministack has no stack sets. AWS does this with automatic deployment, soon after the change, and
    ignores the account filters (CloudFormation User Guide, Manage automatic deployments).
    """

    def make(original: Handler) -> Handler:
        def change(request: Params) -> Response:
            response = original(request)
            background_tasks.start(stack_sets.follow_members)
            return response

        return change

    for operation in _CHANGES_OF_MEMBERS:
        replace_entry("services.organizations", "_DISPATCH", operation, make)
