"""What the caller of `preview` gave about the owners of keys. Pure.

The values are those of the context `owner-domains` and `owner-fallback` and of the parameter
`owner-tags`, and so are the refusals.
"""

import re
from dataclasses import dataclass, replace

from key_rotation.domain.owners.addresses import is_in_domains, parse_address
from key_rotation.domain.owners.owner import OwnerPolicy
from key_rotation.domain.settings import ACCEPTED_OWNER_TAGS, are_tag_keys
from key_rotation_cli.errors import BadUsageError
from key_rotation_cli.preview.mail_domains import problem_of_domain

DOMAINS, FALLBACK, TAGS = "--owner-domains", "--owner-fallback", "--owner-tags"
DEFAULT_TAGS = ("owner-email", "email", "owner", "contact")
"""The parameter `owner-tags` of a new deployment."""
MAX_DOMAINS, MAX_DOMAIN_CHARACTERS, MAX_FALLBACK = 20, 1000, 3
ACCEPTED_DOMAINS = (
    f"1 to {MAX_DOMAINS} domains, separated by commas or spaces, to which mail may go: example.com"
    " for that domain alone, *.example.com for all domains below it"
)
ACCEPTED_FALLBACK = f"1 to {MAX_FALLBACK} e-mail addresses, separated by commas or spaces"
ACCEPTED_TAGS = f"{ACCEPTED_OWNER_TAGS}, separated by commas or spaces"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerFlags:
    """What the caller gave; None where nothing was given.

    domains: in lower case
    """

    domains: tuple[str, ...] | None = None
    fallback: tuple[str, ...] | None = None
    owner_tags: tuple[str, ...] | None = None

    @classmethod
    def parse(cls, domains: str | None, fallback: str | None, tags: str | None) -> "OwnerFlags":
        """Read the options; raises BadUsageError for a value that is not accepted."""
        flags = cls(
            domains=None if domains is None else _domains(domains),
            fallback=None if fallback is None else _fallback(fallback),
            owner_tags=None if tags is None else _tag_keys(tags),
        )
        if flags.domains is not None:
            choose_policy(flags, None)
        return flags


def choose_policy(flags: OwnerFlags, deployed: OwnerPolicy | None) -> OwnerPolicy | None:
    """Use what the caller gave, else what the deployment has; None if nobody mails owners.

    deployed: None where no deployment mails owners, or that is not known

    Raises BadUsageError for a fallback or tags without domains, and for a fallback outside them.
    """
    base = deployed or OwnerPolicy(domains=(), fallback=(), owner_tags=DEFAULT_TAGS)
    policy = replace(
        base,
        domains=flags.domains or base.domains,
        owner_tags=flags.owner_tags or base.owner_tags,
    )
    if not policy.domains:
        _require_nothing_given(flags)
        return None
    fallback = flags.fallback
    if fallback is None:  # that of a deployment may be outside of other domains
        inside = (each for each in base.fallback if is_in_domains(each, policy.domains))
        return replace(policy, fallback=tuple(inside))
    for address in fallback:
        if not is_in_domains(address, policy.domains):
            accepts = f"{ACCEPTED_FALLBACK}, in the domains {', '.join(policy.domains)}"
            raise _refusal(FALLBACK, " ".join(fallback), f"{accepts}; {address!r} is in none")
    return replace(policy, fallback=fallback)


def _require_nothing_given(flags: OwnerFlags) -> None:
    for option, given in ((FALLBACK, flags.fallback), (TAGS, flags.owner_tags)):
        if given is not None:
            raise BadUsageError(
                f"{option} is {' '.join(given)!r} without {DOMAINS}, which names the domains that"
                f" mail to owners may go to: give {DOMAINS} as well, or omit it."
            )


def _domains(value: str) -> tuple[str, ...]:
    domains = tuple(dict.fromkeys(each.lower() for each in _words(value)))
    if not 1 <= len(domains) <= MAX_DOMAINS:
        raise _refusal(DOMAINS, value, ACCEPTED_DOMAINS)
    for domain in domains:
        if problem := problem_of_domain(domain):
            raise _refusal(DOMAINS, value, f"{ACCEPTED_DOMAINS}; {domain!a} {problem}")
    if len(" ".join(domains)) > MAX_DOMAIN_CHARACTERS:
        accepts = f"{ACCEPTED_DOMAINS}; at most {MAX_DOMAIN_CHARACTERS} characters in all"
        raise _refusal(DOMAINS, value, accepts)
    return domains


def _fallback(value: str) -> tuple[str, ...]:
    addresses = []
    for word in _words(value):
        address = parse_address(word)
        if address is None:
            raise _refusal(FALLBACK, value, f"{ACCEPTED_FALLBACK}; {word!a} is no e-mail address")
        addresses.append(address)
    if 1 <= len(set(addresses)) <= MAX_FALLBACK:
        return tuple(dict.fromkeys(addresses))
    raise _refusal(FALLBACK, value, ACCEPTED_FALLBACK)


def _tag_keys(value: str) -> tuple[str, ...]:
    keys = _words(value)
    if not are_tag_keys(keys):
        raise _refusal(TAGS, value, ACCEPTED_TAGS)
    return keys


def _words(value: str) -> tuple[str, ...]:
    """Return the parts between commas and spaces."""
    return tuple(filter(None, re.split(r"[,\s]+", value)))


def _refusal(option: str, value: str, accepts: str) -> BadUsageError:
    return BadUsageError(f"{option} has {value!a}; it accepts {accepts}.")
