"""A terminal in which the documents' commands are run, for an emulated account.

Commands run as they are written. The AWS CLI 1 has the emulator's address from the environment, but
for SQS, whose address it takes from an option only. `key-rotation` gets the answer `y`.
"""

import os
import re
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from local.emulator.account import LocalAccount
from tests.local.command_server import command_through_server
from tests.local.documented_commands import COMMANDS, CommandBlock

FORM_ONLY = {
    "dynamodb restore-table-to-point-in-time": "ministack restores no tables",
    "sns confirm-subscription": "ministack sends no e-mail with a token",
}
_ROOT = Path(__file__).parents[2]
_UNREACHABLE = "http://127.0.0.1:9"
_WRAPPER = """\
#!/bin/bash
command="$1 $2"
printf '%s\\n' "$command" >> {log}
case "$command" in
  {form_only})
    AWS_MAX_ATTEMPTS=1 AWS_ENDPOINT_URL={unreachable} {aws} "$@" 2>&1 |
      grep -F 'Could not connect to the endpoint URL' && exit ;;
  "sqs "*) exec {aws} "$@" --endpoint-url "$AWS_ENDPOINT_URL" ;;  # version 1 reads no variable
  *) exec {aws} "$@" ;;
esac
"""
_OWN = """\
#!/bin/bash
printf 'key-rotation %s\\n' "$1" >> {log}
exec {program} "$@" <<< y  # what the person answers
"""
_CDK = """\
#!/bin/bash
[[ $* == destroy ]] || exit 2
aws cloudformation delete-stack --stack-name KeyRotation
aws cloudformation wait stack-delete-complete --stack-name KeyRotation
"""


@dataclass(slots=True)
class Terminal:
    """A terminal with bash. It records the commands of the AWS CLI."""

    folder: Path
    environment: dict[str, str]
    commands_run: list[str] = field(default_factory=list)

    def run(self, script: str, **placeholders: str) -> str:
        """Run a script in which the stack's outputs are variables, and return its output."""
        for name, value in placeholders.items():
            script = re.sub(rf"\b{name}\b", value, script)
        log = self.folder / "commands_run"
        log.write_text("")
        done = subprocess.run(  # noqa: S603 - the documents' own commands
            ["/bin/bash", "-eu", "-o", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        self.commands_run = log.read_text().splitlines()
        assert self.commands_run, script
        return done.stdout

    def run_block(self, block: CommandBlock, **placeholders: str) -> str:
        """Run the commands of a block."""
        return self.run(COMMANDS[block], **placeholders)


def open_terminal(account: LocalAccount, folder: Path) -> Terminal:
    """Open a terminal for an account. Its files are in a new folder.

    The AWS CLI is the one of the development environment, or the command in `AWS_CLI`.
    """
    programs = folder / "bin"
    programs.mkdir()
    wrapper = _WRAPPER.format(
        aws=os.environ.get("AWS_CLI") or command_through_server("aws"),
        form_only="|".join(f'"{each}"' for each in FORM_ONLY),
        log=shlex.quote(str(folder / "commands_run")),
        unreachable=_UNREACHABLE,
    )
    own = _OWN.format(
        program=command_through_server("key-rotation"),
        log=shlex.quote(str(folder / "commands_run")),
    )
    for name, text in {"aws": wrapper, "cdk": _CDK, "key-rotation": own}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    outputs = account.outputs
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_DEFAULT_REGION": account.region,
        "AWS_ENDPOINT_URL": account.endpoint,
        "AWS_PAGER": "",
        "AWS_SECRET_ACCESS_KEY": "test",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "PATH": f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "FUNCTION": outputs["FunctionName"],
        "TABLE": outputs["TableName"],
        "TOPIC": outputs["TopicArn"],
    }
    return Terminal(folder=folder, environment=environment)
