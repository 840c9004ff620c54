"""AWS Organizations: who sees an organization, and how accounts and pages look."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from local.emulator.ministack_internals import MinistackValue, private_name
from local.emulator.organization import account_state, management_account, services_administered_by
from local.emulator.patches.monkeypatch import Handler, Params, Response, replace, replace_entry
from local.emulator.patches.organization_handlers import MODULE, answer, caller, error

_FROM_OUTSIDE = ("CreateOrganization", "AcceptHandshake")  # by accounts that are in none yet
_READS = ("Describe", "List")
_PAGED = (
    "ListAccounts",
    "ListAccountsForParent",
    "ListOrganizationalUnitsForParent",
    "ListChildren",
    "ListDelegatedAdministrators",
)
_LARGEST_PAGE = 20
_RETIRED = ("Status", "Path")


def share_organizations() -> None:
    """Let all accounts of an organization see the same one, each as far as AWS lets it.

    ministack gives each account that calls Organizations an organization of its own. On AWS, the
    management account has all rights. Delegated administrators, of any service, and members that
    the resource policy names may also read. All other members may only describe the organization: a
    program that lists accounts from such a member fails on AWS.
    """

    def make(original: Callable[..., Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
        async def handle(
            method: str, path: str, headers: Mapping[str, str], *rest: MinistackValue
        ) -> Response:
            _, _, operation = headers.get("x-amz-target", "").rpartition(".")
            owner = management_account(caller())
            if refusal := _refusal(operation, owner):
                return refusal
            region = private_name("core.responses", "get_region")()
            with private_name("core.responses", "request_scope")(owner or caller(), region):
                return await original(method, path, headers, *rest)

        return handle

    replace(MODULE, "handle_request", make)


def _refusal(operation: str, owner: str | None) -> Response | None:
    """Return the error of AWS; None for what it allows."""
    if operation in _FROM_OUTSIDE:
        return None
    if owner is None:
        text = "Your account is not a member of an organization."
        return error("AWSOrganizationsNotInUseException", text)
    if operation == "DescribeOrganization" or caller() == owner:
        return None
    if operation.startswith(_READS) and (
        services_administered_by(caller()) or _named_by_policy(operation, owner)
    ):
        return None
    return error("AccessDeniedException", "You don't have permissions to access this resource.")


def _named_by_policy(operation: str, owner: str) -> bool:
    """Return whether the resource policy of the organization allows a member an operation."""
    policy = private_name(MODULE, "_orgs").get_scoped(owner, None, "policy")
    context = private_name("core.iam_evaluator", "EvalContext")(
        principal_arn=private_name("core.iam_evaluator", "caller_arn")(),
        principal_type="",
        principal_account=caller(),
        action=f"organizations:{operation}",
        resource_arn="*",
        region="",
    )
    evaluate = private_name("core.iam_evaluator", "evaluate_resource_policy")
    return bool(evaluate(policy, context).decision == "Allow")


def show_state_and_paths() -> None:
    """Show the state and the paths of an account, and the path of an OU.

    ministack shows `Status`, and a path of names. On AWS, `State` has replaced `Status`, which is
    retired since 2026-09-09 (Organizations API Reference, Account), an account that was closed is
    `CLOSED`, and a path consists of IDs. The paths of `ListAccounts` tell in which OUs an account
    is, without a walk through the tree.
    """

    def public_account(record: Mapping[str, Any]) -> dict[str, Any]:
        return _public(record) | {"State": account_state(record), "Paths": [_path(record)]}

    def public_unit(record: Mapping[str, Any]) -> dict[str, Any]:
        return _public(record) | {"Path": _path(record)}

    replace(MODULE, "_public_account", lambda _: public_account)
    replace(MODULE, "_public_ou", lambda _: public_unit)


def _public(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in record.items()
        if name not in _RETIRED and not name.startswith("_")
    }


def _path(record: Mapping[str, Any]) -> str:
    """Return the IDs of the organization, the root, the OUs and the record itself."""
    units = private_name(MODULE, "_ous")
    ids = [record["Id"]]
    parent = record["_ParentId"]
    while parent in units:
        ids.append(parent)
        parent = units[parent]["_ParentId"]
    organization = private_name(MODULE, "_orgs")["self"]["Id"]
    return "/".join([organization, parent, *reversed(ids), ""])


def paginate_lists() -> None:
    """Return lists in pages, and an empty page after each full one.

    ministack returns all members at once. AWS returns 20 at most, and may return an empty page with
    a token (Organizations API Reference, ListAccounts): only a page without a token is the last. A
    client that stops earlier looks at none of the other accounts.
    """
    for operation in _PAGED:
        replace_entry(MODULE, "_DISPATCH", operation, _paged)


def _paged(original: Handler) -> Handler:
    def page(request: Params) -> Response:
        status, headers, body = original(request)
        if status != 200:  # noqa: PLR2004 - OK
            return status, headers, body
        ((name, members),) = json.loads(body).items()
        kind, _, offset = request.get("NextToken", "from-0").partition("-")
        if kind == "empty":
            return answer({name: [], "NextToken": f"from-{offset}"})
        start = int(offset)
        end = start + min(request.get("MaxResults", _LARGEST_PAGE), _LARGEST_PAGE)
        more = {"NextToken": f"empty-{end}"} if end < len(members) else {}
        return answer({name: members[start:end]} | more)

    return page
