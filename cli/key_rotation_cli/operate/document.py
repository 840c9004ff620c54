"""What `restore`, `release`, `pause` and `resume` write as JSON."""

from key_rotation_cli import console

SCHEMA = "key-rotation/operate/1"


def tell(text: str, *, as_json: bool, action: str, changed: bool = True, **facts: object) -> None:
    """Show what a command did: a text, or JSON and nothing else.

    action: the name of the command
    facts: what it was done to
    """
    if as_json:
        document = {"schema": SCHEMA, "action": action, "changed": changed, **facts}
        console.print_json(document)
    elif changed:
        console.show(text)
    else:
        console.note(text)
