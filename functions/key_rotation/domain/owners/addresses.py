"""Which text is an e-mail address that mail may go to: strict, and inside the allowed domains."""

import re
from collections.abc import Iterable

_LOCAL_PART = re.compile(r"[A-Za-z0-9_+=/-]+(\.[A-Za-z0-9_+=/-]+)*")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})+")
_MAX_LOCAL_PART, _MAX_ADDRESS = 64, 254
"""Characters (RFC 5321, section 4.5.3.1, with the erratum about the length of a path)."""


def parse_address(text: str) -> str | None:
    """Return an address with its domain in lower case; None for anything else.

    Only ASCII is an address: a letter of another script may look like one of a colleague's address.
    Of what RFC 5322 allows in the part before the `@`, only the characters are accepted that a tag
    or a user name of IAM can contain.
    """
    local_part, at, domain = text.partition("@")
    domain = domain.lower()
    fits = (
        at
        and text.isascii()
        and len(text) <= _MAX_ADDRESS
        and len(local_part) <= _MAX_LOCAL_PART
        and _LOCAL_PART.fullmatch(local_part)
        and _DOMAIN.fullmatch(domain)
    )
    return f"{local_part}@{domain}" if fits else None


def is_in_domains(address: str, domains: Iterable[str]) -> bool:
    """Return whether mail may go to an address.

    address: as `parse_address` returns it
    domains: in lower case; `example.com` is that domain alone, `*.example.com` those below it alone
    """
    domain = address.rpartition("@")[2]
    return any(
        domain.endswith(allowed[1:]) if allowed.startswith("*.") else domain == allowed
        for allowed in domains
    )
