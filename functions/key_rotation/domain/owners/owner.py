"""Who owns a key, and how that is known: a pure function of tags, user name and fallback."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from key_rotation.domain.owners.addresses import is_in_domains, parse_address

MAX_ADDRESSES = 3
"""Addresses of one tag that get mail: the first ones."""
UNREACHABLE_FOR = timedelta(days=90)
MAX_SHOWN = 80
"""Characters of a tag that a problem shows."""


class OwnerSource(StrEnum):
    """How the owner of a key is known."""

    TAG = "tag"
    USER_NAME = "user name"
    FALLBACK = "fallback"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who gets the mail about a key.

    addresses: at most three; none if nobody is known
    tag: the key of the tag as it is written, for `OwnerSource.TAG`
    value: what the addresses come from; an address that bounced is tried again if this changes
    problem: why it is not the tag, or why there is nobody: a sentence without a full stop
    """

    addresses: tuple[str, ...]
    source: OwnerSource
    tag: str | None = None
    value: str = ""
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """An address that did not accept mail.

    since: the day on which that became known
    values: what it came from: values of tags, a user name, or the address itself
    words: of SES, why
    account_id, user_name, access_key_id: of the key that the mail was about
    """

    address: str
    since: date
    values: tuple[str, ...]
    words: str
    account_id: str = ""
    user_name: str = ""
    access_key_id: str = ""

    def applies(self, value: str, today: date) -> bool:
        """Return whether the address still counts as unreachable, if it comes from `value`."""
        return value in self.values and self.is_recent(today)

    def is_recent(self, today: date) -> bool:
        """Return whether it became known in the last 90 days."""
        return today < self.since + UNREACHABLE_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerPolicy:
    """Who may get mail.

    domains: in lower case, such as `example.com` or `*.example.com`
    fallback: the addresses that get the mail where no owner is known or reachable
    owner_tags: the tags of a user that name the owner, the first one first
    unreachable: the addresses that did not accept mail, by address
    """

    domains: tuple[str, ...]
    fallback: tuple[str, ...]
    owner_tags: tuple[str, ...]
    unreachable: Mapping[str, Unreachable] = field(default_factory=dict)


def find_owner(
    user_name: str, tags: Mapping[str, str] | None, policy: OwnerPolicy, today: date
) -> Owner:
    """Return who gets the mail about the keys of a user.

    tags: of the user, by key; None if they cannot be read, which is not the same as no owner

    It is the first tag with an address inside the domains that accepts mail, then the user name if
    it is such an address, then the fallback.
    """
    problems = [] if tags is not None else ["the tags of the user cannot be read"]
    for source, tag, value in _candidates(user_name, tags or {}, policy):
        addresses, refused = _usable(value, policy, today)
        where = f"tag {tag}" if tag else "user name"
        problems += [f"{where}: {why}" for why in refused]
        if addresses:
            return Owner(
                addresses=addresses[:MAX_ADDRESSES],
                source=source,
                tag=tag,
                value=value,
                problem="; ".join(problems) or None,
            )
    return fallback_owner(problems, policy, today)


def blocked_addresses(owner: Owner, policy: OwnerPolicy, today: date) -> Mapping[str, str]:
    """Return the addresses of an owner that must get no mail any more, each with the reason.

    Since the mail was recorded, the domains may have changed, or an address did not accept mail.
    """
    blocked = {}
    for address in owner.addresses:
        found = policy.unreachable.get(address)
        if not is_in_domains(address, policy.domains):
            blocked[address] = f"{address} is outside the domains that are allowed now"
        elif found and found.applies(owner.value or address, today):
            blocked[address] = _unreachable(found)
    return blocked


def _candidates(
    user_name: str, tags: Mapping[str, str], policy: OwnerPolicy
) -> Iterator[tuple[OwnerSource, str | None, str]]:
    """Return what may name the owner; the keys of IAM's tags ignore case."""
    by_key = {key.casefold(): (key, value) for key, value in tags.items()}
    for name in policy.owner_tags:
        if found := by_key.get(name.casefold()):
            yield OwnerSource.TAG, *found
    if "@" in user_name:
        yield OwnerSource.USER_NAME, None, user_name


def fallback_owner(problems: Iterable[str], policy: OwnerPolicy, today: date) -> Owner:
    """Return the fallback; `problems` say why it is not somebody else."""
    reachable = []
    problems = [*problems] or ["neither a tag nor the user name has an address"]
    for address in policy.fallback:
        found = policy.unreachable.get(address)
        if found and found.applies(address, today):
            problems.append(f"fallback: {_unreachable(found)}")
        else:
            reachable.append(address)
    return Owner(
        addresses=tuple(reachable[:MAX_ADDRESSES]),
        source=OwnerSource.FALLBACK if reachable else OwnerSource.NONE,
        problem="; ".join(problems),
    )


def _usable(
    value: str, policy: OwnerPolicy, today: date
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the addresses of a text that mail may go to, and why others are refused."""
    usable: dict[str, None] = {}
    refused = []
    for word in value.split():
        address = parse_address(word)
        found = policy.unreachable.get(address or "")
        if address is None:
            if "@" in word:
                refused.append(f"{word[:MAX_SHOWN]!r} is no e-mail address")
        elif not is_in_domains(address, policy.domains):
            refused.append(f"{address!r} is outside the allowed domains")
        elif found and found.applies(value, today):
            refused.append(_unreachable(found))
        else:
            usable[address] = None
    if not usable and not refused:
        refused.append("it has no e-mail address")
    return tuple(usable), tuple(refused)


def _unreachable(found: Unreachable) -> str:
    return f"{found.address} did not accept mail on {found.since} ({found.words})"
