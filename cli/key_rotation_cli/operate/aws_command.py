"""The equivalent command of the AWS CLI, which a command prints before it writes."""

import json
import shlex


def aws_command(operation: str, **options: object) -> str:
    """Write a command in one line; underscores in names stand for dashes.

    An option that is true has no value; a mapping is written as JSON.
    """
    words = [f"aws {operation}"]
    for name, value in options.items():
        words.append(f"--{name.replace('_', '-')}")
        if isinstance(value, dict):
            words.append(shlex.quote(json.dumps(value)))
        elif value is not True:
            words.append(shlex.quote(str(value)))
    return " ".join(words)
