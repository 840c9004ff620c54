"""A message in all its forms, as large as SNS takes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

MAX_BYTES = 256 * 1024
"""The size of a message and its attributes together (SNS API Reference, Publish)."""
JSON_PROTOCOLS = ("sqs", "lambda", "https")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message in its forms.

    subject: under 100 printable ASCII characters
    variants: the text for each protocol, as `MessageStructure: json` takes them
    attributes: one value or several, for the filter policies of subscribers
    """

    subject: str
    variants: Mapping[str, str]
    attributes: Mapping[str, str | tuple[str, ...]]

    @property
    def body(self) -> str:
        """What is published: all variants in one JSON document."""
        return json.dumps(self.variants, ensure_ascii=False, separators=(",", ":"))

    @property
    def size(self) -> int:
        """The bytes that count towards `MAX_BYTES`."""
        attributes = sum(
            len(f"{name}{kind}{value}".encode())
            for name, (kind, value) in self.typed_attributes.items()
        )
        return len(self.body.encode()) + attributes

    @property
    def typed_attributes(self) -> Mapping[str, tuple[str, str]]:
        """The attributes by name, each as SNS's data type and text."""
        return {
            name: ("String", value)
            if isinstance(value, str)
            else ("String.Array", json.dumps(value))
            for name, value in self.attributes.items()
        }


def variants(text: str, data: str) -> dict[str, str]:
    """Return the text or the JSON for each protocol: text for people, JSON for programs."""
    return {"default": text, "email": text, **dict.fromkeys(JSON_PROTOCOLS, data)}


def compact_variants(text: str, data: str) -> dict[str, str]:
    """Return each form once; SNS sends `default` to a protocol that has none of its own."""
    return {"default": data, "email": text}
