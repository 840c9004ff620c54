"""The validated context values of the mail to the owners of keys."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from infra.context_value import ContextError, refusal
from infra.mail_addresses import is_in_domains, parse_address, problem_of_domain

SENDER = "owner-mail-from"
"""The key that turns the mail to owners on."""
DOMAINS, FALLBACK, REPLY_TO, CONTACT = (
    "owner-domains",
    "owner-fallback",
    "owner-reply-to",
    "contact",
)
KEYS = (SENDER, DOMAINS, FALLBACK, REPLY_TO, CONTACT)
"""Every key of the mail to owners."""

_MAX_DOMAINS, _MAX_DOMAIN_CHARACTERS = 20, 1000  # a function has 4 KB for all of its variables
_MAX_FALLBACK = 3
_MAX_CONTACT = 200
_URL = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?([/?#][!#-;=?-\[\]_a-z~]*)?")

_ACCEPTED_ADDRESS = "one e-mail address without a name, for example {example}"
_ACCEPTED_DOMAINS = (
    f"1 to {_MAX_DOMAINS} domains, separated by commas or spaces, to which mail may go: example.com"
    " for that domain alone, *.example.com for all domains below it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerMailContext:
    """The context values of the mail to owners."""

    sender: str
    """The address that mail comes from."""

    domains: tuple[str, ...]
    """The domains that mail may go to, in lower case: `example.com` is that domain alone,
    `*.example.com` those below it alone."""

    fallback: tuple[str, ...]
    """Addresses in these domains that get mail where no owner is known or reachable."""

    reply_to: str | None
    """The address that answers go to, or None."""

    contact: str | None
    """Whom an owner asks for more time: an address or a URL, or None."""

    @classmethod
    def read(cls, values: Mapping[str, object]) -> "OwnerMailContext | None":
        """Read and validate the context; None without the key `owner-mail-from`.

        Raises ContextError for the first value that is not valid, and for a key that means
        something only with `owner-mail-from`.
        """
        if values.get(SENDER) is None:
            _require_no_other_key(values)
            return None
        domains = _domains(values.get(DOMAINS))
        reply_to, contact = values.get(REPLY_TO), values.get(CONTACT)
        return cls(
            sender=_address(SENDER, values[SENDER], "key-rotation@example.com"),
            domains=domains,
            fallback=_fallback(values.get(FALLBACK), domains),
            reply_to=None if reply_to is None else _address(REPLY_TO, reply_to, "it@example.com"),
            contact=None if contact is None else _contact(contact),
        )


def _require_no_other_key(values: Mapping[str, object]) -> None:
    for key in KEYS:
        if values.get(key) is not None:
            raise ContextError(
                f"context {key!r} is {values[key]!r} without {SENDER!r}, which turns on the mail to"
                f" the owners of keys: set {SENDER!r} as well, or omit it"
            )


def _address(key: str, value: object, example: str) -> str:
    if isinstance(value, str) and (address := parse_address(value)):
        return address
    raise refusal(key, value, _ACCEPTED_ADDRESS.format(example=example))


def _words(value: object) -> tuple[str, ...]:
    """Return the parts of a string between commas and spaces, without repetition."""
    parts = re.split(r"[,\s]+", value.strip(", \t\r\n")) if isinstance(value, str) else []
    return tuple(dict.fromkeys(part for part in parts if part))


def _domains(value: object) -> tuple[str, ...]:
    domains = tuple(dict.fromkeys(each.lower() for each in _words(value)))
    if not domains or len(domains) > _MAX_DOMAINS:
        raise refusal(DOMAINS, value, _ACCEPTED_DOMAINS)
    for domain in domains:
        if problem := problem_of_domain(domain):
            raise refusal(DOMAINS, value, f"{_ACCEPTED_DOMAINS}; {domain!a} {problem}")
    if len(" ".join(domains)) > _MAX_DOMAIN_CHARACTERS:
        accepts = f"{_ACCEPTED_DOMAINS}; at most {_MAX_DOMAIN_CHARACTERS} characters in all"
        raise refusal(DOMAINS, value, accepts)
    return domains


def _fallback(value: object, domains: tuple[str, ...]) -> tuple[str, ...]:
    if value is None:
        return ()
    accepts = (
        f"1 to {_MAX_FALLBACK} e-mail addresses, separated by commas or spaces, in the domains"
    )
    accepts = f"{accepts} of {DOMAINS!r} ({', '.join(domains)})"
    addresses = []
    for word in _words(value):
        address = parse_address(word)
        if address is None:
            raise refusal(FALLBACK, value, f"{accepts}; {word!a} is no e-mail address")
        if not is_in_domains(address, domains):
            raise refusal(FALLBACK, value, f"{accepts}; {word!r} is in none of them")
        addresses.append(address)
    if 1 <= len(set(addresses)) <= _MAX_FALLBACK:
        return tuple(dict.fromkeys(addresses))
    raise refusal(FALLBACK, value, accepts)


def _contact(value: object) -> str:
    if isinstance(value, str) and len(value) <= _MAX_CONTACT:
        if _URL.fullmatch(value):
            return value
        if address := parse_address(value):
            return address
    accepts = (
        f"one e-mail address, or a URL that begins with https://, of at most {_MAX_CONTACT} ASCII"
        " characters"
    )
    raise refusal(CONTACT, value, accepts)
