"""Reads the stacks of CloudFormation, and their outputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from key_rotation_cli.aws_errors import AWS_ERRORS, describe
from key_rotation_cli.errors import CliError
from key_rotation_cli.session import Session

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack.

    outputs: by name
    """

    name: str
    outputs: Mapping[str, str]


def read_stacks(session: Session, name: str | None) -> list[Stack]:
    """Describe a stack, or all; none if there is no stack of this name."""
    pages = session.cloudformation.get_paginator("describe_stacks")
    try:
        answer = [
            _stack(found)
            for page in (pages.paginate(StackName=name) if name else pages.paginate())
            for found in page["Stacks"]
        ]
    except AWS_ERRORS as cause:
        if "does not exist" in str(cause):
            return []
        raise CliError(describe(cause)) from cause
    return answer


def _stack(found: "StackTypeDef") -> Stack:
    outputs = {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])}
    return Stack(name=found["StackName"], outputs=outputs)
