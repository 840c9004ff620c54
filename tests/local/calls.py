"""The AWS calls of a run, as the fault tests identify them."""

from dataclasses import dataclass

import pytest

from tests.local.microburst import Rule

COMPLETES = "completes"
FAILED = "lists a failed key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A kind of call in a run.

    request_contains: what its request contains, if the operation alone does not identify it
    result: the result of a run that never gets a response: the name of an error, or how it
      continues
    """

    label: str
    operation: str
    result: str
    request_contains: str = ""

    def matches(self, request: bytes) -> bool:
        """Return whether a request is this call."""
        named = (f".{self.operation} ".encode(), f" Action={self.operation}&".encode())
        return any(name in request for name in named) and self.request_contains.encode() in request

    def rule(self, **fault: object) -> Rule:
        """Return a rule of microburst for this call."""
        body = (
            {"body": f"contains(to_string(@), '{self.request_contains}')"}
            if self.request_contains
            else {}
        )
        return {"service": "*", "operation": self.operation, **body, **fault}


def _call(label: str, result: str, request_contains: str = "") -> Call:
    operation, _, _ = label.partition(" ")
    return Call(label=label, operation=operation, result=result, request_contains=request_contains)


CALLS = (
    _call("PutItem of the lease", "LedgerError", "LEASE"),
    _call("GetItem of the state", "LedgerError", "STATE"),
    _call("GetParameters", "SettingsUnreadableError"),
    _call("GetParametersByPath", "SettingsUnreadableError"),
    _call("ListSubscriptionsByTopic", "SubscriptionsUnreadableError"),
    _call("GetSubscriptionAttributes", "NoListenerError"),
    _call("DescribeTable", "LedgerError"),
    _call("Query of the watches", "LedgerError"),
    _call("ListUsers", "ListUsersError"),
    _call("GenerateCredentialReport", COMPLETES),
    _call("GetCredentialReport", COMPLETES),
    _call("ListAccessKeys", FAILED),
    _call("GetAccessKeyLastUsed", FAILED),
    _call("TransactWriteItems of intents", FAILED, '"deleting"'),
    _call("UpdateAccessKey", FAILED),
    _call("DeleteAccessKey", FAILED),
    _call("TransactWriteItems of outcomes", FAILED, '"ended"'),
    _call("ListUserTags", COMPLETES),
    _call("Publish", "PublishError"),
    _call("TransactWriteItems of notices", FAILED, '"noticed"'),
    _call("DeleteItem of an ended watch", FAILED, "WATCH"),
    _call("PutItem of the state", "LedgerError", "STATE"),
    _call("PutItem of the summary", "LedgerError", "RUNS"),
    _call("DeleteItem of the lease", COMPLETES, "LEASE"),
)
BY_LABEL = {call.label: call for call in CALLS}
AFTER_PUBLISH = frozenset(call.label for call in CALLS[CALLS.index(BY_LABEL["Publish"]) + 1 :])


def at_calls(*labels: str) -> pytest.MarkDecorator:
    """Run a test for these calls, and for all others in `make soak`."""
    others = pytest.mark.soak
    return pytest.mark.parametrize(
        "call",
        [
            pytest.param(call, id=call.label, marks=() if call.label in labels else others)
            for call in CALLS
        ],
    )
