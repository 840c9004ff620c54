"""What a mail program finds in the HTML of a mail."""

from html.parser import HTMLParser

HEAD = frozenset({"html", "head", "meta", "title", "style", "body"})
BLOCKS = frozenset({"div", "h1", "h2", "p", "table", "tr", "th", "td", "ol", "li", "pre", "br"})
TAGS = HEAD | BLOCKS | {"strong", "code", "bdi", "span", "b"}
ATTRIBUTES = frozenset({"lang", "charset", "name", "content", "class", "style", "scope", "valign"})
"""None of them refers to anything or runs a program."""
VOID = frozenset({"meta", "br"})


class MailReader(HTMLParser):
    """The tags, attributes and text of a mail; fails if a tag is not closed in order."""

    def __init__(self, html: str) -> None:
        """Read a mail."""
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.sheet = ""
        self.text = ""
        self.commands: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)
        if tag == "pre":
            self.commands.append("")
        if tag == "br":
            self.text += "\n"

    def handle_endtag(self, tag: str) -> None:
        """Require that tags are closed in order."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text, commands and the style sheet."""
        if "style" in self._open:
            self.sheet += data
        elif "pre" in self._open:
            self.commands[-1] += data
        else:
            self.text += data

    def handle_decl(self, decl: str) -> None:
        """Accept the only declaration."""
        assert decl == "DOCTYPE html"

    def handle_comment(self, data: str) -> None:
        """Fail: some mail programs read comments as conditions."""
        raise AssertionError(data)
