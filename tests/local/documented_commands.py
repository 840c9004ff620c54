"""The `aws` and `key-rotation` commands in the documents."""

import re
from dataclasses import dataclass
from pathlib import Path

RUNBOOK, README = "docs/runbook.md", "README.md"
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class CommandBlock:
    """A block of commands: its document, the heading above it, and its number there.

    program: which it calls; the blocks of each program are counted by themselves
    """

    document: str
    heading: str
    number: int = 0
    program: str = "aws"


def _commands(program: str) -> dict[CommandBlock, str]:
    """Extract the console blocks, and the commands within text, that call a program."""
    found: dict[CommandBlock, str] = {}
    for document in (RUNBOOK, README):
        text = (_ROOT / document).read_text()
        for section in re.split(r"^(?=#+ )", _hide_comments_in_fences(text), flags=re.MULTILINE):
            heading = section.partition("\n")[0].lstrip("# ")
            blocks = re.findall(r"```console\n(.*?)```", section, flags=re.DOTALL)
            spans = re.findall(
                rf"`({program} [^`]+)`", re.sub(r"```.*?```", "", section, flags=re.DOTALL)
            )
            called = re.compile(rf"(?:^|[ (]){program} [a-z]", re.MULTILINE)
            for number, each in enumerate(b for b in (*blocks, *spans) if called.search(b)):
                found[CommandBlock(document, heading, number, program)] = _unhide(each)
    return found


def _calls_aws(block: str) -> bool:
    return any(command in block for command in ("aws ", "key-rotation exempt "))


def _hide_comments_in_fences(text: str) -> str:
    """Hide comments of a shell that look like headings."""
    return re.sub(r"```.*?```", lambda b: b[0].replace("\n#", "\n\0#"), text, flags=re.DOTALL)


def _unhide(block: str) -> str:
    return block.replace("\0", "")


OWN = "key-rotation"
COMMANDS = {**_commands("aws"), **_commands(OWN)}
EXEMPT = CommandBlock(RUNBOOK, "A key that production needs was deactivated", 1, OWN)
EXEMPT_BOB = CommandBlock(README, "Exempting a key", 0, OWN)
