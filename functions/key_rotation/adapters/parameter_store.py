"""The adapter to SSM Parameter Store."""

from typing import TYPE_CHECKING

from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.domain.settings import NAMES, Parameter, Settings
from key_rotation.errors import SettingsUnreadableError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


def read_settings(ssm: "SSMClient", path: str) -> Settings:
    """Read all parameters in one call, by their names, so that a missing one is found.

    path: what stands before the names, such as `/key-rotation`

    Raises SettingsUnreadableError when Parameter Store does not answer, and InvalidSettingsError.
    """
    try:
        answer = ssm.get_parameters(Names=[f"{path}/{name}" for name in NAMES])
        raw = {
            found["Name"].removeprefix(f"{path}/"): Parameter(
                value=found["Value"], version=found["Version"]
            )
            for found in answer["Parameters"]
        }
    except (*AWS_ERRORS, KeyError) as cause:
        text = f"The parameters under {path} could not be read ({error_message(cause)})."
        raise SettingsUnreadableError(f"{text} Nothing was changed.") from cause
    return Settings.parse(raw, path=path)
