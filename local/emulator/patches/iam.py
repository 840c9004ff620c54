"""IAM: pagination, the owner of a deleted key, and last use."""

import csv
import functools
import io
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from local.emulator.event_log import EventLog
from local.emulator.ministack_internals import MinistackChangedError, private_name
from local.emulator.patches.monkeypatch import Handler, Params, Response, replace, replace_entry
from local.emulator.records import LastUse

_PAGE_SIZE = 100  # IAM's default for MaxItems


def paginate_users() -> None:
    """Return `ListUsers` in pages.

    ministack returns all users at once. AWS returns 100, or `MaxItems`, and a marker. A client that
    ignores the marker enforces nothing for the other users.
    """

    def list_users(params: Params) -> Response:
        prefix = _param(params, "PathPrefix", "/")
        users = private_name("services.iam", "_users")
        names = sorted(name for name, user in users.items() if user["Path"].startswith(prefix))
        to_xml = functools.partial(private_name("services.iam", "_user_xml"), boundary=False)
        return _page(params, "ListUsers", "Users", [to_xml(name) for name in names])

    _replace_handler("ListUsers", lambda _: list_users)


def paginate_access_keys() -> None:
    """Return `ListAccessKeys` in pages, and reject a user who does not exist.

    ministack returns all keys at once, and an empty list for an unknown user. AWS returns pages,
    and `NoSuchEntity` for an unknown user, such as one who is deleted during a run.
    """

    def list_keys(params: Params) -> Response:
        user = _param(params, "UserName", "default")
        if user not in private_name("services.iam", "_users"):
            return _no_such_entity(f"The user with name {user} cannot be found.")
        keys = private_name("services.iam", "_access_keys").values()
        mine = [_key_xml(each) for each in keys if each["UserName"] == user]
        return _page(params, "ListAccessKeys", "AccessKeyMetadata", mine)

    _replace_handler("ListAccessKeys", lambda _: list_keys)


def _key_xml(key: Mapping[str, str]) -> str:
    fields = ("UserName", "AccessKeyId", "Status", "CreateDate")
    return "".join(f"<{name}>{escape(key[name])}</{name}>" for name in fields)


def _page(params: Params, action: str, element: str, members: Sequence[str]) -> Response:
    """Return the members from the marker on, and the next marker if there are more."""
    start = int(_param(params, "Marker", "0"))
    end = start + int(_param(params, "MaxItems", str(_PAGE_SIZE)))
    more = end < len(members)
    inner = "".join(f"<member>{each}</member>" for each in members[start:end])
    marker = f"<Marker>{end}</Marker>" if more else ""
    return _iam_answer(
        action,
        f"<{element}>{inner}</{element}><IsTruncated>{str(more).lower()}</IsTruncated>{marker}",
    )


def check_owner_of_deleted_key() -> None:
    """Reject the deletion of a key in the name of another user.

    ministack checks the ID of the key only. AWS returns `NoSuchEntity` if the named user has no
    such key.
    """

    def make(original: Handler) -> Handler:
        def delete(params: Params) -> Response:
            key_id, user = _param(params, "AccessKeyId"), _param(params, "UserName")
            key = private_name("services.iam", "_access_keys").get(key_id)
            if key and user and key["UserName"] != user:
                return _no_such_entity(f"The Access Key with id {key_id} cannot be found.")
            return original(params)

        return delete

    _replace_handler("DeleteAccessKey", make)


def serve_last_used(event_log: EventLog) -> None:
    """Return the last use that was set with the control endpoint.

    ministack returns "never" for every key. On AWS, the last use decides whether a key is deleted.
    """

    def make(original: Handler) -> Handler:
        def last_used(params: Params) -> Response:
            use = event_log.last_uses.get(_param(params, "AccessKeyId"))
            status, headers, body = original(params)
            if use and status == 200:  # noqa: PLR2004 - OK
                never = b"<Region>N/A</Region><ServiceName>N/A</ServiceName>"
                body = _replace_in(body, never, _last_use_xml(use))
            return status, headers, body

        return last_used

    _replace_handler("GetAccessKeyLastUsed", make)


def _replace_in(body: bytes, old: bytes, new: bytes) -> bytes:
    if old not in body:
        message = f"ministack's response no longer contains {old.decode()}"
        raise MinistackChangedError(message)
    return body.replace(old, new)


def _last_use_xml(use: LastUse) -> bytes:
    fields = {"LastUsedDate": _timestamp(use.at), "Region": use.region, "ServiceName": use.service}
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
            row[f"access_key_{number}_last_used_date"] = _timestamp(use.at)
            row[f"access_key_{number}_last_used_region"] = use.region
            row[f"access_key_{number}_last_used_service"] = use.service


def _param(params: Params, name: str, default: str = "") -> str:
    value: str = private_name("services.iam", "_p")(params, name) or default
    return value


def _iam_answer(action: str, inner: str) -> Response:
    result = f"<{action}Result>{inner}</{action}Result>"
    answer: Response = private_name("services.iam", "_xml")(
        200, f"{action}Response", result, ns="iam"
    )
    return answer


def _no_such_entity(message: str) -> Response:
    answer: Response = private_name("services.iam", "_error")(
        404, "NoSuchEntity", message, ns="iam"
    )
    return answer


def _timestamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _replace_handler(action: str, make: Callable[[Handler], Handler]) -> None:
    replace_entry("services.iam", "_IAM_HANDLERS", action, make)
