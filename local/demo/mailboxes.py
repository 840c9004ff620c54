"""SES and the mailboxes of owners: the sender is verified, and each mail is delivered or bounces.

The emulated SES reports nothing of a mail, so the demo sends its events.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from local.demo.scenario_owners import BOUNCE, BOUNCING, SENDER
from local.emulator.account import LocalAccount
from local.emulator.records import SentMail


class Mailboxes:
    """What becomes of each mail that a function sends."""

    def __init__(self, account: LocalAccount, function: str | None = None) -> None:
        """Verify the domain of the sender, in an account with the deployed stack.

        function: the name of the one that sends; None in an account by itself, which has only one
        """
        account.client("sesv2").create_email_identity(EmailIdentity=SENDER.rpartition("@")[2])
        self._account = account
        functions = account.client("lambda")
        name = function or account.function_name
        config = functions.get_function_configuration(FunctionName=name)
        self._configuration_set = config["Environment"]["Variables"]["CONFIGURATION_SET"]
        self._seen = 0

    def take(self) -> list[SentMail]:
        """Return the mails that are new, and let SES report what became of them."""
        mails = self._account.mails()[self._seen :]
        self._seen += len(mails)
        for mail in mails:
            self._account.emit_event("aws.ses", *self._event(mail))
        return mails

    def _event(self, mail: SentMail) -> tuple[str, dict[str, Any]]:
        """Return the event on a mail, by what SES documents (Developer Guide, "Event examples")."""
        about = {
            "messageId": mail.message_id,
            "destination": list(mail.to),
            "tags": {"ses:configuration-set": [self._configuration_set]},
        }
        if BOUNCING not in mail.to:
            delivery = {"recipients": list(mail.to)}
            event = {"eventType": "Delivery", "mail": about, "delivery": delivery}
            return "Email Delivered", event
        refused = {"emailAddress": BOUNCING, "action": "failed", "diagnosticCode": BOUNCE}
        bounce = {"bounceType": "Permanent", "bouncedRecipients": [refused]}
        return "Email Bounced", {"eventType": "Bounce", "mail": about, "bounce": bounce}


def bounces(mails: Sequence[SentMail]) -> Iterator[str]:
    """Describe what becomes of mails that are not delivered."""
    for mail in mails:
        if BOUNCING in mail.to:
            yield f"the mail to {BOUNCING} bounces: {BOUNCE}"


def user_of_mail(mail: SentMail) -> str:
    """Return the user whose key a mail is about; empty if it is about several keys."""
    return mail.subject.rpartition(" of ")[2] if ": AWS access key ..." in mail.subject else ""
