"""Runs the product in the account in memory, with mail to owners, and checks the mails."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from re import findall
from typing import Any, cast

from key_rotation.adapters.clients import MailClients
from tests.aws.owner_mail.conftest import environment
from tests.aws.owner_mail.fakes import FakeQueue, FakeSes
from tests.simulation.expected_settings import ExpectedSettings
from tests.simulation.fakes import FakeAws
from tests.simulation.oracle import check_promise
from tests.simulation.simulator import SEQUENCE, Run, SimulatedClock, Simulator

OPERATIONS = {
    "send_email": "SendEmail",
    "get_account": "GetAccount",
    "receive_message": "ReceiveMessage",
    "delete_message": "DeleteMessage",
}
FIRST_LINES = {
    "deactivated": "no longer works",
    "deleted": "was deleted",
    "extended": "is deleted later",
    "withdrawn": "No action needed any more",
}
"""What the first line of a mail about one key says, by the section of the digest."""
ANNOUNCED_DAY = r"^(?:Reminder: a|A)n AWS access key of .* (?:stops working|is deleted) on (.+)$"
DOMAIN = "@example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOfRun:
    """A mail that SES accepted; order: its place among all that happened."""

    run: Run
    order: int
    to: tuple[str, ...]
    text: str

    @property
    def first_line(self) -> str:
        """What the mail says first: in the text, a long line is broken."""
        return " ".join(self.text.partition("\n\n")[0].replace("\n| ", " ").split())

    @property
    def key_id(self) -> str:
        """The key that the mail is about, and not another one of the user; empty if several."""
        return "".join(findall(r"(?m)^  Key +(\S+)$", self.text)[:1])

    def is_about(self, key_id: str) -> bool:
        """Return whether the mail is about a key."""
        return key_id == self.key_id if self.key_id else key_id in self.text

    @property
    def announced_day(self) -> date | None:
        """The day on which the key stops working or is deleted; None if the mail names none."""
        for day in findall(ANNOUNCED_DAY, self.first_line):
            return datetime.strptime(day, "%a %d %b %Y").date()  # noqa: DTZ007  # a date
        return None


@dataclass(kw_only=True)
class RecordedSes(FakeSes):
    """SES that says when it accepted a mail."""

    on_sent: Callable[[dict[str, Any]], None]

    def send_email(self, **request: Any) -> dict[str, Any]:
        """Answer as SendEmail does."""
        answer = super().send_email(**request)
        self.on_sent(self.sent[-1])
        return answer


@dataclass(frozen=True, slots=True)
class DisturbedClient:
    """A client whose calls pass the fault injector of the run."""

    aws: FakeAws
    client: object

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return a method of the client."""

        def call(**request: Any) -> Any:
            act = getattr(self.client, name)
            return self.aws.call(OPERATIONS[name], request, lambda: act(**request))

        return call


class MailSimulator(Simulator):
    """An account whose owners of keys get mail: by their name, if it is an address."""

    def __init__(self, zone: str = "UTC", clock: SimulatedClock | None = None) -> None:
        """Create an empty account."""
        super().__init__(zone, clock)
        self.ses, self.queue = RecordedSes(on_sent=self._record_mail), FakeQueue()
        clients = MailClients(
            ses=cast("Any", DisturbedClient(self.aws, self.ses)),
            sqs=cast("Any", DisturbedClient(self.aws, self.queue)),
        )
        self.owner_mail = replace(environment(self.ses, self.queue), clients=clients)
        self.account.put_parameter("owner-tags", "owner")
        self.account.put_parameter("owner-notice", "try")
        self.mails: list[MailOfRun] = []

    def run(self, **options: Any) -> Run:
        """Run once, when the events that an earlier run received are visible again."""
        self.queue.show_again()
        return super().run(**options)

    def _record_mail(self, mail: dict[str, Any]) -> None:
        run = self._in_progress[-1]
        self.mails.append(
            MailOfRun(run=run, order=next(SEQUENCE), to=mail["to"], text=mail["text"])
        )


@dataclass
class MailOracle:
    """Checks the mails of one history, from what the digests said and what IAM has.

    checked: how many mails were checked
    """

    simulator: MailSimulator
    checked: int = 0

    def check(self, run: Run) -> None:
        """Check the mails of one run, and those before its deactivations."""
        new = self.simulator.mails[self.checked :]
        self.checked += len(new)
        for mail in new:
            allowed = all(address.endswith(DOMAIN) for address in mail.to)
            check_promise(mail.to and allowed, f"a mail went to {mail.to}")
            if mail.run.undisturbed:
                self._check_announcement(mail)
        for change in run.changes:
            for day in self._announced_days(change.key.key_id):
                late = f"{change.key.key_id} was {change.kind} on {run.day}, mailed for {day}"
                check_promise(day <= run.day, late)
        self._check_none_waits(run)

    def check_owners_got_mail(self) -> None:
        """Check that the owner got a mail about all that a digest said of what happened."""
        for entries in self.simulator.reported.values():
            for entry in entries:
                words = FIRST_LINES.get(entry.section)
                if not (entry.certain and words and entry.key_id):
                    continue
                mails = [
                    mail
                    for mail in self.simulator.mails
                    if mail.order > entry.order
                    and mail.is_about(entry.key_id)
                    and (words in mail.first_line or "AWS access keys" in mail.first_line)
                ]
                check_promise(mails, f"no mail says that {entry.key_id} was {entry.section}")

    def _announced_days(self, key_id: str) -> list[date]:
        mails = [mail for mail in self.simulator.mails if mail.is_about(key_id)]
        return [mail.announced_day for mail in mails if mail.announced_day]

    def _check_announcement(self, mail: MailOfRun) -> None:
        """Check a mail that names a day, when it is sent: nothing later is sent about its key."""
        day = mail.announced_day
        if day is None:
            return
        sent = [each for each in self.simulator.mails if each.run is mail.run]
        later = [each for each in sent if each.order > mail.order and each.key_id == mail.key_id]
        check_promise(not later, f"a mail was overtaken: {mail.first_line}")
        check_promise(day >= mail.run.day, f"on {mail.run.day}: {mail.first_line}")
        known = [
            key for key_id, key in self.simulator.account.keys.items() if mail.is_about(key_id)
        ]
        check_promise(known, f"the key does not exist: {mail.first_line}")
        settings = ExpectedSettings.parse(mail.run.observed.settings or {})
        exempt = settings is None or settings.is_exempt(known[0], mail.run.day)
        check_promise(not exempt, f"the key is exempt: {mail.first_line}")

    def _check_none_waits(self, run: Run) -> None:
        """Check that a whole run in enforce mode leaves no mail, unless SES sends none."""
        settings = ExpectedSettings.parse(run.observed.settings or {})
        whole = run.undisturbed and not run.report and len(run.responses) == 1
        if not whole or settings is None or settings.mode != "enforce":
            return
        if self.simulator.ses.sending_enabled:
            items = self.simulator.aws.table.items
            waiting = [sk for pk, sk in items if pk == "PENDING_MAIL" and sk != "#PROBLEMS"]
            check_promise(not waiting, f"mails wait after a whole run: {waiting}")
