"""Queries on a synthesised template."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Template:
    """A template as CloudFormation receives it, and the warnings of its synthesis."""

    body: dict[str, Any]
    warnings: tuple[str, ...]

    def digest(self) -> str:
        """Hash the template as it is written, with a constant for the hash of the package."""
        written = re.sub(r"[0-9a-f]{64}(?=\.zip)", "<code>", json.dumps(self.body, indent=1))
        return hashlib.sha256(written.encode()).hexdigest()

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return all resources of a type by logical id."""
        resources: dict[str, dict[str, Any]] = self.body["Resources"]
        return {name: found for name, found in resources.items() if found["Type"] == kind}

    def resource(self, kind: str) -> dict[str, Any]:
        """Return the only resource of a type."""
        (found,) = self.resources(kind).values()
        return found

    def properties(self, kind: str) -> dict[str, Any]:
        """Return the properties of the only resource of a type."""
        properties: dict[str, Any] = self.resource(kind)["Properties"]
        return properties

    def logical_id(self, kind: str) -> str:
        """Return the logical id of the only resource of a type."""
        (name,) = self.resources(kind)
        return name

    def alarm(self, metric: str) -> dict[str, Any]:
        """Return the properties of the alarm on a metric."""
        alarms = self.resources("AWS::CloudWatch::Alarm").values()
        (found,) = [alarm["Properties"] for alarm in alarms if _metric(alarm) == metric]
        return dict(found)

    def statements(self, role: str) -> list[dict[str, Any]]:
        """Return the policy statements of a role, by its logical id."""
        return [
            statement
            for policy in self.resources("AWS::IAM::ManagedPolicy").values()
            if {"Ref": role} in policy["Properties"].get("Roles", [])
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        ]

    def allowed(self, role: str) -> dict[str, list[str]]:
        """Return the sorted resources of each action that a role is allowed, rendered."""
        allowed: dict[str, list[str]] = {}
        for statement in self.statements(role):
            if statement["Effect"] == "Allow":
                for action in as_list(statement["Action"]):
                    assert action not in allowed, f"{action} is allowed twice"
                    resources = statement["Resource"]
                    resources = resources if isinstance(resources, list) else [resources]
                    allowed[action] = sorted(render(resource) for resource in resources)
        return allowed

    def role(self, service: str) -> str:
        """Return the logical id of the only role that a service assumes."""
        (role,) = [
            name
            for name, found in self.resources("AWS::IAM::Role").items()
            if f"{service}.amazonaws.com" in str(found["Properties"]["AssumeRolePolicyDocument"])
        ]
        return role

    def role_statements(self, service: str) -> list[dict[str, Any]]:
        """Return the policy statements of the only role that a service assumes."""
        return self.statements(self.role(service))


class Synthesise(Protocol):
    """Synthesises the stack for one Region, or for any (None), with context values."""

    def __call__(self, region: str | None, **context: object) -> Template:
        """Return the template; context keys are given with underscores for hyphens."""


def _metric(alarm: dict[str, Any]) -> str:
    return str(alarm["Properties"].get("MetricName"))


def as_list(value: str | list[str]) -> list[str]:
    """Return a list, because IAM policies write a single value without one."""
    return [value] if isinstance(value, str) else value


def render(value: object) -> str:
    """Return a string with its references, such as `arn:${AWS::Partition}:iam:...`."""
    match value:
        case str():
            return value
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(render(part) for part in parts)
        case _:
            message = f"not a string: {value!r}"
            raise TypeError(message)
