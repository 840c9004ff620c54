"""SES authorizes a mail for its identity, configuration set and addresses, as on AWS."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.emulator.account import LocalAccount

_CONTENT: dict[str, Any] = {
    "Simple": {"Subject": {"Data": "subject"}, "Body": {"Text": {"Data": "text"}}}
}
_ALLOWED: dict[str, Any] = {
    "FromEmailAddress": "me@example.com",
    "Destination": {"ToAddresses": ["bob@example.com"]},
    "Content": _CONTENT,
}


@pytest.fixture(autouse=True, scope="module")
def identities(account: LocalAccount) -> Iterator[None]:
    """Verify a domain and two addresses, and create two configuration sets."""
    ses = account.client("sesv2")
    names = ("example.com", "other@example.com", "third@example.com")
    sets = ("first", "second")
    for name in names:
        ses.create_email_identity(EmailIdentity=name)
    for name in sets:
        ses.create_configuration_set(ConfigurationSetName=name)
    yield
    for name in names:
        ses.delete_email_identity(EmailIdentity=name)
    for name in sets:
        ses.delete_configuration_set(ConfigurationSetName=name)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"FromEmailAddress": "Key rotation <me@example.com>"},
        {"FromEmailAddress": "other@example.com"},
        {"ConfigurationSetName": "first"},
        {"Destination": {"ToAddresses": ["a@example.com"], "CcAddresses": ["b@example.com"]}},
    ],
    ids=["of a domain", "with a name", "of an address", "configuration set", "several"],
)
def test_a_role_may_send_what_its_conditions_allow(
    account: LocalAccount, change: dict[str, Any]
) -> None:
    ses = account.role_session().client("sesv2")
    assert ses.send_email(**_ALLOWED | change)["MessageId"]


@pytest.mark.parametrize(
    "change",
    [
        {"FromEmailAddress": "you@example.com"},
        {"FromEmailAddress": "third@example.com"},
        {"FromEmailAddress": "me@example.org"},
        {"ConfigurationSetName": "second"},
        {"Destination": {"ToAddresses": ["bob@example.org"]}},
        {"Destination": {"ToAddresses": ["bob@example.com", "bob@example.org"]}},
        {"Destination": {"ToAddresses": ["a@example.com"], "BccAddresses": ["b@example.org"]}},
        {"Destination": {"ToAddresses": []}},
        {"Destination": {}},
    ],
    ids=[
        "sender",
        "identity",
        "domain",
        "configuration set",
        "recipient",
        "one recipient",
        "hidden recipient",
        "none",
        "no list",
    ],
)
def test_it_is_denied_anything_else(account: LocalAccount, change: dict[str, Any]) -> None:
    ses = account.role_session().client("sesv2")
    with pytest.raises(ClientError, match=r"\(AccessDeniedException\).* ses:SendEmail"):
        ses.send_email(**_ALLOWED | change)


def test_an_administrator_may_send_to_anybody(account: LocalAccount) -> None:
    to = {"Destination": {"ToAddresses": ["bob@example.org"]}}
    assert account.client("sesv2").send_email(**_ALLOWED | to)["MessageId"]


def test_a_mail_is_listed_with_its_recipients_and_its_text(account: LocalAccount) -> None:
    before = len(account.mails())
    message_id = account.client("sesv2").send_email(**_ALLOWED)["MessageId"]
    (mail,) = account.mails()[before:]
    assert (mail.message_id, mail.sender, mail.to) == (
        message_id,
        "me@example.com",
        ("bob@example.com",),
    )
    assert (mail.subject, mail.text, mail.html) == ("subject", "text", "")
    assert abs(mail.at - account.now) < timedelta(minutes=1)
