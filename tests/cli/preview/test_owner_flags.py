"""Which values the options about owners accept, and how the others are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import mail_addresses, owner_context
from infra.context_value import ContextError
from infra.owner_context import OwnerMailContext
from infra.owner_parameters import OWNER_PARAMETERS
from key_rotation.domain.owners.owner import OwnerPolicy
from key_rotation_cli.errors import BadUsageError
from key_rotation_cli.preview import owner_flags
from key_rotation_cli.preview.mail_domains import problem_of_domain
from key_rotation_cli.preview.owner_flags import DEFAULT_TAGS, OwnerFlags, choose_policy

DEPLOYED = OwnerPolicy(
    domains=("example.com", "*.example.org"),
    fallback=("keys@example.com", "ops@a.example.org"),
    owner_tags=("team",),
)
DOMAINS = st.from_regex(r"\A(\*\.)?[a-z0-9@*.ü-]{1,12}(\.[a-z0-9-]{1,4}){0,3}\Z")


def refusal(
    domains: str | None = None, fallback: str | None = None, tags: str | None = None
) -> str:
    """Return why options are refused, without a deployment."""
    with pytest.raises(BadUsageError) as refused:
        choose_policy(OwnerFlags.parse(domains, fallback, tags), None)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "--owner-domains has ''; it accepts 1 to 20 domains, separated by commas or spaces"),
        (" , ", "--owner-domains has ' , '; it accepts 1 to 20 domains"),
        ("com", "'com' is not the domain of one organization"),
        ("*", "'*' is not the domain of one organization"),
        ("*.co.uk", "'*.co.uk' would let mail go to the domains of others"),
        ("a*.example.com", "'a*.example.com' may have a * only as its whole first part"),
        ("bob@example.com", "'bob@example.com' is no domain: omit everything up to the @"),
        ("exämple.com", "'ex\\xe4mple.com' is not ASCII"),
        ("example.com.", "'example.com.' is no domain name"),
        ("good.com, -bad.com", "'-bad.com' is no domain name"),
        (" ".join(f"a{n}.com" for n in range(21)), "it accepts 1 to 20 domains"),
        (" ".join(f"{'a' * 60}{n:02}.com" for n in range(20)), "at most 1000 characters in all"),
    ],
)
def test_domains_that_are_not_accepted_are_refused_by_value(value: str, problem: str) -> None:
    assert problem in refusal(value)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "--owner-fallback has ''; it accepts 1 to 3 e-mail addresses, separated by commas"),
        ("bob", "'bob' is no e-mail address"),
        ("b\u043eb@example.com", "'b\\u043eb@example.com' is no e-mail address"),
        ("a@example.com:b@example.com", "is no e-mail address"),
        ("bob@example.com.evil.org", "'bob@example.com.evil.org' is in none"),
        ("bob@sub.example.com", "in the domains example.com; 'bob@sub.example.com' is in none"),
        (" ".join(f"a{n}@example.com" for n in range(4)), "it accepts 1 to 3 e-mail addresses"),
    ],
)
def test_a_fallback_that_is_not_accepted_is_refused_by_value(value: str, problem: str) -> None:
    assert problem in refusal("example.com", fallback=value)


@pytest.mark.parametrize(
    "value", ["", ",", "a<b", "owner Owner", "ü" * 129, " ".join(f"t{n}" for n in range(11))]
)
def test_tags_that_are_not_accepted_are_refused_by_value(value: str) -> None:
    text = f"--owner-tags has {value!a}; it accepts 1 to 10 keys of tags, separated by commas"
    assert text in refusal("example.com", tags=value)


@pytest.mark.parametrize(
    ("flags", "option"),
    [
        ({"fallback": "bob@example.com"}, "--owner-fallback is 'bob@example.com'"),
        ({"tags": "team,contact"}, "--owner-tags is 'team contact'"),
    ],
)
def test_a_fallback_or_tags_without_domains_are_refused(flags: dict[str, str], option: str) -> None:
    assert f"{option} without --owner-domains, which names the domains" in refusal(**flags)


def test_lists_have_commas_or_spaces_and_nothing_twice() -> None:
    flags = OwnerFlags.parse(
        "Example.com, *.example.org  example.com", "a@EXAMPLE.com,b@x.example.org", "team, owner"
    )
    assert choose_policy(flags, None) == OwnerPolicy(
        domains=("example.com", "*.example.org"),
        fallback=("a@example.com", "b@x.example.org"),
        owner_tags=("team", "owner"),
    )


@pytest.mark.parametrize(
    ("flags", "deployed", "expected"),
    [
        (OwnerFlags(), None, None),
        (OwnerFlags(), DEPLOYED, DEPLOYED),
        (
            OwnerFlags(domains=("example.com",)),
            None,
            OwnerPolicy(domains=("example.com",), fallback=(), owner_tags=DEFAULT_TAGS),
        ),
        (
            OwnerFlags(domains=("example.com",)),
            DEPLOYED,
            OwnerPolicy(
                domains=("example.com",), fallback=("keys@example.com",), owner_tags=("team",)
            ),
        ),
        (
            OwnerFlags(fallback=("a@b.example.org",), owner_tags=("contact",)),
            DEPLOYED,
            OwnerPolicy(
                domains=DEPLOYED.domains, fallback=("a@b.example.org",), owner_tags=("contact",)
            ),
        ),
    ],
)
def test_options_come_before_what_the_deployment_has(
    flags: OwnerFlags, deployed: OwnerPolicy | None, expected: OwnerPolicy | None
) -> None:
    assert choose_policy(flags, deployed) == expected


def test_a_fallback_outside_the_domains_of_the_deployment_is_refused() -> None:
    with pytest.raises(BadUsageError, match=r"'a@other\.org' is in none"):
        choose_policy(OwnerFlags(fallback=("a@other.org",)), DEPLOYED)


def test_the_default_tags_are_those_of_a_new_deployment() -> None:
    [tags] = [each for each in OWNER_PARAMETERS if each.name == "owner-tags"]
    assert tuple(tags.default.split()) == DEFAULT_TAGS


@pytest.mark.no_cover
@given(DOMAINS)
def test_the_app_and_the_command_refuse_the_same_domains(domain: str) -> None:
    assert problem_of_domain(domain) == mail_addresses.problem_of_domain(domain)


@pytest.mark.parametrize(
    ("domains", "fallback"),
    [
        ("example.com", "bob@example.com"),
        ("example.com *.example.org", "a@b.example.org"),
        ("", "bob@example.com"),
        ("com", "bob@com"),
        ("example.com", ""),
        ("example.com", "bob@example.org"),
        ("example.com", "a@example.com b@example.com c@example.com a@example.com"),
        ("example.com", "a@example.com b@example.com c@example.com d@example.com"),
    ],
)
def test_the_app_and_the_command_accept_the_same_lists(domains: str, fallback: str) -> None:
    context = {"owner-mail-from": "a@example.com", "owner-domains": domains}
    try:
        read = OwnerMailContext.read({**context, "owner-fallback": fallback})
    except ContextError:
        with pytest.raises(BadUsageError):
            OwnerFlags.parse(domains, fallback, None)
        return
    flags = OwnerFlags.parse(domains, fallback, None)
    assert read
    assert (flags.domains, flags.fallback) == (read.domains, read.fallback)


@pytest.mark.parametrize("name", ["MAX_DOMAINS", "MAX_DOMAIN_CHARACTERS", "MAX_FALLBACK"])
def test_the_app_and_the_command_have_the_same_limits(name: str) -> None:
    assert getattr(owner_flags, name) == getattr(owner_context, f"_{name}")
