"""A mail that nobody got is sent again only while it is true."""

import pytest

from key_rotation.domain.owners.mail import MailKind
from key_rotation.domain.owners.sent_mail import SentMail, is_overtaken
from tests.unit.builders import NOW, TODAY, in_days
from tests.unit.owners.mail_builders import an_owner_mail


@pytest.mark.parametrize(
    ("kind", "due", "overtaken"),
    [
        (MailKind.NOTICE, 1, False),
        (MailKind.NOTICE, 0, False),  # the day that it names is today
        (MailKind.NOTICE, -1, True),
        (MailKind.REMINDER, -1, True),
        (MailKind.DEACTIVATED, -1, False),  # it says what has happened
    ],
)
def test_a_mail_that_announces_a_day_is_true_up_to_that_day(
    kind: MailKind, due: int, *, overtaken: bool
) -> None:
    mail = an_owner_mail(kind, due=in_days(due))
    sent = SentMail(mail=mail, message_id="1", accepted_at=NOW.instant)
    assert is_overtaken(sent, [sent], TODAY) is overtaken
