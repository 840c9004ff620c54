"""IAM: pagination, and the owner of a deleted key."""

import functools
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from local.emulator.ministack_internals import private_name
from local.emulator.patches.iam_handlers import param, replace_handler
from local.emulator.patches.monkeypatch import Handler, Params, Response

_PAGE_SIZE = 100  # IAM's default for MaxItems


def paginate_users() -> None:
    """Return `ListUsers` in pages.

    ministack returns all users at once. AWS returns 100, or `MaxItems`, and a marker. A client that
    ignores the marker enforces nothing for the other users.
    """

    def list_users(params: Params) -> Response:
        prefix = param(params, "PathPrefix", "/")
        users = private_name("services.iam", "_users")
        names = sorted(name for name, user in users.items() if user["Path"].startswith(prefix))
        to_xml = functools.partial(private_name("services.iam", "_user_xml"), boundary=False)
        return _page(params, "ListUsers", "Users", [to_xml(name) for name in names])

    replace_handler("ListUsers", lambda _: list_users)


def paginate_access_keys() -> None:
    """Return `ListAccessKeys` in pages, and reject a user who does not exist.

    ministack returns all keys at once, and an empty list for an unknown user. AWS returns pages,
    and `NoSuchEntity` for an unknown user, such as one who is deleted during a run.
    """

    def list_keys(params: Params) -> Response:
        user = param(params, "UserName", "default")
        if user not in private_name("services.iam", "_users"):
            return _no_such_entity(f"The user with name {user} cannot be found.")
        keys = private_name("services.iam", "_access_keys").values()
        mine = [_key_xml(each) for each in keys if each["UserName"] == user]
        return _page(params, "ListAccessKeys", "AccessKeyMetadata", mine)

    replace_handler("ListAccessKeys", lambda _: list_keys)


def _key_xml(key: Mapping[str, str]) -> str:
    fields = ("UserName", "AccessKeyId", "Status", "CreateDate")
    return "".join(f"<{name}>{escape(key[name])}</{name}>" for name in fields)


def _page(params: Params, action: str, element: str, members: Sequence[str]) -> Response:
    """Return the members from the marker on, and the next marker if there are more."""
    start = int(param(params, "Marker", "0"))
    end = start + int(param(params, "MaxItems", str(_PAGE_SIZE)))
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
            key_id, user = param(params, "AccessKeyId"), param(params, "UserName")
            key = private_name("services.iam", "_access_keys").get(key_id)
            if key and user and key["UserName"] != user:
                return _no_such_entity(f"The Access Key with id {key_id} cannot be found.")
            return original(params)

        return delete

    replace_handler("DeleteAccessKey", make)


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
