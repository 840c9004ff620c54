"""AWS Organizations: operations that ministack does not have.

They run in the scope of the management account, except those of accounts outside an organization.
"""

import time
import uuid

from local.emulator.ministack_internals import private_name
from local.emulator.organization import management_account, services_administered_by
from local.emulator.patches.monkeypatch import Params, Response
from local.emulator.patches.organization_handlers import MODULE, answer, caller, error


def add_membership_operations() -> None:
    """Let an organization begin, and accounts join and leave it.

    In ministack, the first call creates an organization, and no existing account can join it. On
    AWS, `CreateOrganization` makes its caller the management account, other accounts accept its
    invitation, and it removes them. Here an account can be a member with the ID that a test chose.
    """
    handshakes: dict[str, tuple[str, str]] = {}  # ID -> management account, invited account

    def invite(request: Params) -> Response:
        invited = request["Target"]["Id"]
        if management_account(invited):
            text = "The account is already a member of an organization."
            return error("HandshakeConstraintViolationException", text)
        handshake = f"h-{uuid.uuid4().hex}"
        handshakes[handshake] = (caller(), invited)
        return answer({"Handshake": {"Id": handshake, "State": "REQUESTED", "Action": "INVITE"}})

    def accept(request: Params) -> Response:
        owner, invited = handshakes.get(request["HandshakeId"], ("", ""))
        if invited != caller():
            text = "We can't find a handshake with the HandshakeId that you specified."
            return error("HandshakeNotFoundException", text)
        del handshakes[request["HandshakeId"]]
        _join(owner, invited)
        return answer({"Handshake": {"Id": request["HandshakeId"], "State": "ACCEPTED"}})

    private_name(MODULE, "_DISPATCH").update(
        CreateOrganization=_create_organization,
        InviteAccountToOrganization=invite,
        AcceptHandshake=accept,
        RemoveAccountFromOrganization=_remove_account,
        ListChildren=_list_children,
    )


def _create_organization(request: Params) -> Response:
    if management_account(caller()):
        text = "The AWS account is already a member of an organization."
        return error("AlreadyInOrganizationException", text)
    described: Response = private_name(MODULE, "_describe_organization")(request)
    return described


def _join(owner: str, account: str) -> None:
    """Add an account to the root of an organization."""
    region = private_name("core.responses", "get_region")()
    with private_name("core.responses", "request_scope")(owner, region):
        organization = private_name(MODULE, "_orgs")["self"]["Id"]
        (root,) = private_name(MODULE, "_roots")
        private_name(MODULE, "_accounts")[account] = {
            "Id": account,
            "Arn": f"arn:aws:organizations::{owner}:account/{organization}/{account}",
            "Email": f"{account}@example.com",
            "Name": f"Account {account}",
            "Status": "ACTIVE",
            "JoinedMethod": "INVITED",
            "JoinedTimestamp": int(time.time()),
            "_ParentId": root,
        }


def _remove_account(request: Params) -> Response:
    account = request["AccountId"]
    if account == caller():
        text = "You can't remove a management account from an organization."
        return error("MasterCannotLeaveOrganizationException", text)
    if account not in private_name(MODULE, "_accounts"):
        return _unknown_account()
    if services_administered_by(account):
        text = "You cannot remove a delegated administrator from the organization."
        return error("ConstraintViolationException", text)
    del private_name(MODULE, "_accounts")[account]
    return answer({})


def _list_children(request: Params) -> Response:
    kind, parent = request["ChildType"], request["ParentId"]
    if not any(parent in private_name(MODULE, each) for each in ("_roots", "_ous")):
        return error("ParentNotFoundException", "You specified parent that doesn't exist.")
    table = {"ACCOUNT": "_accounts", "ORGANIZATIONAL_UNIT": "_ous"}[kind]
    records = private_name(MODULE, table).values()
    children = [{"Id": each["Id"], "Type": kind} for each in records if each["_ParentId"] == parent]
    return answer({"Children": children})


def add_delegation_operations() -> None:
    """Let the management account delegate to its members.

    ministack has no delegated administrators and no resource policy. On AWS, these are the two ways
    for an account other than the management account to list the organization's accounts.
    """
    private_name(MODULE, "_DISPATCH").update(
        RegisterDelegatedAdministrator=_register_administrator,
        DeregisterDelegatedAdministrator=_deregister_administrator,
        ListDelegatedAdministrators=_list_administrators,
        PutResourcePolicy=_put_resource_policy,
    )


def _register_administrator(request: Params) -> Response:
    account, service = request["AccountId"], request["ServicePrincipal"]
    if account == caller():
        text = (
            "You cannot register master account/management account as delegated administrator "
            "for your organization."
        )
        return error("ConstraintViolationException", text)
    if account not in private_name(MODULE, "_accounts"):
        return _unknown_account()
    if service in services_administered_by(account):
        text = "The provided account is already a delegated administrator for your organization."
        return error("AccountAlreadyRegisteredException", text)
    record = private_name(MODULE, "_accounts")[account]
    record.setdefault("_Services", {})[service] = time.time()
    return answer({})


def _deregister_administrator(request: Params) -> Response:
    record = private_name(MODULE, "_accounts").get(request["AccountId"], {})
    if record.get("_Services", {}).pop(request["ServicePrincipal"], None) is None:
        text = "The provided account is not a registered delegated administrator."
        return error("AccountNotRegisteredException", text)
    return answer({})


def _list_administrators(request: Params) -> Response:
    wanted = request.get("ServicePrincipal")
    found = []
    for record in private_name(MODULE, "_accounts").values():
        services = services_administered_by(record["Id"])
        since = [at for service, at in services.items() if wanted in (None, service)]
        if since:
            public = private_name(MODULE, "_public_account")(record)
            del public["Paths"]
            found.append(public | {"DelegationEnabledDate": min(since)})
    return answer({"DelegatedAdministrators": found})


def _put_resource_policy(request: Params) -> Response:
    organizations = private_name(MODULE, "_orgs")
    organizations["policy"] = request["Content"]  # a key that ministack does not use
    arn = organizations["self"]["Arn"].replace(":organization/", ":resourcepolicy/")
    identity = f"rp-{organizations['self']['Id'].removeprefix('o-')}"
    summary = {"Id": identity, "Arn": f"{arn}/{identity}"}
    policy = {"ResourcePolicySummary": summary, "Content": request["Content"]}
    return answer({"ResourcePolicy": policy})


def _unknown_account() -> Response:
    return error("AccountNotFoundException", "You specified an account that doesn't exist.")
