"""The demo, `make demo`: sixty days of the deployed stack in some seconds, and a verdict.

It ends with exit code 0 only if every key, on every day, was what the rules say.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from local.demo.judging import Verdict, judge
from local.demo.people import People
from local.demo.screen import WIDTH, Ink, inked, say, step
from local.demo.stages import Stage
from local.demo.story import KEYS, LAST_DAY, LISTENER, day_of, seed
from local.demo.synthesis import synthesise
from local.demo.telling import STARTS_AT, Day, happen
from local.demo.timeline import draw
from local.emulator.account import LocalAccount
from local.emulator.records import Mail

_IN_FULL = frozenset({1, 8, 10, 13, 28, 31, 38})
"""Days whose mail is worth reading: first notices, deactivations, one turned on again, a changed
setting, a hold, an extension, deletions."""
_STILL = frozenset(
    {Stage.WORKS, Stage.WAITING, Stage.IN_GRACE, Stage.NOT_OURS, Stage.ABSENT}
    | {Stage.EXEMPT, Stage.HELD}
)
_EMULATED = """\
  IAM, SSM, SNS, SQS, DynamoDB, KMS, Lambda and Scheduler are ministack's, on 127.0.0.1, which
  enforces IAM's policies: the function could do only what its deployed role may.
  The function is the synthesised asset, under AWS's own runtime client, fired by its schedule.
  The demo set the clock, the age of the keys, and the dates of their last use.
  Mail went into an outbox. Nothing left this machine."""


def main() -> int:
    """Show the story; the exit code says whether it went as the rules say."""
    try:
        return _show()
    except KeyboardInterrupt:
        say("\nstopped; nothing of it is left")
        return 130


def _show() -> int:
    say(f"KEY ROTATION: {LAST_DAY} days of an AWS account, on this machine", Ink.BOLD)
    say()
    with TemporaryDirectory(prefix="key-rotation-demo-") as folder:
        with step("synthesising the stack"):
            assembly = synthesise(Path(folder), email=LISTENER)
        with step("starting an emulated account"):
            account = LocalAccount.start(now=STARTS_AT)
        with account:
            with step("deploying the stack"):
                account.deploy(assembly)
            people = People(account)
            with step(f"making users, and {sum(k.age is not None for k in KEYS)} keys"):
                seed(people)
            say()
            days = _days(people)
    return _conclude(days)


def _days(people: People) -> list[Day]:
    days: list[Day] = []
    for day in happen(people):
        _tell(day, days[-1] if days else None)
        days.append(day)
    return days


def _tell(day: Day, before: Day | None) -> None:
    """Tell a day, if anything happened on it."""
    happened = _happened(day, before)
    if not (happened or day.mails or day.deeds):
        return
    margin = f"day {day.day:>2}  {day_of(day.day):%a} {day_of(day.day).day:>2} {day_of(day.day):%b}"
    lines = [inked(f"{what}: {', '.join(labels)}", Ink.BOLD) for what, labels in happened.items()]
    lines += [f"mail: {mail.subject}" for mail in day.mails]
    lines += [inked(f"then {deed}", Ink.BLUE) for deed in day.deeds]
    for line in lines:
        say(f"{margin:<20}{line}")
        margin = ""
    if day.day in _IN_FULL:
        for mail in day.mails:
            _print_mail(mail)


def _happened(day: Day, before: Day | None) -> dict[str, list[str]]:
    """Collect the keys that are news today, by what happened to them."""
    found: dict[str, list[str]] = {}
    for label, sight in day.sights.items():
        stage = sight.stage
        changed = before is None or before.sights[label].stage is not stage
        first = changed and stage in {Stage.EXEMPT, Stage.HELD}
        if stage is None or stage not in _STILL or first:
            found.setdefault(stage.legend if stage else "unlike any rule", []).append(label)
    return found


def _print_mail(mail: Mail) -> None:
    bar = inked("    | ", Ink.DIM)
    readers = ", ".join(each.endpoint for each in mail.recipients)
    say()
    for line in (f"To: {readers}", f"Subject: {mail.subject}", "", *mail.text.splitlines()):
        say(f"{bar}{line}".rstrip())
    say()


def _conclude(days: Sequence[Day]) -> int:
    say()
    say("WHAT BECAME OF EACH KEY", Ink.BOLD)
    say()
    for line in draw(days):
        say(line)
    verdicts = judge(days)
    say()
    say("AS THE RULES SAY?", Ink.BOLD)
    for verdict in verdicts:
        _print_verdict(verdict)
    say()
    say("WHAT IS EMULATED", Ink.BOLD)
    say(_EMULATED)
    say()
    failed = [verdict for verdict in verdicts if verdict.deviations]
    say(
        f"as the rules say: {len(verdicts) - len(failed)} of {len(verdicts)}",
        Ink.RED if failed else Ink.GREEN,
    )
    return 1 if failed else 0


def _print_verdict(verdict: Verdict) -> None:
    good = not verdict.deviations
    mark = inked("ok", Ink.GREEN) if good else inked("NO", Ink.RED)
    say(f"  {mark}  {verdict.subject:<13}{verdict.rule}"[: WIDTH + 20])
    for deviation in verdict.deviations:
        say(f"      {'':<13}{deviation}", Ink.RED)


if __name__ == "__main__":
    sys.exit(main())
