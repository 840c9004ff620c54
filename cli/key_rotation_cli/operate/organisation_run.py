"""`run` in a hub: an execution over all accounts, or over those that the caller named."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from key_rotation.domain.model import Mode
from key_rotation.reporting.formatting import pluralize, sanitize_line
from key_rotation.reporting.headings import count_text
from key_rotation.reporting.outcome import Section
from key_rotation_cli import console
from key_rotation_cli.deployment import MACHINE, Deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.hub.accounts import HubAccounts, read_accounts
from key_rotation_cli.hub.in_account import not_looked_at, title_of
from key_rotation_cli.operate.aws_command import aws_command
from key_rotation_cli.operate.execution import Execution


def run_execution(
    deployment: Deployment, named: Sequence[str], *, report: bool, yes: bool, as_json: bool
) -> None:
    """Show what will be started, ask, start it, follow it, and show its answer.

    named: the ids of the only accounts that it is about; empty for all

    Raises CliError for an account that no run looks at, and for a run that failed, left its work
    to another one, or could not look at each account.
    """
    if named:
        _require_looked_at(read_accounts(deployment), named)
    request: dict[str, Any] = {"accounts": list(dict.fromkeys(named))} if named else {}
    request |= {"mode": "report"} if report else {}
    machine = deployment.outputs[MACHINE]
    whom = f"of {pluralize(len(named), 'account')}" if named else "of all accounts"
    console.note(f"Starts a run {whom}{', in report mode' if report else ''}. The same as:")
    command = aws_command(
        "stepfunctions start-execution", state_machine_arn=machine, input=json.dumps(request)
    )
    console.print_command(command)
    if not report:
        console.confirm("It can deactivate and delete keys that are due. Start it?", yes=yes)
    answer = Execution.start(deployment.session.states, machine, request).follow()
    if as_json:
        console.print_json(answer)
    else:
        _show(answer)
    if answer.get("left_to"):
        raise CliError(_left(answer))
    if answer.get("not_looked_at"):
        total = len(answer["not_looked_at"]) + answer.get("not_looked_at_more", 0)
        count = pluralize(total, "account")
        raise CliError(f"{count} could not be looked at.")


def _left(answer: Mapping[str, Any]) -> str:
    """Return why a run did not come to its end."""
    if answer.get("run_id"):
        return (
            f"Another run took over ({answer['left_to']}): what this one did and has not reported, "
            "that one reports."
        )
    text = f"Another run is in progress ({answer['left_to']}), so this one did nothing."
    return f"{text} Try again later."


def _require_looked_at(accounts: HubAccounts, named: Sequence[str]) -> None:
    for row in map(accounts.require, named):
        if text := not_looked_at(row):
            raise CliError(f"The account {title_of(row)}: {text} No run was started.")


def _show(answer: Mapping[str, Any]) -> None:
    """Show the head of what a run did, and the accounts that it could not look at."""
    if answer.get("left_to"):
        return
    would = answer.get("mode") == Mode.REPORT
    title = "REPORT MODE: nothing was changed. " if would else ""
    accounts = pluralize(answer["accounts"], "account")
    looked = f"{answer['looked_at']:,} of {accounts} looked at"
    console.show(f"{title}Run {answer['run_id']}: {looked}.")
    for each in answer.get("not_looked_at", ()):
        name = f"{each['account_id']} {sanitize_line(each['name'])}"
        console.show(f"  not looked at: {name}: {sanitize_line(each['reason'], 1000)}")
    counts = {section: answer.get(str(section), 0) for section in Section}
    found = [
        f"{count:,} {section}" if would else count_text(section, count)
        for section, count in counts.items()
        if isinstance(count, int) and count
    ]
    console.show(f"{', '.join(found)}." if found else "Nothing to report.")
    if answer.get("left_out"):
        console.show(f"{pluralize(answer['left_out'], 'account')} left out.")
    console.show(f"The e-mail has the keys: {pluralize(answer.get('messages', 0), 'message')}.")
