"""The adapter to SSM Parameter Store."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.domain.organisation.parameter_scopes import FoundParameters
from key_rotation.domain.settings import EXEMPTION, Parameter, Settings, names_of
from key_rotation.errors import InvalidSettingsError, SettingsUnreadableError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.type_defs import ParameterTypeDef

PAGE_SIZE = 10
"""The most that one page has (SSM API Reference, GetParametersByPath)."""


def read_settings(ssm: "SSMClient", path: str, *, owners: bool = False) -> Settings:
    """Read all parameters: most by their names, so that a missing one is found, and exemptions.

    path: what stands before the names, such as `/key-rotation`
    owners: whether owners get mail, so that there are two parameters more: ten are the most that
        one call reads (SSM API Reference, GetParameters)

    Raises SettingsUnreadableError when Parameter Store does not answer, and InvalidSettingsError.
    """
    try:
        answer = ssm.get_parameters(Names=[f"{path}/{name}" for name in names_of(owners=owners)])
        raw = {_relative(found, path): _parameter(found) for found in answer["Parameters"]}
    except (*AWS_ERRORS, KeyError) as cause:
        raise _unreadable(path, cause) from cause
    one_by_one = read_exemption_parameters(ssm, path)
    return Settings.parse(raw, path=path, exemption_parameters=one_by_one, owners=owners)


def read_exemption_parameters(ssm: "SSMClient", path: str) -> Mapping[str, Parameter]:
    """Read the parameters of one exemption each, to the last page: an empty one is not the last.

    Returns them by what follows `exemption/` in their names. Raises SettingsUnreadableError, and
    InvalidSettingsError for one that is no plain text.
    """
    below = f"{path}/{EXEMPTION}"
    found = read_below(ssm, below)
    if found.other_types:
        raise InvalidSettingsError(
            [
                f"The parameter {below}/{name} has the type {kind}; it accepts String."
                for name, kind in found.other_types.items()
            ]
        )
    return found.by_name


def read_below(ssm: "SSMClient", path: str) -> FoundParameters:
    """Read all parameters below a path, to the last page: an empty one is not the last.

    Raises SettingsUnreadableError.
    """
    pages = ssm.get_paginator("get_parameters_by_path").paginate(
        Path=path, Recursive=True, PaginationConfig={"PageSize": PAGE_SIZE}
    )
    try:
        found = {_relative(each, path): each for page in pages for each in page["Parameters"]}
        return FoundParameters(
            by_name={name: _parameter(each) for name, each in found.items()},
            other_types={name: each["Type"] for name, each in found.items() if _encoded(each)},
        )
    except (*AWS_ERRORS, KeyError) as cause:
        raise _unreadable(path, cause) from cause


def read_last_editor(ssm: "SSMClient", name: str) -> str | None:
    """Return the ARN of who wrote the latest version of a parameter; None if it cannot be read.

    name: the whole name of the parameter
    """
    pages = ssm.get_paginator("get_parameter_history").paginate(Name=name)
    try:
        versions = [version for page in pages for version in page["Parameters"]]
        latest = max(versions, key=lambda version: version["Version"])
        return latest["LastModifiedUser"]
    except (*AWS_ERRORS, KeyError, ValueError):
        return None


def _encoded(found: "ParameterTypeDef") -> bool:
    """Return whether the value is not the text that a person wrote: encrypted, or a list."""
    return found["Type"] != "String"


def _relative(found: "ParameterTypeDef", path: str) -> str:
    return found["Name"].removeprefix(f"{path}/")


def _parameter(found: "ParameterTypeDef") -> Parameter:
    return Parameter(value=found["Value"], version=found["Version"])


def _unreadable(path: str, cause: Exception) -> SettingsUnreadableError:
    text = f"The parameters under {path} could not be read ({error_message(cause)})."
    return SettingsUnreadableError(f"{text} Nothing was changed.")
