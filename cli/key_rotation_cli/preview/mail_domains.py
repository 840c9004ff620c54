"""Which domain may be named for mail to owners. Pure; `infra/mail_addresses.py` decides the same.

Tests compare both: the app imports nothing of the function or of the command line.
"""

import re

_MAX_DOMAIN = 253  # RFC 1035
_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"({_LABEL}\.)+(?=[a-z]){_LABEL}")
# Under these, as under a top-level domain, everybody can register a name.
_OPEN_TO_ALL = re.compile(r"(ac|co|com|edu|go|gob|gov|gv|mil|ne|net|or|org)\.[a-z]{2}")
_WILDCARD = "*."


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
