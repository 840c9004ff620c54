"""A mail as it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedMail:
    """A mail as it is sent.

    subject: printable ASCII, without a line break
    headers: beside those that SES writes itself
    """

    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
