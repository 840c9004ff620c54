"""The adapter to Amazon SES: sends one mail, and says what may be sent today."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, ParamValidationError

from key_rotation.adapters.clients import AWS_ERRORS, error_message
from key_rotation.domain.owners.addresses import parse_address
from key_rotation.domain.owners.sending import SendQuota
from key_rotation.errors import (
    KeyRotationError,
    MailNotSentError,
    MailThrottledError,
    RecipientRefusedError,
)
from key_rotation.reporting.composed_mail import ComposedMail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_sesv2 import SESV2Client


UTF_8 = "UTF-8"
THROTTLED = frozenset({"TooManyRequestsException", "ThrottlingException"})
OF_ONE_MAIL = frozenset({"MessageRejected", "BadRequestException"})
"""What SES answers if it does not accept a mail, or one of its addresses (SES API v2 Reference,
SendEmail)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSender:
    """Sends mails from one address.

    ses: tries each call once, since a second try could send a second mail
    configuration_set: of SES, so that bounces are reported
    """

    ses: "SESV2Client"
    sender: str
    reply_to: str
    configuration_set: str

    def read_quota(self) -> SendQuota:
        """Return what the account may send; raises MailNotSentError.

        A maximum of -1 is no limit (SES API Reference, SendQuota).
        """
        try:
            account = self.ses.get_account()
            quota = account["SendQuota"]
            most, sent = quota["Max24HourSend"], quota["SentLast24Hours"]
        except (*AWS_ERRORS, KeyError) as cause:
            raise MailNotSentError(error_message(cause)) from cause
        if not account.get("SendingEnabled", True):
            status = account.get("EnforcementStatus", "not known")
            raise MailNotSentError(f"SES has paused sending in this account (status {status})")
        left = None if most < 0 else max(0, int(most - sent))
        return SendQuota(left=left, per_second=max(quota.get("MaxSendRate", 1.0), 1.0))

    def send(self, mail: ComposedMail, addresses: "Sequence[str]") -> str:
        """Send a mail; returns what SES calls it.

        Raises RecipientRefusedError if SES refuses the recipients, and MailNotSentError if it
        refuses everything else, or if it is not known whether the mail was sent.
        """
        try:
            answer = self.ses.send_email(
                FromEmailAddress=self.sender,
                Destination={"ToAddresses": list(addresses)},
                ReplyToAddresses=[self.reply_to] if self.reply_to else [],
                Content={
                    "Simple": {
                        "Subject": {"Data": mail.subject, "Charset": UTF_8},
                        "Body": {
                            "Text": {"Data": mail.text, "Charset": UTF_8},
                            "Html": {"Data": mail.html, "Charset": UTF_8},
                        },
                        "Headers": [{"Name": n, "Value": v} for n, v in mail.headers.items()],
                    }
                },
                ConfigurationSetName=self.configuration_set,
            )
            return answer["MessageId"]
        except (*AWS_ERRORS, KeyError) as cause:
            raise self._error(cause, addresses) from cause

    def _error(self, cause: Exception, addresses: "Sequence[str]") -> KeyRotationError:
        """Return why a mail was not sent, as far as SES says it."""
        text = error_message(cause)
        if isinstance(cause, ParamValidationError):
            return MailNotSentError(text, concerns_all=False)
        code = cause.response["Error"].get("Code") if isinstance(cause, ClientError) else ""
        if code in THROTTLED:
            return MailThrottledError(text)
        if code not in OF_ONE_MAIL:
            return MailNotSentError(text)
        named = _addresses_in(text)
        if refused := tuple(address for address in addresses if address in named):
            return RecipientRefusedError(text, refused)
        domain = self.sender.rpartition("@")[2]
        of_sender = self.sender in text or domain in text
        return MailNotSentError(text, concerns_all=of_sender)


def _addresses_in(text: str) -> set[str | None]:
    """Return the addresses that an error of SES names.

    In the sandbox, SES refuses a recipient that is not verified, and names it; it names a sender in
    the same way (SES Developer Guide, "Email address is not verified").
    """
    words = re.split(r"[\s,;:'\"<>()\[\]]+", text)
    return {parse_address(word.rstrip(".")) for word in words}
