"""Requests: which permissions they need, for which resources."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local.emulator.ministack_internals import MinistackValue, private_name
from local.emulator.patches.monkeypatch import replace

# ministack's check of one action on one resource: it returns a denial or None, and has no types.
Enforce = Callable[..., Any]


def authorize_key_calls_by_user() -> None:
    """Authorize the calls on a user's keys by the ARN of that user.

    ministack authorizes `iam:GetAccessKeyLastUsed`, which names no user, for the resource `*`, and
    omits the path in a user's ARN. AWS uses the whole ARN, with the path, of the user who owns the
    key.
    """

    def make(original: Callable[..., str]) -> Callable[..., str]:
        def arn(service: str, *request: MinistackValue) -> str:
            _method, _path, _headers, _body, query, _region, _account = request
            user = _user(query) if service == "iam" else None
            return user["Arn"] if user else original(service, *request)

        return arn

    replace("core.iam_actions", "extract_resource_arn", make)


def _user(query: Mapping[str, Any]) -> Mapping[str, str] | None:
    parameter = private_name("services.iam", "_p")
    key = private_name("services.iam", "_access_keys").get(parameter(query, "AccessKeyId"), {})
    name = parameter(query, "UserName") or key.get("UserName")
    user: Mapping[str, str] | None = private_name("services.iam", "_users").get(name)
    return user


def parse_policies_once() -> None:
    """Parse each policy once: ministack parses all policies of a role at each of its calls."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        known: dict[str, Any] = {}

        def parse(document: str | dict[str, Any]) -> MinistackValue:
            text = document if isinstance(document, str) else json.dumps(document)
            if text not in known:
                known[text] = original(document)
            return known[text]

        return parse

    replace("core.iam_evaluator", "parse_policy_document", make)


class _SeveralArns(str):
    """The first of several ARNs, since ministack expects one; `each` contains all."""

    __slots__ = ("each",)
    each: Sequence[str]


def authorize_each_parameter() -> None:
    """Authorize `ssm:GetParameters` and `GetParametersByPath` for what they name.

    ministack authorizes them for `*`, and denies a role that is allowed to read certain parameters.
    AWS checks each named parameter, or the path.
    """

    def several(original: Callable[..., str]) -> Callable[..., str]:
        def arns(service: str, *request: MinistackValue) -> str:
            _method, _path, _headers, body, _query, region, account = request
            found = original(service, *request)
            named = _parameter_names(body) if service == "ssm" and found == "*" else []
            prefix = f"arn:aws:ssm:{region}:{account}:parameter/"
            return _several_arns([prefix + name.strip("/") for name in named]) if named else found

        return arns

    def for_each(original: Enforce) -> Enforce:
        def enforce(*who: str, resource_arn: str = "*", **more: MinistackValue) -> MinistackValue:
            for arn in getattr(resource_arn, "each", [resource_arn]):
                if denied := original(*who, resource_arn=arn, **more):
                    return denied
            return None

        return enforce

    replace("core.iam_actions", "extract_resource_arn", several)
    replace("core.iam_evaluator", "enforce", for_each)


def _several_arns(arns: Sequence[str]) -> _SeveralArns:
    together = _SeveralArns(arns[0])
    together.each = arns
    return together


def _parameter_names(body: bytes) -> list[str]:
    request = json.loads(body or b"{}")
    return [*request.get("Names", []), *([request["Path"]] if "Path" in request else [])]


def tell_leading_keys() -> None:
    """Tell policies the partition key of the item that a DynamoDB request names.

    ministack has no `dynamodb:LeadingKeys`, and allows a role that is restricted by it everything.
    AWS compares it with the partition key.
    """

    def make(original: Callable[[bytes], dict[str, Any]]) -> Callable[[bytes], dict[str, Any]]:
        def context(body: bytes) -> dict[str, Any]:
            request = json.loads(body or b"{}")
            item = request.get("Key") or request.get("Item") or {}
            keys = list(item.get(_partition_key(request), {}).values())
            return original(body) | ({"dynamodb:LeadingKeys": keys} if keys else {})

        return context

    replace("core.iam_actions", "dynamodb_service_context", make)


def _partition_key(request: Mapping[str, Any]) -> str:
    """Return the name of the partition key of a request's table, or "" without such a table."""
    table = private_name("services.dynamodb", "_tables").get(request.get("TableName")) or {}
    names = [key["AttributeName"] for key in table.get("KeySchema", ()) if key["KeyType"] == "HASH"]
    return str(names[0]) if names else ""


def authorize_topic_kms_key() -> None:
    """Authorize a publisher for the KMS key of the topic.

    ministack ignores the key. AWS denies a publisher without `kms:GenerateDataKey*` and
    `kms:Decrypt` for the key, a common reason why an alarm's message is not delivered.
    """

    def make(original: Enforce) -> Enforce:
        def enforce(*who: str, resource_arn: str = "*", **more: MinistackValue) -> MinistackValue:
            denied = original(*who, resource_arn=resource_arn, **more)
            key_id, action, _service, region = who
            kms_key = _topic_kms_key(resource_arn) if action == "sns:Publish" and not denied else ""
            via = {"kms:ViaService": f"sns.{region}.amazonaws.com"}
            for needed in ("kms:GenerateDataKey", "kms:Decrypt") if kms_key else ():
                denied = denied or original(
                    key_id, needed, "kms", region, resource_arn=kms_key, service_context=via
                )
            return denied

        return enforce

    replace("core.iam_evaluator", "enforce", make)


def _topic_kms_key(topic_arn: str) -> str:
    """Return the ARN of a topic's KMS key, or "" if it is an AWS managed key, open to all."""
    topic = private_name("services.sns", "_topics").get(topic_arn) or {}
    key: str = topic.get("attributes", {}).get("KmsMasterKeyId", "")
    return key if key.startswith("arn:") else ""
