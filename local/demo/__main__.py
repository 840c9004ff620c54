"""The demo, `make demo`: play sixty days of the deployed stack, and verify them.

The exit code is 0 only if every key had the expected stage on every day.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from local.demo.actors import Actors
from local.demo.console import Style, print_line, step, styled
from local.demo.playback import STARTS_AT, Day, play
from local.demo.scenario import LAST_DAY, SUBSCRIBER, day_of, seed
from local.demo.scenario_keys import KEYS
from local.demo.stages import Stage
from local.demo.summary import print_summary
from local.demo.synthesis import STACK, synthesise
from local.demo.timeline import draw
from local.demo.verify import verify
from local.emulator.account import LocalAccount
from local.emulator.records import PublishedMessage

_DAYS_WITH_FULL_EMAIL = frozenset({1, 8, 10, 13, 28, 31, 38})
"""Days whose e-mail is printed: first notices, deactivations, a key turned on again, a changed
setting, a hold, an extension, deletions."""
_UNCHANGED_STAGES = frozenset(
    {Stage.WORKS, Stage.WAITING, Stage.IN_GRACE, Stage.NOT_OURS, Stage.ABSENT}
    | {Stage.EXEMPT, Stage.HELD}
)
_EMULATED = """\
  IAM, SSM, SNS, SQS, DynamoDB, KMS, Lambda and Scheduler were emulated by ministack on 127.0.0.1,
  with IAM policies enforced: the function had the permissions of its deployed role only.
  The function was the synthesised asset under AWS's own runtime client, invoked by its schedule.
  The demo set the clock, the age of the keys and the dates of their last use.
  E-mails were recorded in an outbox. Nothing was sent from this machine."""


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
            assembly = synthesise(Path(folder), email=SUBSCRIBER)
        with step("starting an emulated account"):
            account = LocalAccount.start(now=STARTS_AT)
        with account:
            with step("deploying the stack"):
                account.deploy(assembly, STACK)
            actors = Actors(account)
            with step(f"creating users and {sum(k.age is not None for k in KEYS)} keys"):
                seed(actors)
            print_line()
            days = _play(actors)
    return _print_summary(days)


def _play(actors: Actors) -> list[Day]:
    days: list[Day] = []
    for day in play(actors):
        _print_day(day, days[-1] if days else None)
        days.append(day)
    return days


def _print_day(day: Day, before: Day | None) -> None:
    """Print the changes, e-mails and actions of a day, if there are any."""
    changes = _changes(day, before)
    if not (changes or day.messages or day.actions):
        return
    margin = f"day {day.day:>2}  {day_of(day.day):%a} {day_of(day.day).day:>2} {day_of(day.day):%b}"
    lines = [styled(f"{what}: {', '.join(labels)}", Style.BOLD) for what, labels in changes.items()]
    lines += [f"e-mail: {message.subject}" for message in day.messages]
    lines += [styled(f"then {action}", Style.BLUE) for action in day.actions]
    for line in lines:
        print_line(f"{margin:<20}{line}")
        margin = ""
    if day.day in _DAYS_WITH_FULL_EMAIL:
        for message in day.messages:
            _print_message(message)


def _changes(day: Day, before: Day | None) -> dict[str, list[str]]:
    """Return the labels of the keys to print for a day, by what happened to them."""
    found: dict[str, list[str]] = {}
    for label, observation in day.observations.items():
        stage = observation.stage
        changed = before is None or before.observations[label].stage is not stage
        first = changed and stage in {Stage.EXEMPT, Stage.HELD}
        if stage is None or stage not in _UNCHANGED_STAGES or first:
            found.setdefault(stage.legend if stage else "unknown stage", []).append(label)
    return found


def _print_message(message: PublishedMessage) -> None:
    bar = styled("    | ", Style.DIM)
    recipients = ", ".join(each.endpoint for each in message.recipients)
    headers = (f"To: {recipients}", f"Subject: {message.subject}", "")
    print_line()
    for line in (*headers, *message.text.splitlines()):
        print_line(f"{bar}{line}".rstrip())
    print_line()


def _print_summary(days: Sequence[Day]) -> int:
    checks = verify(days)
    return print_summary("EACH KEY, DAY BY DAY", ["", *draw(days)], checks, _EMULATED)


if __name__ == "__main__":
    sys.exit(main())
