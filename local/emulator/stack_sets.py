"""StackSets: the deployment of their stacks into the members of an organization."""

import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import botocore.session
from botocore.exceptions import ClientError, WaiterError

from local.emulator.organization import management_account
from local.emulator.stack_set_targets import (
    Declared,
    Instance,
    is_active,
    reject_invalid,
    targets,
)

_POLL = {"Delay": 0.1, "MaxAttempts": 300}


@dataclass(slots=True, kw_only=True)
class _StackSet:
    """A stack set.

    instances: where it has a stack
    left_out: what its filters left out when it was created or updated; an account that joins later
    gets a stack whatever the filters say
    """

    id: str
    owner: str
    declared: Declared
    instances: set[Instance] = field(default_factory=set)
    left_out: set[Instance] = field(default_factory=set)

    @property
    def stack(self) -> str:
        """The name of its stacks."""
        return f"StackSet-{self.id.replace(':', '-')}"

    @property
    def arguments(self) -> dict[str, Any]:
        """What creates or updates one of its stacks."""
        return {
            "StackName": self.stack,
            "TemplateBody": self.declared["TemplateBody"],
            "Parameters": self.declared.get("Parameters", []),
            "Capabilities": self.declared.get("Capabilities", []),
        }


class StackSets:
    """All stack sets of the emulator."""

    def __init__(self, endpoint: str) -> None:
        """Deploy stacks by calls to the emulator itself."""
        self._endpoint = endpoint
        self._session = botocore.session.Session()
        self._sets: dict[str, _StackSet] = {}
        self._lock = threading.Lock()  # of all operations: AWS also queues those of one stack set

    def create(self, caller: str, declared: Declared) -> str:
        """Create a stack set and its stacks, and return its ID. Raises ValueError."""
        reject_invalid(caller, declared)
        stack_set = _StackSet(
            id=f"{declared['StackSetName']}:{uuid.uuid4()}",
            owner=management_account(caller) or caller,
            declared=declared,
        )
        with self._lock:
            self._sets[stack_set.id] = stack_set
            try:
                self._deploy(stack_set)
            except ValueError:
                self._delete(stack_set)
                raise
        return stack_set.id

    def update(self, caller: str, identity: str, declared: Declared) -> None:
        """Update a stack set and its stacks. Raises ValueError."""
        reject_invalid(caller, declared)
        with self._lock:
            stack_set = self._sets[identity]
            stack_set.declared = declared
            for account, region in sorted(stack_set.instances):
                self._update_stack(stack_set, account, region)
            self._deploy(stack_set)

    def delete(self, identity: str) -> None:
        """Delete a stack set and its stacks."""
        with self._lock:
            if identity in self._sets:
                self._delete(self._sets[identity])

    def follow_members(self) -> None:
        """Deploy to the accounts that joined an OU, and delete from those that left it."""
        with self._lock:
            for stack_set in self._sets.values():
                automatic = stack_set.declared.get("AutoDeployment", {})
                if str(automatic.get("Enabled")).lower() == "true":
                    self._follow(stack_set, automatic)

    def _follow(self, stack_set: _StackSet, automatic: Mapping[str, Any]) -> None:
        members = targets(stack_set.owner, stack_set.declared, filtered=False)
        left = stack_set.instances - members
        stack_set.left_out &= members
        if str(automatic.get("RetainStacksOnAccountRemoval")).lower() == "true":
            stack_set.instances -= left
        self._delete_stacks(stack_set, stack_set.instances - members)
        self._create_stacks(stack_set, members - stack_set.left_out)

    def _deploy(self, stack_set: _StackSet) -> None:
        """Bring the stacks to where they are declared. Raises ValueError if too many fail."""
        wanted = targets(stack_set.owner, stack_set.declared)
        everywhere = targets(stack_set.owner, stack_set.declared, filtered=False)
        stack_set.left_out = everywhere - wanted
        self._delete_stacks(stack_set, stack_set.instances - wanted)
        failed = self._create_stacks(stack_set, wanted)
        preferences = stack_set.declared.get("OperationPreferences", {})
        tolerated = len(wanted) * int(preferences.get("FailureTolerancePercentage", 0)) / 100
        if len(failed) > max(tolerated, int(preferences.get("FailureToleranceCount", 0))):
            message = f"stacks were not created in {', '.join(sorted(failed))}"
            raise ValueError(message)

    def _create_stacks(self, stack_set: _StackSet, wanted: Iterable[Instance]) -> list[str]:
        """Create the stacks that do not exist yet, and return the accounts in which this failed."""
        failed = []
        for account, region in sorted(set(wanted) - stack_set.instances):
            if not is_active(account):
                continue
            client = self._client(account, region)
            try:
                client.create_stack(**stack_set.arguments, OnFailure="DELETE")
                waiter = client.get_waiter("stack_create_complete")
                waiter.wait(StackName=stack_set.stack, WaiterConfig=_POLL)
                stack_set.instances.add((account, region))
            except (ClientError, WaiterError):
                failed.append(account)
        return failed

    def _update_stack(self, stack_set: _StackSet, account: str, region: str) -> None:
        client = self._client(account, region)
        try:
            client.update_stack(**stack_set.arguments)
        except ClientError as error:
            if "No updates" not in str(error):
                raise
            return
        waiter = client.get_waiter("stack_update_complete")
        waiter.wait(StackName=stack_set.stack, WaiterConfig=_POLL)

    def _delete(self, stack_set: _StackSet) -> None:
        self._delete_stacks(stack_set, stack_set.instances)
        del self._sets[stack_set.id]

    def _delete_stacks(self, stack_set: _StackSet, unwanted: Iterable[Instance]) -> None:
        for account, region in sorted(unwanted):
            client = self._client(account, region)
            client.delete_stack(StackName=stack_set.stack)
            waiter = client.get_waiter("stack_delete_complete")
            waiter.wait(StackName=stack_set.stack, WaiterConfig=_POLL)
            stack_set.instances.discard((account, region))

    def _client(self, account: str, region: str) -> Any:  # noqa: ANN401 - botocore has no types
        """Return a client of the root user of an account."""
        return self._session.create_client(
            "cloudformation",
            region_name=region,
            endpoint_url=self._endpoint,
            aws_access_key_id=account,
            aws_secret_access_key="test",  # noqa: S106 - ministack's
        )
