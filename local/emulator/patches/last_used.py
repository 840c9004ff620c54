"""IAM: the last use of access keys."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import escape

from local.emulator.event_log import EventLog
from local.emulator.ministack_internals import MinistackChangedError, iam_timestamp, private_name
from local.emulator.patches.iam_handlers import param, replace_handler
from local.emulator.patches.monkeypatch import Handler, Params, Response, replace
from local.emulator.records import LastUse


def serve_last_used(event_log: EventLog) -> None:
    """Return the last use that was set with the control endpoint.

    ministack returns "never" for every key. On AWS, the last use decides whether a key is deleted.
    """

    def make(original: Handler) -> Handler:
        def last_used(params: Params) -> Response:
            use = event_log.last_uses.get(param(params, "AccessKeyId"))
            status, headers, body = original(params)
            if use and status == 200:  # noqa: PLR2004 - OK
                never = b"<Region>N/A</Region><ServiceName>N/A</ServiceName>"
                body = _replace_in(body, never, _last_use_xml(use))
            return status, headers, body

        return last_used

    replace_handler("GetAccessKeyLastUsed", make)


def _replace_in(body: bytes, old: bytes, new: bytes) -> bytes:
    if old not in body:
        message = f"ministack's response no longer contains {old.decode()}"
        raise MinistackChangedError(message)
    return body.replace(old, new)


def _last_use_xml(use: LastUse) -> bytes:
    fields = {
        "LastUsedDate": iam_timestamp(use.at),
        "Region": use.region,
        "ServiceName": use.service,
    }
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items()).encode()


def serve_last_used_in_credential_report(event_log: EventLog) -> None:
    """Fill the last-use columns of the credential report from the same data.

    ministack fills them with N/A.
    """

    def make(original: Callable[[], str]) -> Callable[[], str]:
        def report() -> str:
            rows = list(csv.DictReader(io.StringIO(original())))
            keys = sorted(private_name("services.iam", "_access_keys").values(), key=_created)
            by_user: defaultdict[str, list[Mapping[str, str]]] = defaultdict(list)
            for key in keys:
                by_user[key["UserName"]].append(key)
            for row in rows[1:]:
                _fill_last_uses(row, by_user[row["user"]], event_log.last_uses)
            filled = io.StringIO()
            writer = csv.DictWriter(filled, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
            return filled.getvalue().rstrip("\n")

        return report

    replace("services.iam", "_build_credential_report", make)


def _created(key: Mapping[str, str]) -> str:
    return key["CreateDate"]


def _fill_last_uses(
    row: dict[str, str], keys: Sequence[Mapping[str, str]], uses: Mapping[str, LastUse]
) -> None:
    for number, key in enumerate(keys[:2], start=1):
        if use := uses.get(key["AccessKeyId"]):
            row[f"access_key_{number}_last_used_date"] = iam_timestamp(use.at)
            row[f"access_key_{number}_last_used_region"] = use.region
            row[f"access_key_{number}_last_used_service"] = use.service
