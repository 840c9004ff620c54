"""IAM's credential report as a preview reads it: with the last uses of all keys."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from key_rotation.adapters.credential_report import BOOLEANS, NONE, parse, read_report_text
from key_rotation.domain.execution import Clock
from key_rotation.domain.inventory import CredentialReportRow
from key_rotation.domain.model import LastUse, Now
from key_rotation.errors import CredentialReportUnavailableError
from key_rotation_cli.aws_errors import AWS_ERRORS, describe
from key_rotation_cli.preview.account import CountedKey

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

ROOT_USER = "<root_account>"
"""The name in the row of the root user."""
NO_USE = NONE | {"no_information"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialReport:
    """What the report says.

    rows: of the users, by name, as the function uses them to select users
    keys: of each user whose keys it shows in full, with their last uses; `created` is when the
        key was created or last changed
    root_keys: whether the root user has an active key; None where the report does not say
    problem: why there is no report; None if there is one
    """

    rows: Mapping[str, CredentialReportRow] = field(default_factory=dict)
    keys: Mapping[str, tuple[CountedKey, ...]] = field(default_factory=dict)
    root_keys: bool | None = None
    problem: str | None = None


def read_report(iam: "IAMClient", now: Now, clock: Clock) -> CredentialReport:
    """Wait for the report, and read it; one without rows where IAM gives none."""
    try:
        text = read_report_text(iam, now, clock)
        return parse_report(text)
    except CredentialReportUnavailableError as error:
        cause = error.__cause__
        known = isinstance(cause, AWS_ERRORS)
        problem = describe(cause) if known and isinstance(cause, Exception) else str(error)
    except csv.Error as error:
        problem = str(error)
    return CredentialReport(problem=problem)


def parse_report(text: str) -> CredentialReport:
    """Read the report's CSV; a user with a key that cannot be read is left out, and is read."""
    fields_by_user = {
        str(fields.get("user")): fields for fields in csv.DictReader(io.StringIO(text))
    }
    root = fields_by_user.pop(ROOT_USER, None)
    keys = {name: _keys(name, fields) for name, fields in fields_by_user.items()}
    return CredentialReport(
        rows={name: row for name, row in parse(text) if name != ROOT_USER},
        keys={name: found for name, found in keys.items() if found is not None},
        root_keys=_has_active_key(root) if root else None,
    )


def _has_active_key(fields: Mapping[str, str | None]) -> bool | None:
    found = [BOOLEANS.get(str(fields.get(f"access_key_{n}_active")).lower()) for n in (1, 2)]
    return None if None in found else True in found


def _keys(user_name: str, fields: Mapping[str, str | None]) -> tuple[CountedKey, ...] | None:
    """Read the keys of a user; None if one cannot be read, or the report does not show all."""
    if (fields.get("additional_credentials_info") or "") not in NONE:
        return None
    try:
        keys = [_key(user_name, fields, f"access_key_{number}") for number in (1, 2)]
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return tuple(key for key in keys if key)


def _key(user_name: str, fields: Mapping[str, str | None], prefix: str) -> CountedKey | None:
    rotated = fields[f"{prefix}_last_rotated"]
    active = BOOLEANS[str(fields[f"{prefix}_active"]).lower()]
    if rotated in NONE and not active:
        return None
    return CountedKey(
        user_name=user_name,
        active=active,
        created=_instant(rotated),
        last_use=_last_use(fields, f"{prefix}_last_used"),
    )


def _last_use(fields: Mapping[str, str | None], prefix: str) -> LastUse:
    at = fields[f"{prefix}_date"]
    service, region = fields.get(f"{prefix}_service"), fields.get(f"{prefix}_region")
    return LastUse(
        at=None if at in NO_USE else _instant(at),
        service=None if service in NONE else service,
        region=None if region in NONE else region,
    )


def _instant(text: str | None) -> datetime:
    """Read a time; raises ValueError for none, and for one without a time zone."""
    instant = datetime.fromisoformat(text or "")
    if instant.tzinfo is None:
        raise ValueError(text)
    return instant
