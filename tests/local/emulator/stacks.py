"""How tests deploy small stacks, with a client for CloudFormation."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import WaiterError

_CAPABILITIES = ["CAPABILITY_NAMED_IAM"]
_NUMBERS = itertools.count()
_POLL = {"Delay": 0.1, "MaxAttempts": 100}


@contextmanager
def deployed(stacks: Any, body: str) -> Iterator[str]:
    """Deploy a template during the block, and yield the name of the stack."""
    name = f"sample-{next(_NUMBERS)}"
    stacks.create_stack(StackName=name, TemplateBody=body, Capabilities=_CAPABILITIES)
    wait(stacks, "stack_create_complete", name)
    try:
        yield name
    finally:
        stacks.delete_stack(StackName=name)
        wait(stacks, "stack_delete_complete", name)


def failure(stacks: Any, body: str) -> str:
    """Return why a template cannot be deployed."""
    name = f"sample-{next(_NUMBERS)}"
    stacks.create_stack(StackName=name, TemplateBody=body, Capabilities=_CAPABILITIES)
    with pytest.raises(WaiterError):
        wait(stacks, "stack_create_complete", name)
    events = stacks.describe_stack_events(StackName=name)["StackEvents"]
    return "\n".join(each.get("ResourceStatusReason", "") for each in events)


def wait(stacks: Any, step: str, name: str) -> None:
    """Wait until a stack has reached a step."""
    stacks.get_waiter(step).wait(StackName=name, WaiterConfig=_POLL)
