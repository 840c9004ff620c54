"""IAM and STS: what policies know about the caller, and how long a chained session lasts."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from local.emulator.ministack_internals import MinistackValue, private_name
from local.emulator.organization import organization_id
from local.emulator.patches.monkeypatch import Response, replace

_EVALUATOR = "core.iam_evaluator"
_LONGEST_CHAINED_SESSION = 3600  # seconds
ResolveKey = Callable[[str, MinistackValue], Any]


def name_role_as_principal() -> None:
    """Give policies the ARN of the role as `aws:PrincipalArn` of a session.

    ministack gives the ARN of the session. On AWS, "the request context returns the ARN of the
    role, not the ARN of the user that assumed the role" (IAM User Guide, AWS global condition
    context keys). A trust policy that names one role of another account by this key would admit
    nobody.
    """

    def make(original: ResolveKey) -> ResolveKey:
        def resolve(key: str, context: MinistackValue) -> MinistackValue:
            found = original(key, context)
            return _role_arn(found) if key.lower() == "aws:principalarn" else found

        return resolve

    replace(_EVALUATOR, "_resolve_condition_key", make)


def _role_arn(principal: str) -> str:
    """Return the ARN of a session's role; of any other principal, its own ARN."""
    if ":assumed-role/" not in principal:
        return principal
    name = private_name(_EVALUATOR, "_role_name_from_assumed_arn")(principal)
    account = private_name(_EVALUATOR, "_account_from_arn")(principal)
    role = private_name("services.iam", "_roles").get_scoped(account, None, name)
    return str(role["Arn"]) if role else principal


def tell_organization_ids() -> None:
    """Give policies the IDs of the organizations of the caller and of the resource.

    ministack has `aws:PrincipalOrgID` for the management account only, and no `aws:ResourceOrgID`.
    AWS has both for each member. A trust policy that admits the organization only would admit
    nobody. That AWS gives `aws:ResourceOrgID` for `sts:AssumeRole` is assumed, not verified.
    """

    def make(original: ResolveKey) -> ResolveKey:
        def resolve(key: str, context: MinistackValue) -> MinistackValue:
            if key.lower() != "aws:resourceorgid":
                return original(key, context)
            return organization_id(original("aws:ResourceAccount", context))

        return resolve

    replace(_EVALUATOR, "_principal_org_id", lambda _: organization_id)
    replace(_EVALUATOR, "_resolve_condition_key", make)


def limit_chained_sessions() -> None:
    """Refuse a session of more than an hour to a caller that is a session of a role itself.

    ministack gives any duration. AWS limits role chaining to one hour (STS API Reference,
    AssumeRole). A function always chains, because it has the credentials of its role.
    """

    def make(original: Callable[..., Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
        async def handle(*request: MinistackValue) -> Response:
            _method, _path, headers, body, query = request
            parameters = {**query, **parse_qs(body.decode(errors="replace"))}
            if _asked_seconds(parameters) > _LONGEST_CHAINED_SESSION and _is_session(
                private_name("services.sts", "_caller_identity")(headers, query)
            ):
                refusal: Response = private_name("services.sts", "_error")(
                    400,
                    "ValidationError",
                    "The requested DurationSeconds exceeds the 1 hour session limit for roles "
                    "assumed by role chaining",
                    ns="sts",
                )
                return refusal
            return await original(*request)

        return handle

    replace("services.sts", "handle_request", make)


def _asked_seconds(parameters: Mapping[str, Any]) -> int:
    """Return the duration that a call of AssumeRole asks for; 0 for other calls."""
    parameter = private_name("services.iam", "_p")
    if parameter(parameters, "Action") != "AssumeRole":
        return 0
    return int(parameter(parameters, "DurationSeconds") or 0)


def _is_session(identity: MinistackValue) -> bool:
    """Return whether a caller is a session of a role; an unknown caller is none."""
    return isinstance(identity, dict) and identity["principalType"] == "AssumedRole"
