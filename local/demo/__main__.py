"""The demo, `make demo`: play sixty days of the deployed stack, and verify them.

The exit code is 0 only if every key had the expected stage, and its owner the expected mail, on
every day.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from local.demo.actors import Actors
from local.demo.console import Style, print_line, print_paragraphs, step, styled
from local.demo.mailboxes import Mailboxes, user_of_mail
from local.demo.playback import STARTS_AT, Day, play
from local.demo.scenario import LAST_DAY, SUBSCRIBER, day_of, seed
from local.demo.scenario_keys import KEYS
from local.demo.scenario_owners import CONTEXT, FOLLOWED_MAILS
from local.demo.stages import Stage
from local.demo.summary import print_summary
from local.demo.synthesis import STACK, synthesise
from local.demo.timeline import draw
from local.demo.verify import verify
from local.emulator.account import LocalAccount
from local.emulator.records import PublishedMessage, SentMail

_DAYS_WITH_FULL_EMAIL = frozenset({1, 2, 8, 10, 13, 28, 31, 38})
"""Days whose e-mail is printed: first notices, an owner not reached, deactivations, a key turned on
again, a changed setting, a hold, an extension, deletions."""
_DAY_WITH_FULL_MAIL = 9
_OTHER_MAILS = "docs/owner-mail.md shows each kind of mail to owners, also as HTML."
_UNCHANGED_STAGES = frozenset(
    {Stage.WORKS, Stage.WAITING, Stage.IN_GRACE, Stage.NOT_OURS, Stage.ABSENT}
    | {Stage.EXEMPT, Stage.HELD}
)
_EMULATED = """\
  IAM, SSM, SNS, SQS, SES, EventBridge, DynamoDB, KMS, Lambda and Scheduler were
  emulated by ministack on 127.0.0.1, with IAM policies enforced: the function
  had the permissions of its deployed role only.
  The function was the synthesised asset under AWS's own runtime client, invoked
  by its schedule. The demo set the clock, the age of the keys and the dates of
  their last use, and sent the events with which SES reports what became of a
  mail. E-mails and mails were recorded. Nothing was sent from this machine."""


def main() -> int:
    """Run the demo. Return 0 if everything was as expected, 1 if not, 130 on Ctrl-C."""
    try:
        return _run()
    except KeyboardInterrupt:
        print_line("\nstopped, and all its files deleted")
        return 130


def _run() -> int:
    print_line(f"KEY ROTATION: {LAST_DAY} days of an AWS account, on this machine", Style.BOLD)
    print_line()
    with TemporaryDirectory(prefix="key-rotation-demo-") as folder:
        with step("synthesising the stack"):
            assembly = synthesise(Path(folder), email=SUBSCRIBER, context=CONTEXT)
        with step("starting an emulated account"):
            account = LocalAccount.start(now=STARTS_AT)
        with account:
            with step("deploying the stack"):
                account.deploy(assembly, STACK)
            actors = Actors(account)
            with step(f"creating users and {sum(k.age is not None for k in KEYS)} keys"):
                seed(actors)
            print_line()
            days = _play(actors, Mailboxes(account))
    return _print_summary(days)


def _play(actors: Actors, mailboxes: Mailboxes) -> list[Day]:
    days: list[Day] = []
    for day in play(actors, mailboxes):
        _print_day(day, days[-1] if days else None)
        days.append(day)
    return days


def _print_day(day: Day, before: Day | None) -> None:
    """Print the changes, e-mails, mails and actions of a day, if there are any."""
    lines = [
        *((f"{what}: {', '.join(labels)}", Style.BOLD) for what, labels in _changes(day, before)),
        *((f"e-mail: {message.subject}", Style.PLAIN) for message in day.messages),
        *((line, Style.PLAIN) for line in _mails(day)),
        *((f"then {action}", Style.BLUE) for action in day.actions),
    ]
    if lines:
        date = day_of(day.day)
        print_paragraphs(f"day {day.day:>2}  {date:%a} {date.day:>2} {date:%b}", lines)
    if day.day in _DAYS_WITH_FULL_EMAIL:
        for message in day.messages:
            _print_message([each.endpoint for each in message.recipients], message)
    if day.day == _DAY_WITH_FULL_MAIL:
        for mail in filter(_is_followed, day.mails):
            _print_message(mail.to, mail)
        print_line(f"  {_OTHER_MAILS}\n", Style.DIM)


def _mails(day: Day) -> Iterator[str]:
    """Describe the mails to owners: each of those that are followed, and whom others are about."""
    for mail in filter(_is_followed, day.mails):
        yield f"mail to {', '.join(mail.to)}: {mail.subject}"
    others = sorted(user_of_mail(mail) for mail in day.mails if not _is_followed(mail))
    if others:
        yield f"mails about the keys of: {', '.join(others)}"


def _is_followed(mail: SentMail) -> bool:
    return user_of_mail(mail) in FOLLOWED_MAILS


def _changes(day: Day, before: Day | None) -> Iterable[tuple[str, list[str]]]:
    """Return the labels of the keys to print for a day, by what happened to them."""
    found: dict[str, list[str]] = {}
    for label, observation in day.observations.items():
        stage = observation.stage
        changed = before is None or before.observations[label].stage is not stage
        first = changed and stage in {Stage.EXEMPT, Stage.HELD}
        if stage is None or stage not in _UNCHANGED_STAGES or first:
            found.setdefault(stage.legend if stage else "unknown stage", []).append(label)
    return found.items()


def _print_message(recipients: Sequence[str], message: PublishedMessage | SentMail) -> None:
    bar = styled("  | ", Style.DIM)
    headers = (f"To: {', '.join(recipients)}", f"Subject: {message.subject}", "")
    print_line()
    for line in (*headers, *message.text.splitlines()):
        print_line(f"{bar}{line}".rstrip())
    print_line()


def _print_summary(days: Sequence[Day]) -> int:
    checks = verify(days)
    return print_summary("EACH KEY, DAY BY DAY", ["", *draw(days)], checks, _EMULATED)


if __name__ == "__main__":
    sys.exit(main())
