"""The adapter to IAM's credential report: one call that knows of everybody, some hours late."""

import csv
import io
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from key_rotation.adapters.aws import AWS_ERRORS, why
from key_rotation.domain.model import Now, Row, Slot
from key_rotation.errors import NoReportError

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

PAUSES = (0.5, 0.5, 1, 1, 2, 3, 5, 8, 13, 21)
"""Seconds between the looks at a report in the making: about a minute, then everybody is asked."""
TOO_OLD = timedelta(days=1)
"""IAM makes a report anew when the last one is four hours old (IAM API Reference,
GenerateCredentialReport), so one of yesterday is not what was asked for."""
NONE = frozenset({"", "N/A"})
BOOLEANS = {"true": True, "false": False}


def begin_report(iam: "IAMClient") -> None:
    """Have IAM begin to make the report; whether that can be had, `read_report` finds out."""
    with suppress(*AWS_ERRORS):
        iam.generate_credential_report()


def read_report(iam: "IAMClient", now: Now) -> Mapping[str, Row]:
    """Have the report made, and read the rows that can be understood, by user name.

    A user without a row is asked for keys. Raises NoReportError where no report is to be had, or
    none of its rows is understood: it has one for the root user at least.
    """
    try:
        _generate(iam)
        answer = iam.get_credential_report()
        generated, content = answer["GeneratedTime"], answer["Content"]
        text = content.decode()
    except (*AWS_ERRORS, KeyError, UnicodeDecodeError) as cause:
        raise NoReportError(why(cause)) from cause
    if abs(now.instant - generated) > TOO_OLD:
        raise NoReportError(f"it is of {generated:%Y-%m-%d %H:%M}")
    try:
        rows = dict(parse(text))
    except csv.Error as cause:
        raise NoReportError(why(cause)) from cause
    if not rows:
        raise NoReportError("none of its rows can be understood")
    return rows


def parse(text: str) -> Iterator[tuple[str, Row]]:
    """Read the report's CSV, by the names of its columns; a row that is not understood is none."""
    for fields in csv.DictReader(io.StringIO(text)):
        try:
            row = Row(
                created=_instant(fields["user_creation_time"]),
                slots=tuple(_slot(fields, number) for number in (1, 2)),
                more=(fields.get("additional_credentials_info") or "N/A") not in NONE,
            )
            yield fields["user"], row
        except (AttributeError, KeyError, TypeError, ValueError):
            continue


def _generate(iam: "IAMClient") -> None:
    for pause in PAUSES:
        if iam.generate_credential_report()["State"] == "COMPLETE":
            return
        time.sleep(pause)
    raise NoReportError("it was not ready after a minute")


def _slot(fields: Mapping[str, str], number: int) -> Slot:
    rotated = fields[f"access_key_{number}_last_rotated"]
    return Slot(
        active=BOOLEANS[fields[f"access_key_{number}_active"].lower()],
        rotated=None if rotated in NONE else _instant(rotated),
    )


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    return instant
