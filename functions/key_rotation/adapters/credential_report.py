"""The adapter to IAM's credential report: it lists all users and keys, and is some hours old."""

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.domain.execution import Clock
from key_rotation.domain.inventory import CredentialReportRow, ReportedKey
from key_rotation.domain.model import Now
from key_rotation.errors import CredentialReportUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

PAUSES = (0.5, 0.5, 1, 1, 2, 3, 5, 8, 13, 21)
"""Seconds between two polls of a report that is not complete: about a minute in all."""
TOO_OLD = timedelta(days=1)
"""IAM generates a new report when the last one is four hours old (IAM API Reference,
GenerateCredentialReport), so an older one is not the one that was requested."""
NONE = frozenset({"", "N/A"})
BOOLEANS = {"true": True, "false": False}


def begin_credential_report(iam: "IAMClient") -> None:
    """Start the report; an error is left to `read_credential_report`."""
    with suppress(*AWS_ERRORS):
        iam.generate_credential_report()


def read_credential_report(
    iam: "IAMClient", now: Now, clock: Clock
) -> Mapping[str, CredentialReportRow]:
    """Wait for the report, and return the rows that can be read, by user name.

    The keys of a user without a row are read. Raises CredentialReportUnavailableError if IAM gives
    no report, or if no row of it can be read: it has at least one, for the root user.
    """
    text = read_report_text(iam, now, clock)
    try:
        rows = dict(parse(text))
    except csv.Error as cause:
        raise CredentialReportUnavailableError(error_message(cause)) from cause
    if not rows:
        raise CredentialReportUnavailableError("none of its rows can be read")
    return rows


def read_report_text(iam: "IAMClient", now: Now, clock: Clock) -> str:
    """Wait for the report, and return its CSV; raises CredentialReportUnavailableError."""
    try:
        _generate(iam, clock)
        report = iam.get_credential_report()
        generated, content = report["GeneratedTime"], report["Content"]
        text = content.decode()
    except (*AWS_ERRORS, KeyError, UnicodeDecodeError) as cause:
        raise CredentialReportUnavailableError(error_message(cause)) from cause
    if abs(now.instant - generated) > TOO_OLD:
        raise CredentialReportUnavailableError(f"it was generated at {generated:%Y-%m-%d %H:%M}")
    return text


def parse(text: str) -> Iterator[tuple[str, CredentialReportRow]]:
    """Read the report's CSV by the names of its columns, and skip rows that cannot be read."""
    for fields in csv.DictReader(io.StringIO(text)):
        try:
            row = CredentialReportRow(
                created=_instant(fields["user_creation_time"]),
                keys=tuple(_key(fields, number) for number in (1, 2)),
                has_more_keys=(fields.get("additional_credentials_info") or "N/A") not in NONE,
            )
            yield fields["user"], row
        except (AttributeError, KeyError, TypeError, ValueError):
            continue


def _generate(iam: "IAMClient", clock: Clock) -> None:
    for pause in PAUSES:
        if iam.generate_credential_report()["State"] == "COMPLETE":
            return
        clock.sleep(pause)
    raise CredentialReportUnavailableError("it was not complete after a minute")


def _key(fields: Mapping[str, str], number: int) -> ReportedKey:
    rotated = fields[f"access_key_{number}_last_rotated"]
    return ReportedKey(
        active=BOOLEANS[fields[f"access_key_{number}_active"].lower()],
        rotated=None if rotated in NONE else _instant(rotated),
    )


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    return instant
