"""The command `run`: starts a run, waits for it, and shows what it did."""

import json
import shlex
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from botocore.config import Config

from key_rotation.adapters.clients import CLIENT_CONFIG, is_refusal
from key_rotation.reporting.formatting import pluralize, sanitize_line
from key_rotation.reporting.headings import count_text
from key_rotation.reporting.outcome import Section
from key_rotation_cli import console
from key_rotation_cli.aws_errors import WRITE_ENDS, describe
from key_rotation_cli.deployment import Deployment, find_deployment
from key_rotation_cli.errors import BadUsageError, CliError
from key_rotation_cli.operate.aws_command import aws_command
from key_rotation_cli.operate.organisation_run import run_execution
from key_rotation_cli.options import OTHER_ACCOUNTS, Json, Profile, Region, Stack, Yes
from key_rotation_cli.roles import require_account_id
from key_rotation_cli.session import Session

MOST_SECONDS = 16 * 60
ONE_TRY = CLIENT_CONFIG.merge(
    Config(read_timeout=MOST_SECONDS, retries={"mode": "standard", "total_max_attempts": 1})
)
"""A run takes up to 15 minutes; another try would start another run."""
Accounts = Annotated[
    list[str] | None,
    typer.Option(
        "--account",
        metavar="ID",
        help="In a hub: this account alone; can be repeated.",
        rich_help_panel=OTHER_ACCOUNTS,
    ),
]
Report = Annotated[bool, typer.Option("--report", help="Change nothing: show what a run would do.")]


def run(  # noqa: PLR0913  # each option of the command is a parameter
    *,
    report: Report = False,
    yes: Yes = False,
    as_json: Json = False,
    profile: Profile = None,
    region: Region = None,
    stack: Stack = None,
    account: Accounts = None,
) -> None:
    """Start a run now, wait for it, and show what it did.

    Example: key-rotation run --report
    """
    named = [require_account_id(each) for each in account or ()]
    deployment = find_deployment(Session.open(profile, region, read_only=False), stack)
    if deployment.is_hub:
        run_execution(deployment, named, report=report, yes=yes, as_json=as_json)
        return
    if set(named) - {deployment.session.account_id}:
        own = deployment.session.account_id
        text = f"{deployment.stack} is a deployment for the account {own} alone"
        raise BadUsageError(f"--account {named[0]}: {text}.")
    answer = _run(deployment, report=report, yes=yes)
    if as_json:
        console.print_json(answer)
    else:
        _show(answer)
    if "left_to" in answer:
        raise CliError("Another run was in progress, so this one did nothing. Try again later.")


def _run(deployment: Deployment, *, report: bool, yes: bool) -> dict[str, Any]:
    """Show what will be started, ask, and do it; returns the answer. Raises CliError."""
    event = {"mode": "report"} if report else {}
    mode = "report" if report else str(deployment.read_settings().mode)
    console.note(f"Starts a run in {mode} mode. The same as:")
    console.print_command(
        f"echo {shlex.quote(json.dumps(event))} | "
        + aws_command(
            "lambda invoke",
            function_name=deployment.function_name,
            payload="fileb:///dev/stdin",  # as versions 1 and 2 of the AWS CLI take it
            cli_read_timeout=MOST_SECONDS,
        )
        + " answer.json"
    )
    if mode == "enforce":
        console.confirm("It can deactivate and delete keys that are due. Start it?", yes=yes)
    return _invoke(deployment, event)


def _invoke(deployment: Deployment, event: Mapping[str, str]) -> dict[str, Any]:
    """Invoke the function and wait; raises CliError for a run that was stopped."""
    functions = deployment.session.client("lambda", ONE_TRY)
    try:
        with console.progress("Running"):
            invoked = functions.invoke(
                FunctionName=deployment.function_name, Payload=json.dumps(event)
            )
            payload = invoked["Payload"].read()
    except WRITE_ENDS as cause:
        unknown = "A run may have started, and goes on without this command; its log tells."
        refused = isinstance(cause, Exception) and is_refusal(cause)
        outcome = "No run was started." if refused else unknown
        raise CliError(f"{describe(cause)} {_advice(cause)}{outcome}") from cause
    answer = _parse(payload)
    if invoked.get("FunctionError"):
        facts = (str(answer[name]) for name in ("errorType", "errorMessage") if answer.get(name))
        raise CliError(f"The run was stopped: {sanitize_line(': '.join(facts), 1000)}")
    return answer


def _advice(cause: BaseException) -> str:
    """Say what may be the cause, where Lambda's answer is about concurrency."""
    if "TooManyRequestsException" not in str(cause):
        return ""
    return "Is the function's reserved concurrency 0, or is a run in progress? "


def _parse(payload: bytes) -> dict[str, Any]:
    """Read the answer of the function; raises CliError for one that is no JSON object."""
    try:
        answer = json.loads(payload)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        text = sanitize_line(payload.decode(errors="replace"))
        raise CliError(f"The answer of the run cannot be read ({text!r}); its log tells more.")
    return answer


def _show(answer: Mapping[str, Any]) -> None:
    """Show the head of what a run did, and each key."""
    users, keys = pluralize(answer["users"], "user"), pluralize(answer["keys"], "key")
    would = answer["mode"] == "report"
    title = "REPORT MODE: nothing was changed. " if would else ""
    console.show(f"{title}Run {answer['run_id']}: {users}, {keys}.")
    sections = {section: found for section in Section if (found := answer.get(str(section)))}
    if not sections:
        console.show("Nothing to report.")
    for section, entries in sections.items():
        count = f"{len(entries):,} {section}" if would else count_text(section, len(entries))
        console.show(f"\n{count}", style="bold")
        for entry in entries:
            console.show(f"  {_line(entry)}")
    if answer["users_left"]:
        console.show(f"\n{pluralize(answer['users_left'], 'user')} left to the next part.")


def _line(entry: Mapping[str, Any]) -> str:
    due = f", due {entry['due']}" if entry["due"] else ""
    age = f", {entry['age_days']} days old" if entry["age_days"] is not None else ""
    key_id = entry["access_key_id"] or "all keys"
    return f"{sanitize_line(entry['user'])}  {key_id}{age}{due}: {sanitize_line(entry['reason'])}"
