"""Builds previews without an account of AWS."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from key_rotation.domain.model import NEVER_USED, Failure, LastUse, ObservedKey, User
from key_rotation.domain.owners.owner import OwnerPolicy, find_owner
from key_rotation.domain.settings import Settings
from key_rotation_cli.preview.account import Account
from key_rotation_cli.preview.forecast import Start
from key_rotation_cli.preview.key_owners import KeyOwners
from key_rotation_cli.preview.owner_flags import DEFAULT_TAGS
from key_rotation_cli.preview.preview import Preview, Subject, make_preview
from key_rotation_cli.preview.thresholds import Source
from key_rotation_cli.preview.user_reader import counted
from tests.unit.builders import NOW, a_key, days_ago, settings

SERVICES = ("s3", "ec2", "sts", "dynamodb")
NAMES = ("alice", "build-server", "carol@example.com", "deploy", "erin", "reporting-job")


def a_user(name: str) -> User:
    """Return a user of a name."""
    return User(name=name, path="/", user_id=f"AIDA{name}")


def an_observed_key(
    number: int, *, user: str, age: float, used: float | None = None, service: str = "s3"
) -> ObservedKey:
    """Return a key, last used so many days ago."""
    key = a_key(age=age, user=a_user(user), key_id=f"AKIAEXAMPLE{number:09}")
    last_use = NEVER_USED
    if used is not None:
        last_use = LastUse(at=days_ago(used), service=service, region="eu-west-1")
    return ObservedKey(key=key, last_use=last_use)


def some_keys(count: int) -> tuple[ObservedKey, ...]:
    """Return keys of all ages up to 400 days; every third one is in use."""
    return tuple(
        an_observed_key(
            number,
            user=f"{NAMES[number % len(NAMES)]}-{number // len(NAMES)}",
            age=(number * 37) % 400,
            used=number % 50 if number % 3 == 0 else None,
            service=SERVICES[number % len(SERVICES)],
        )
        for number in range(count)
    )


def a_preview(
    *keys: ObservedKey,
    horizon: int = 60,
    current: Settings | None = None,
    missing: Iterable[str] = (),
    unreadable: Iterable[Failure] = (),
    owners: KeyOwners | None = None,
) -> Preview:
    """Return the preview of an account with some keys, a user each.

    owners: of the users; None if no owner gets mail
    """
    account = Account(
        users=len({each.key.user for each in keys}),
        counted_keys=tuple(map(counted, keys)),
        observed_keys=keys,
        unreadable=tuple(unreadable),
        root_keys=False,
        missing=tuple(missing),
    )
    subject = Subject(
        account_id="123456789012",
        account=account,
        source=Source.DEFAULTS,
        stack=None,
        notes=(),
    )
    start = Start(now=NOW, settings=current or settings(), keys=keys)
    if owners is None:
        return make_preview(subject, start, horizon)
    if start.settings.requires_owner:
        start = replace(start, unowned=owners.without_address(keys))
    return replace(make_preview(subject, start, horizon), owners=owners)


def owners_of(tags: Mapping[str, Mapping[str, str] | None], *fallback: str) -> KeyOwners:
    """Return the owners of users by their tags, in `example.com`."""
    policy = OwnerPolicy(domains=("example.com",), fallback=fallback, owner_tags=DEFAULT_TAGS)
    return KeyOwners(
        by_user={name: find_owner(name, each, policy, NOW.today) for name, each in tags.items()},
        unreadable={name: "Throttled." for name, each in tags.items() if each is None},
    )
