"""The demo of an organization, `make demo ORGANISATION=1`: play twelve days, and verify them.

The exit code is 0 only if every account and every key was as expected on every day.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from local.demo.console import Style, print_line, print_paragraphs, step, styled, wrapped
from local.demo.organisation.actors import Actors
from local.demo.organisation.playback import Day, play
from local.demo.organisation.scenario import (
    LAST_DAY,
    STARTS_AT,
    SUBSCRIBER,
    context,
    day_of,
    seed,
)
from local.demo.organisation.scenario_accounts import ACCOUNTS
from local.demo.organisation.stages import KeyStage
from local.demo.organisation.timeline import draw
from local.demo.organisation.verify import verify
from local.demo.summary import print_summary
from local.demo.synthesis import STACK, synthesise
from local.emulator.account import LocalAccount
from local.emulator.records import PublishedMessage, SentMail

_DAYS_WITH_FULL_EMAIL = frozenset({1, 4, 5, 10})
"""Days whose e-mail is printed: the first notices, an account that joined, one that is not looked
at beside an edited setting, and its return."""
_DAYS_WITH_TEAM_EMAIL = frozenset({8})
_DAYS_WITH_MAIL = frozenset({3})
"""The reminder to the owner of a key, on a day of which no other e-mail is printed."""
_UNCHANGED = frozenset({KeyStage.WORKS, KeyStage.IN_GRACE, KeyStage.ABSENT})
_EMULATED = """\
  Organizations, StackSets, Step Functions, STS, IAM, SSM, SNS, SQS, SES,
  EventBridge, DynamoDB, KMS, Lambda and Scheduler were emulated by ministack on
  127.0.0.1, with IAM and trust policies enforced: each step had the permissions
  of its own deployed role only, and in an account those of the member role.
  The stack set of the hub brought that role into the accounts, also into the
  one that joined. The functions were the synthesised asset under AWS's own
  runtime client. The demo set the clock, the names of the accounts, the age of
  the keys and the dates of their last use, and sent the events with which SES
  reports what became of a mail. E-mails and mails were recorded. Nothing was
  sent from this machine."""


def main() -> int:
    """Run the demo. Return 0 if everything was as expected, 1 if not, 130 on Ctrl-C."""
    try:
        return _run()
    except KeyboardInterrupt:
        print_line("\nstopped, and all its files deleted")
        return 130


def _run() -> int:
    title = f"KEY ROTATION: {LAST_DAY} days of an organization with {len(ACCOUNTS)} accounts"
    print_line(title, Style.BOLD)
    print_line()
    with TemporaryDirectory(prefix="key-rotation-demo-") as folder:
        with step("starting an emulated organization"):
            account = LocalAccount.start(now=STARTS_AT)
        with account:
            with step("creating its units, and inviting its accounts"):
                actors = Actors(account)
            with step("synthesising the hub"):
                assembly = synthesise(Path(folder), email=SUBSCRIBER, context=context(actors))
            with step("deploying the hub, and the role by its stack set"):
                account.deploy(assembly, STACK)
            with step(f"creating {sum(len(each.keys) for each in ACCOUNTS)} users with keys"):
                seed(actors)
            print_line()
            days = _play(actors)
            return _print_summary(days, actors)


def _play(actors: Actors) -> list[Day]:
    days: list[Day] = []
    for day in play(actors):
        _print_day(day)
        days.append(day)
    return days


def _print_day(day: Day) -> None:
    """Print the execution, the changes, the e-mails, the mails and the actions of a day."""
    lines = [
        _accounts(day),
        *((line, Style.BOLD) for line in _changes(day)),
        *((f"e-mail: {message.subject}", Style.PLAIN) for message in day.messages),
        *((f"e-mail to {_to(e)}: {e.subject}", Style.PLAIN) for e in day.team_messages if _to(e)),
        *((f"mail to {', '.join(e.to)}: {e.subject}", Style.PLAIN) for e in day.mails),
        *((f"then {action}", Style.BLUE) for action in day.actions),
    ]
    date = day_of(day.day)
    print_paragraphs(f"day {day.day:>2}  {date:%a} {date.day:>2} {date:%b}", lines)
    for message in _shown(day):
        _print_message(_to(message), message)
    for mail in day.mails if day.day in _DAYS_WITH_MAIL else ():
        _print_message(", ".join(mail.to), mail)


def _accounts(day: Day) -> tuple[str, Style]:
    """Describe the execution of a day by its answer."""
    answers = [execution.answer for execution in day.executions if execution.answer]
    if len(answers) != 1:
        return f"{len(answers)} executions that succeeded", Style.RED
    missing = [each["name"] for each in answers[0]["not_looked_at"]]
    failed = f"; not {', '.join(missing)}" if missing else ""
    text = f"{answers[0]['looked_at']} of {answers[0]['accounts']} accounts looked at{failed}"
    return text, Style.PLAIN


def _changes(day: Day) -> Iterator[str]:
    """Describe what happened to the keys of each account."""
    for account in ACCOUNTS:
        found: dict[str, list[str]] = {}
        for key in account.keys:
            stage = day.keys[account.name, key.user].stage
            if stage is None or stage not in _UNCHANGED:
                found.setdefault(stage.legend if stage else "unknown stage", []).append(key.user)
        happened = "; ".join(f"{what}: {', '.join(users)}" for what, users in found.items())
        if happened:
            yield f"{account.name:<18}{happened}"


def _shown(day: Day) -> list[PublishedMessage]:
    """Return the messages that are printed in full."""
    shown = list(day.messages) if day.day in _DAYS_WITH_FULL_EMAIL else []
    if day.day in _DAYS_WITH_TEAM_EMAIL:
        shown += [message for message in day.team_messages if _to(message)]
    return shown


def _to(message: PublishedMessage) -> str:
    return ", ".join(each.endpoint for each in message.recipients)


def _print_message(to: str, message: PublishedMessage | SentMail) -> None:
    bar = "  | "
    headers = (f"To: {to}", f"Subject: {message.subject}")
    wide = (line for header in headers for line in wrapped(header, margin=len(bar)))
    print_line()
    for line in (*wide, "", *message.text.splitlines()):
        print_line(f"{styled(bar, Style.DIM)}{line}".rstrip())
    print_line()


def _print_summary(days: Sequence[Day], actors: Actors) -> int:
    checks = verify(days, actors.units, actors.accounts_with_the_role())
    return print_summary("EACH ACCOUNT AND KEY, DAY BY DAY", ["", *draw(days)], checks, _EMULATED)


if __name__ == "__main__":
    sys.exit(main())
