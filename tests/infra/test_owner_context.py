"""The context values of the mail to owners: accepted values, and one-line errors."""

import pytest

from infra.context import Context
from infra.context_value import ContextError
from infra.mail_addresses import is_in_domains, parse_address
from infra.owner_context import KEYS, OwnerMailContext
from key_rotation.domain.owners import addresses as function

_REQUIRED: dict[str, object] = {
    "owner-mail-from": "key-rotation@example.com",
    "owner-domains": "example.com",
}
_LABEL_63 = "a" * 63


def _read(**context: object) -> OwnerMailContext:
    values = {key.replace("_", "-"): value for key, value in context.items()}
    read = Context.read({"email": "none"} | _REQUIRED | values).owner_mail
    assert read
    return read


def _refusal(values: dict[str, object]) -> str:
    with pytest.raises(ContextError) as refused:
        Context.read({"email": "none"} | values)
    message = str(refused.value)
    assert "\n" not in message
    assert message.endswith("; nothing was deployed")
    return message


def test_without_a_sender_no_owner_gets_mail() -> None:
    assert Context.read({"email": "none"}).owner_mail is None


def test_mail_to_owners_needs_only_a_sender_and_the_domains_that_it_may_go_to() -> None:
    assert _read() == OwnerMailContext(
        sender="key-rotation@example.com",
        domains=("example.com",),
        fallback=(),
        reply_to=None,
        contact=None,
    )


@pytest.mark.parametrize("key", [key for key in KEYS if key != "owner-mail-from"])
def test_a_key_of_the_mail_to_owners_is_refused_by_name_without_a_sender(key: str) -> None:
    message = _refusal({key: "x"})
    assert message.startswith(f"context {key!r} is 'x' without 'owner-mail-from', which turns on")
    assert "set 'owner-mail-from' as well, or omit it" in message


def test_the_domains_are_required_since_mail_must_not_go_anywhere_else() -> None:
    message = _refusal({"owner-mail-from": "key-rotation@example.com"})
    assert message.startswith("context 'owner-domains' is missing; it accepts 1 to 20 domains,")
    assert "*.example.com for all domains below it" in message


@pytest.mark.parametrize(
    ("value", "domains"),
    [
        ("example.com", ("example.com",)),
        ("Example.COM", ("example.com",)),
        ("example.com, *.example.org", ("example.com", "*.example.org")),
        ("example.com *.example.org\tb.example.net", None),
        (" example.com ,, EXAMPLE.com,", ("example.com",)),
        ("*.eu.example.com", ("*.eu.example.com",)),
        ("xn--bcher-kva.example", ("xn--bcher-kva.example",)),
        ("a-1.example.co.uk *.example.co.uk", ("a-1.example.co.uk", "*.example.co.uk")),
        (f"{_LABEL_63}.example.com", (f"{_LABEL_63}.example.com",)),
        (".".join(["a" * 61] * 4) + ".com", None),
        (" ".join(f"{number}.example.com" for number in range(20)), None),
    ],
)
def test_domains_are_separated_by_commas_or_spaces_and_capitals_do_not_count(
    value: str, domains: tuple[str, ...] | None
) -> None:
    assert _read(owner_domains=value).domains == (domains or tuple(value.split()))


_NOT_ONE, _NO_NAME = "is not the domain of one organization", "is no domain name"
_UP_TO = "is no domain: omit everything up to the @"
_XN = "is not ASCII: write such a domain as xn--..."
_STAR, _OTHERS = "may have a * only", "would let mail go to the domains of others"


@pytest.mark.parametrize(
    ("domain", "why"),
    [
        ("*", _NOT_ONE),
        ("com", _NOT_ONE),
        ("localhost", _NOT_ONE),
        ("*.com", _NOT_ONE),
        ("com.", _NOT_ONE),
        (".com", _NOT_ONE),
        (".", _NOT_ONE),
        ("*.", _NOT_ONE),
        ("*.co.uk", _OTHERS),
        ("*.com.au", _OTHERS),
        ("*.example.com.", _NO_NAME),
        ("example.com.", _NO_NAME),
        (".example.com", _NO_NAME),
        ("example..com", _NO_NAME),
        ("-a.example.com", _NO_NAME),
        ("a-.example.com", _NO_NAME),
        ("a_b.example.com", _NO_NAME),
        ("example.com;example.org", _NO_NAME),
        ("https://example.com", _NO_NAME),
        ("192.0.2.1", _NO_NAME),
        (f"{_LABEL_63}a.example.com", _NO_NAME),
        (".".join(["a" * 61] * 4) + ".comm.com", _NO_NAME),
        ("*.*.example.com", _STAR),
        ("a.*.example.com", _STAR),
        ("*example.com", _STAR),
        ("example.*", _STAR),
        ("@example.com", _UP_TO),
        ("bob@example.com", _UP_TO),
        ("*@example.com", _UP_TO),
        ("b\u00fccher.example", _XN),
        ("ex\u0430mple.com", _XN),  # a Cyrillic a
        ("example\uff0ecom", _XN),
    ],
)
def test_a_domain_that_is_not_accepted_is_named_with_the_reason(domain: str, why: str) -> None:
    value = f"example.org {domain}"
    message = _refusal(_REQUIRED | {"owner-domains": value})
    assert message.startswith(f"context 'owner-domains' is {value!r}; it accepts 1 to 20 domains,")
    assert f"; {domain!a} {why}" in message


def test_the_domains_have_room_in_a_policy_and_in_the_environment() -> None:
    long = [f"{number:02}{'a' * 61}.example.com" for number in range(14)]
    assert len(_read(owner_domains=" ".join(long[:13])).domains) == 13
    message = _refusal(_REQUIRED | {"owner-domains": " ".join(long)})
    assert "; at most 1000 characters in all;" in message


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("it@example.com", ("it@example.com",)),
        ("IT@Example.Com, it@mail.example.org", ("IT@example.com", "it@mail.example.org")),
        ("a@example.com b@example.com,c@example.com a@EXAMPLE.com", None),
    ],
)
def test_up_to_three_addresses_in_the_domains_are_the_fallback(
    value: str, addresses: tuple[str, ...] | None
) -> None:
    read = _read(owner_domains="example.com *.example.org", owner_fallback=value)
    assert read.fallback == (addresses or ("a@example.com", "b@example.com", "c@example.com"))


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("it@example.net", "is in none of them"),
        ("it@example.org", "is in none of them"),  # *.example.org does not include it
        ("it@mail.example.com", "is in none of them"),
        ("it@example.com.evil.org", "is in none of them"),
        ("it@notexample.com", "is in none of them"),
        ("it", "is no e-mail address"),
        ("@example.com", "is no e-mail address"),
        ("it@@example.com", "is no e-mail address"),
        ("a@example.com:b@example.com", "is no e-mail address"),
        ("IT<it@example.com>", "is no e-mail address"),
        ("\u0456t@example.com", "is no e-mail address"),  # a Cyrillic i
        (f"{'a' * 65}@example.com", "is no e-mail address"),
    ],
)
def test_a_fallback_outside_the_domains_is_refused_with_the_address_and_the_domains(
    address: str, why: str
) -> None:
    values = {"owner-domains": "example.com *.example.org", "owner-fallback": address}
    message = _refusal(_REQUIRED | values)
    assert message.startswith(f"context 'owner-fallback' is {address!r}; it accepts 1 to 3 e-mail")
    assert f"'owner-domains' (example.com, *.example.org); {address!a} {why};" in message


_REFUSED: dict[str, list[object]] = {
    "owner-mail-from": [
        "",
        " ",
        "none",
        "true",
        True,
        1,
        "example.com",
        "a@b",
        "a@example.com,b@example.com",
        "Key rotation <a@example.com>",
        "a@example.com\n",
        "\u00e9@example.com",
        "*@example.com",
        ["a@example.com"],
    ],
    "owner-domains": [
        "",
        " , ",
        7,
        ["example.com"],
        " ".join(f"{number}.example.com" for number in range(21)),
    ],
    "owner-fallback": [
        "",
        ",",
        7,
        ["a@example.com"],
        "a@example.com b@example.com c@example.com d@example.com",
    ],
    "owner-reply-to": ["", "it", "a@example.com b@example.com", "https://example.com", 1],
    "contact": [
        "",
        "#help-keys",
        "http://wiki.example.com",
        "https://",
        "https:///keys",
        "https://bob:secret@example.com/",
        "https://wiki.example.com/a b",
        'https://wiki.example.com/"onclick',
        "https://wiki.example.com/<b>",
        "https://wiki.example.com/\n",
        "https://wiki.example.com/\u00e9",
        "javascript:alert(1)",
        f"https://wiki.example.com/{'a' * 176}",
        1,
    ],
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in _REFUSED.items() for value in values]
)
def test_the_error_for_a_bad_value_names_the_key_the_value_and_what_is_accepted(
    key: str, value: object
) -> None:
    message = _refusal(_REQUIRED | {key: value})
    assert message.startswith(f"context {key!r} is {value!r}; it accepts ")


@pytest.mark.parametrize(
    ("contact", "read"),
    [
        ("Keys@Example.org", "Keys@example.org"),
        ("https://wiki.example.com", None),
        ("https://wiki/keys?who=me&what=key#rotation", None),
        ("https://wiki.example.com:8443/display/IT/Access+keys_(AWS)", None),
        (f"https://wiki.example.com/{'a' * 175}", None),
    ],
)
def test_a_contact_is_an_address_or_a_url(contact: str, read: str | None) -> None:
    assert _read(contact=contact).contact == (read or contact)


def test_answers_may_go_to_any_address() -> None:
    assert _read(owner_reply_to="team@example.net").reply_to == "team@example.net"


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        ("owner-mail", "did you mean 'owner-mail-from'? "),
        ("owner_domains", "did you mean 'owner-domains'? "),
        ("owner-replyto", "did you mean 'owner-reply-to'? "),
        ("contacts", "did you mean 'contact'? "),
        ("owner-tags", "after the deployment, set the SSM parameter /key-rotation/owner-tags; "),
    ],
)
def test_a_misspelt_key_of_the_mail_to_owners_is_refused_with_the_nearest_one(
    key: str, advice: str
) -> None:
    assert _refusal({key: "x"}).startswith(f"context {key!r} is not known: {advice}the known keys")


@pytest.mark.parametrize(
    "text",
    [
        "a@example.com",
        "A.b+c=d/e_f-g@Mail.EXAMPLE.org",
        "a..b@example.com",
        ".a@example.com",
        "a@example",
        "a@-example.com",
        "o'neil@example.com",
        "a@example.com.",
        "a@exa\u200bmple.com",
        f"{'a' * 64}@{'b' * 63}.{'c' * 63}.example.com",
        f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.com",
        f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 58}.com",
    ],
)
def test_the_function_sees_an_address_where_the_app_does(text: str) -> None:
    assert parse_address(text) == function.parse_address(text)


@pytest.mark.parametrize(
    "domain",
    ["example.com", "a.example.com", "example.org", "a.example.org", "a.b.example.org", "b.org"],
)
def test_the_function_sends_where_the_app_allows_it(domain: str) -> None:
    domains = ("example.com", "*.example.org")
    address = f"a@{domain}"
    assert is_in_domains(address, domains) == function.is_in_domains(address, domains)
