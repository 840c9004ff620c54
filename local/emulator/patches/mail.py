"""SES: which permissions a mail needs, and what policies are told of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from email.utils import parseaddr
from typing import Any

from local.emulator.ministack_internals import MinistackValue, private_name
from local.emulator.patches.monkeypatch import replace

Enforce = Callable[..., Any]


class _Mail(str):
    """The ARN of the sender's identity, with what else IAM evaluates for a mail.

    each: all ARNs, which `authorization.authorize_each_parameter` checks one by one
    addresses: of the sender and of the recipients, by condition key
    """

    __slots__ = ("addresses", "each")
    each: Sequence[str]
    addresses: Mapping[str, str | list[str]]


def authorize_mails() -> None:
    """Authorize a mail for its identity and configuration set, and tell policies its addresses.

    ministack authorizes `SendEmail` for `*` and has no condition keys of SES, so a role that may
    send from one identity may send nothing. AWS evaluates the identity that verifies the sender,
    and the configuration set if the mail has one, with `ses:FromAddress` and `ses:Recipients`
    (Service Authorization Reference, SES v2). That a mail without recipients has no
    `ses:Recipients` is assumed, not verified.
    """

    def name_resources(original: Callable[..., str]) -> Callable[..., str]:
        def arn(service: str, *request: MinistackValue) -> str:
            _method, path, _headers, body, _query, region, account = request
            if service == "ses" and path.rstrip("/").endswith("/outbound-emails"):
                return _mail(json.loads(body or b"{}"), f"arn:aws:ses:{region}:{account}")
            return original(service, *request)

        return arn

    def tell_addresses(original: Enforce) -> Enforce:
        def enforce(*who: str, resource_arn: str = "*", **more: MinistackValue) -> MinistackValue:
            if isinstance(resource_arn, _Mail):
                more["service_context"] = resource_arn.addresses
            return original(*who, resource_arn=resource_arn, **more)

        return enforce

    replace("core.iam_actions", "extract_resource_arn", name_resources)
    replace("core.iam_evaluator", "enforce", tell_addresses)


def _mail(request: Mapping[str, Any], prefix: str) -> _Mail:
    sender = parseaddr(request.get("FromEmailAddress", ""))[1]
    identity = f"{prefix}:identity/{_identity(sender)}"
    recipients = [each for listed in request.get("Destination", {}).values() for each in listed]
    configuration_set = request.get("ConfigurationSetName")
    mail = _Mail(identity)
    more = [f"{prefix}:configuration-set/{configuration_set}"] if configuration_set else []
    mail.each = [identity, *more]
    mail.addresses = {"ses:FromAddress": sender} | (
        {"ses:Recipients": recipients} if recipients else {}
    )
    return mail


def _identity(sender: str) -> str:
    """Return the identity that verifies an address: the address, or else its domain."""
    known = private_name("services.ses_v2", "_identities")
    return sender if sender in known else sender.rpartition("@")[2]
