"""Requests: who may, when, and by which way."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local.emulator.lambda_pool import ExecutionEnvironmentPool
from local.emulator.ministack_internals import MinistackValue, private_name
from local.emulator.patches.monkeypatch import replace

# ministack's check of one action on one resource: a denial, or None. It has no types.
Enforce = Callable[..., Any]


def accept_any_signing_time() -> None:
    """Let clients sign at their own time.

    ministack and AWS refuse a signature more than 5 minutes off. Here the clock of the account is
    set at will, while the administrator's tools (boto3 in a test, the CDK's CLI) live in real time.
    """
    replace("core.sigv4", "request_time_failure", lambda _: lambda *_, **__: None)


def accept_requests_through_proxy(pool: ExecutionEnvironmentPool) -> None:
    """Check a signature for the proxy's address too, where a function is sent through one.

    A fault proxy writes its own target into `Host`, so that the signature, made for the proxy's
    address, does not fit. AWS sees no such proxy.
    """

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def failure(
            signature: MinistackValue,
            secret: str,
            *request: MinistackValue,
            **options: MinistackValue,
        ) -> MinistackValue:
            found = original(signature, secret, *request, **options)
            if found is None:
                return None
            method, path, query, headers, body = request
            seen = {**headers, "host": pool.endpoint.removeprefix("http://")}
            return original(signature, secret, method, path, query, seen, body, **options)

        return failure

    replace("core.sigv4", "header_signature_failure", make)


def treat_requests_as_tls() -> None:
    """Take every request for one over TLS.

    The emulator speaks plain HTTP on the loopback interface, and so a policy that denies where
    `aws:SecureTransport` is false, as the product's topic and queue have it, would deny everything.
    """

    def make(original: Callable[[str, bool], None]) -> Callable[[str, bool], None]:
        secure = True
        return lambda source_ip, _: original(source_ip, secure)

    replace("app", "pin_request_origin", make)


def authorize_key_calls_by_user() -> None:
    """Check what is done to a user's keys against that user's own ARN.

    ministack checks `iam:GetAccessKeyLastUsed`, which names no user, against `*`, and leaves the
    path out of a user's ARN. AWS takes the user whose key it is, path and all.
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


class _SeveralArns(str):
    """The first of several ARNs, as ministack wants one; `each` holds all."""

    __slots__ = ("each",)
    each: Sequence[str]


def authorize_each_parameter() -> None:
    """Check `ssm:GetParameters` and `GetParametersByPath` against what they name.

    ministack checks them against `*`, and so refuses a role that names its parameters. AWS checks
    every named parameter, or the path.
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
    asked = json.loads(body or b"{}")
    return [*asked.get("Names", []), *([asked["Path"]] if "Path" in asked else [])]


def authorize_topic_kms_key() -> None:
    """Ask for the permissions on a topic's own KMS key when somebody publishes to it.

    ministack ignores the key. AWS refuses a publisher without `kms:GenerateDataKey*` and
    `kms:Decrypt` on it, which is the classic reason for a silent alarm.
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
    """Find the KMS key of a topic, or nothing: an alias is one of AWS's own, open to all."""
    topic = private_name("services.sns", "_topics").get(topic_arn) or {}
    key: str = topic.get("attributes", {}).get("KmsMasterKeyId", "")
    return key if key.startswith("arn:") else ""
