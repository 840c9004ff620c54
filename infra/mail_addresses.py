"""Which text is an e-mail address or a domain that mail to owners may name."""

import re
from collections.abc import Iterable

_MAX_LOCAL_PART, _MAX_ADDRESS, _MAX_DOMAIN = 64, 254, 253  # RFC 5321, RFC 1035

# The addresses that the function accepts (key_rotation.domain.owners.addresses): tests compare.
_LOCAL_PART = re.compile(r"[A-Za-z0-9_+=/-]+(\.[A-Za-z0-9_+=/-]+)*")
_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"({_LABEL}\.)+(?=[a-z]){_LABEL}")
# Under these, as under a top-level domain, everybody can register a name.
_OPEN_TO_ALL = re.compile(r"(ac|co|com|edu|go|gob|gov|gv|mil|ne|net|or|org)\.[a-z]{2}")
_WILDCARD = "*."


def parse_address(text: str) -> str | None:
    """Return an address with its domain in lower case; None for anything else."""
    local_part, _, domain = text.partition("@")
    domain = domain.lower()
    fits = (
        text.isascii()
        and len(text) <= _MAX_ADDRESS
        and len(local_part) <= _MAX_LOCAL_PART
        and _LOCAL_PART.fullmatch(local_part)
        and _DOMAIN.fullmatch(domain)
    )
    return f"{local_part}@{domain}" if fits else None


def problem_of_domain(domain: str) -> str | None:
    """Return why mail may not go to a domain in lower case; None if it may.

    domain: `example.com`, or `*.example.com` for all domains below it
    """
    name = domain.removeprefix(_WILDCARD)
    problems = {
        "is not ASCII: write such a domain as xn--...": not domain.isascii(),
        "is no domain: omit everything up to the @": "@" in domain,
        "is not the domain of one organization": "." not in name.strip("."),
        "may have a * only as its whole first part": "*" in name,
        "would let mail go to the domains of others": (
            name != domain and _OPEN_TO_ALL.fullmatch(name)
        ),
        "is no domain name": len(name) > _MAX_DOMAIN or not _DOMAIN.fullmatch(name),
    }
    return next((problem for problem, applies in problems.items() if applies), None)


def is_in_domains(address: str, domains: Iterable[str]) -> bool:
    """Return whether mail may go to an address, as the function decides it."""
    domain = address.partition("@")[2]
    return any(
        domain.endswith(allowed[1:]) if allowed.startswith(_WILDCARD) else domain == allowed
        for allowed in domains
    )
