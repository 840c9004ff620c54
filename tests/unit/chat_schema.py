"""The format that Amazon Q in chat applications shows, and what no text in it may contain.

The format is that of its Administrator Guide, "Custom notifications", with the limits of this tool.
"""

import json
import re
from typing import Any

MEANINGFUL = re.compile(
    r"[<>&@*_`|~\[\]#!\\]"  # mentions, links and formats of Slack and Teams
    r"|:(?=\S)"  # https://, :name:
    r"|(?<=\w)[.](?=\w)"  # example.com
    r"|[\x00-\x09\x0b-\x1f\x7f\u2028\u2029\u202a-\u202e]"
)


def shown(body: str) -> dict[str, Any]:
    """Return a message that Amazon Q shows; fails for any other."""
    document: dict[str, Any] = json.loads(body)
    assert list(document) == ["version", "source", "content", "metadata"]
    assert (document["version"], document["source"]) == ("1.0", "custom")
    content, metadata = document["content"], document["metadata"]
    assert list(content) == ["textType", "title", "description", "nextSteps", "keywords"]
    assert content["textType"] == "client-markdown"
    assert list(metadata) == ["threadId", "summary", "eventType", "additionalContext"]
    assert 1 <= len(content["title"]) <= 250
    assert 1 <= len(content["description"]) <= 2500
    assert len(content["nextSteps"]) <= 3
    assert content["keywords"] == []
    assert re.fullmatch(r"key-rotation-[a-z0-9-]+-\d{4}-W\d\d", metadata["threadId"])
    for text in metadata["additionalContext"].values():
        assert isinstance(text, str)
    return document


def texts(document: dict[str, Any]) -> list[str]:
    """Return everything that a chat shows of a message."""
    content, summary = document["content"], document["metadata"]["summary"]
    return [content["title"], content["description"], *content["nextSteps"], summary]


def assert_means_nothing(document: dict[str, Any]) -> None:
    """Fail if a text could mention somebody, be a link or a format, or begin a line of its own."""
    for text in texts(document):
        assert not MEANINGFUL.search(text), MEANINGFUL.search(text)
    assert "\n" not in document["content"]["title"]
