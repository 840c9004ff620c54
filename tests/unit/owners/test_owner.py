"""Who owns a key: tags, then the user name, then the fallback; never an address outside."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from key_rotation.domain.owners.addresses import is_in_domains, parse_address
from key_rotation.domain.owners.owner import (
    UNREACHABLE_FOR,
    OwnerPolicy,
    OwnerSource,
    Unreachable,
    find_owner,
)

TODAY = date(2026, 11, 27)
POLICY = OwnerPolicy(
    domains=("example.com", "*.example.org"),
    fallback=("keys@example.com",),
    owner_tags=("owner-email", "email", "owner", "contact"),
)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("bob@example.com", "bob@example.com"),
        ("Bob.Smith+keys@Example.COM", "Bob.Smith+keys@example.com"),
        ("b@a.b-c.example.com", "b@a.b-c.example.com"),
        ("bob", None),
        ("@example.com", None),
        ("bob@", None),
        ("bob@example", None),
        ("bob@example.com.", None),
        ("bob@.example.com", None),
        ("bob@exam ple.com", None),
        ("bob@example..com", None),
        ("bob@-example.com", None),
        (".bob@example.com", None),
        ("bob.@example.com", None),
        ("b..b@example.com", None),
        ("bob@alice@example.com", None),
        ("a@example.com:b@example.com", None),
        ("mailto:bob@example.com", None),
        ("<bob@example.com>", None),
        ("bob,eve@example.com", None),
        ('"bob"@example.com', None),
        ("bob@[192.0.2.1]", None),
        ("bob@example.com\n", None),
        ("b\u043eb@example.com", None),  # a Cyrillic letter
        ("bob@ex\u0430mple.com", None),
        ("b\u00f6b@example.com", None),
        (f"{'b' * 64}@example.com", f"{'b' * 64}@example.com"),
        (f"{'b' * 65}@example.com", None),
        (f"b@{'c' * 64}.example.com", None),
        (f"b@{'.'.join(['c' * 62] * 4)}.com", None),
    ],
)
def test_an_address_is_ascii_with_one_at_sign_and_a_domain_in_lower_case(
    text: str, address: str | None
) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("bob@example.com", True),
        ("bob@sub.example.com", False),
        ("bob@notexample.com", False),
        ("bob@example.com.evil.org", False),
        ("bob@sub.example.org", True),
        ("bob@deep.sub.example.org", True),
        ("bob@example.org", False),
        ("bob@evilexample.org", False),
        ("bob@example.org.evil.net", False),
    ],
)
def test_a_domain_is_meant_exactly_and_a_wildcard_only_for_those_below_it(
    address: str, *, allowed: bool
) -> None:
    assert is_in_domains(address, POLICY.domains) is allowed


@pytest.mark.parametrize(
    ("user_name", "tags", "addresses", "source", "tag"),
    [
        ("bob", {"owner-email": "b@example.com"}, ("b@example.com",), "tag", "owner-email"),
        ("bob", {"Owner-Email": "b@example.com"}, ("b@example.com",), "tag", "Owner-Email"),
        (
            "bob",
            {"contact": "c@example.com", "email": "e@example.com"},
            ("e@example.com",),
            "tag",
            "email",
        ),
        (
            "bob",
            {"owner-email": "Bob Smith", "owner": "o@example.com"},
            ("o@example.com",),
            "tag",
            "owner",
        ),
        (
            "bob",
            {"owner": "a@example.com b@x.example.org a@example.com"},
            ("a@example.com", "b@x.example.org"),
            "tag",
            "owner",
        ),
        (
            "bob",
            {"owner": " ".join(f"{n}@example.com" for n in "abcd")},
            ("a@example.com", "b@example.com", "c@example.com"),
            "tag",
            "owner",
        ),
        ("u@example.com", {"owner": "b@example.com"}, ("b@example.com",), "tag", "owner"),
        ("u@example.com", {}, ("u@example.com",), "user name", None),
        ("u@example.com", None, ("u@example.com",), "user name", None),
        ("u@other.com", {}, ("keys@example.com",), "fallback", None),
        ("bob", {}, ("keys@example.com",), "fallback", None),
        ("bob", None, ("keys@example.com",), "fallback", None),
        ("bob", {"team": "t@example.com"}, ("keys@example.com",), "fallback", None),
    ],
)
def test_the_first_tag_with_an_address_then_the_user_name_then_the_fallback(
    user_name: str,
    tags: dict[str, str] | None,
    addresses: tuple[str, ...],
    source: str,
    tag: str | None,
) -> None:
    owner = find_owner(user_name, tags, POLICY, TODAY)

    assert (owner.addresses, owner.source, owner.tag) == (addresses, source, tag)


@pytest.mark.parametrize(
    ("user_name", "tags", "problem"),
    [
        ("bob", {"owner": "b@example.com"}, None),
        ("bob", {}, "neither a tag nor the user name has an address"),
        ("bob", None, "the tags of the user cannot be read"),
        (
            "bob",
            {"owner": "b@evil.org"},
            "tag owner: 'b@evil.org' is outside the allowed domains",
        ),
        (
            "bob",
            {"owner": "a@example.com:b@example.com"},
            "tag owner: 'a@example.com:b@example.com' is no e-mail address",
        ),
        ("bob", {"Owner": "Bob Smith"}, "tag Owner: it has no e-mail address"),
        (
            "bob",
            {"owner": "b@evil.org a@example.com"},
            "tag owner: 'b@evil.org' is outside the allowed domains",
        ),
        (
            "b@evil.org",
            {},
            "user name: 'b@evil.org' is outside the allowed domains",
        ),
    ],
)
def test_why_it_is_not_the_tag_is_said(
    user_name: str, tags: dict[str, str] | None, problem: str | None
) -> None:
    assert find_owner(user_name, tags, POLICY, TODAY).problem == problem


def test_a_tag_that_cannot_be_read_is_not_a_missing_owner() -> None:
    unread = find_owner("bob", None, POLICY, TODAY)

    assert unread.problem != find_owner("bob", {}, POLICY, TODAY).problem


def test_without_a_fallback_nobody_gets_the_mail() -> None:
    policy = OwnerPolicy(domains=POLICY.domains, fallback=(), owner_tags=POLICY.owner_tags)

    owner = find_owner("bob", {}, policy, TODAY)

    assert (owner.addresses, owner.source) == ((), OwnerSource.NONE)


def _unreachable(address: str, value: str, since: date = TODAY) -> OwnerPolicy:
    found = Unreachable(address=address, since=since, values=(value,), words="550 no such user")
    return OwnerPolicy(
        domains=POLICY.domains,
        fallback=("keys@example.com",),
        owner_tags=POLICY.owner_tags,
        unreachable={address: found},
    )


def test_an_address_that_did_not_accept_mail_is_replaced_by_the_fallback_at_once() -> None:
    policy = _unreachable("b@example.com", "b@example.com")

    owner = find_owner("bob", {"owner": "b@example.com"}, policy, TODAY)

    assert (owner.addresses, owner.source) == (("keys@example.com",), OwnerSource.FALLBACK)
    assert owner.problem == (
        "tag owner: b@example.com did not accept mail on 2026-11-27 (550 no such user)"
    )


def test_of_several_addresses_those_that_accept_mail_get_it() -> None:
    value = "a@example.com b@example.com"

    owner = find_owner("bob", {"owner": value}, _unreachable("a@example.com", value), TODAY)

    assert (owner.addresses, owner.tag) == (("b@example.com",), "owner")


@pytest.mark.parametrize(("days", "reached"), [(0, False), (89, False), (90, True)])
def test_an_address_is_tried_again_after_90_days(days: int, *, reached: bool) -> None:
    policy = _unreachable("b@example.com", "b@example.com", TODAY - timedelta(days=days))

    owner = find_owner("bob", {"owner": "b@example.com"}, policy, TODAY)

    assert timedelta(days=90) == UNREACHABLE_FOR
    assert (owner.addresses == ("b@example.com",)) is reached


def test_an_address_is_tried_again_when_its_tag_changes() -> None:
    policy = _unreachable("b@example.com", "b@example.com")

    owner = find_owner("bob", {"owner": "Bob b@example.com"}, policy, TODAY)

    assert owner.addresses == ("b@example.com",)


def test_an_unreachable_fallback_is_nobody() -> None:
    policy = _unreachable("keys@example.com", "keys@example.com")

    owner = find_owner("bob", {}, policy, TODAY)

    assert (owner.addresses, owner.source) == ((), OwnerSource.NONE)
    assert "fallback: keys@example.com did not accept mail" in str(owner.problem)


# What IAM lets through in the value of a tag: letters of any script, spaces, digits, _.:/=+-@
_TAG_VALUE = st.text(
    st.one_of(st.characters(categories=["L", "Zs", "N"]), st.sampled_from("_.:/=+-@")),
    max_size=60,
)
_NEAR = st.sampled_from(
    ["example.com", "evil.org", "EXAMPLE.com", ".", "@", "bob", " ", ":", "a.example.org"]
)


@given(value=st.one_of(_TAG_VALUE, st.lists(_NEAR, max_size=8).map("".join)))
def test_no_tag_leads_to_an_address_outside_the_domains(value: str) -> None:
    owner = find_owner("bob", {"owner": value}, POLICY, TODAY)

    for address in owner.addresses:
        local, _, domain = address.partition("@")
        assert local
        assert address.isascii()
        assert domain == "example.com" or domain.endswith(".example.org")
    assert owner.addresses
