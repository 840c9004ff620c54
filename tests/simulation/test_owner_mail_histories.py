"""Mail to owners in months of random days: at least once, and none that is not true.

The oracle of the rules is that of an account without mails: they change no decision here.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from tests.aws.owner_mail.conftest import FALLBACK
from tests.aws.owner_mail.fakes import bounce, complaint, delivery
from tests.simulation.fault_injection import Fault
from tests.simulation.mail_simulator import OPERATIONS, MailOracle, MailSimulator
from tests.simulation.simulator import Run
from tests.simulation.state_machine import FAULT_KINDS, INDEX, HistoryMachine
from tests.simulation.test_histories import HISTORY_COUNT, PROFILE

FEWER = 25
"""In the short run: the rules have their own histories."""
STALE = 400
"""The age of a key, in days, that is more than each limit here."""
MAIL_FAULTS = st.lists(
    st.builds(
        Fault,
        kind=FAULT_KINDS,
        at=st.integers(0, 2),
        operation=st.sampled_from((*OPERATIONS.values(), "TransactWriteItems", "DeleteItem")),
        lasting=st.booleans(),
    ),
    min_size=1,
    max_size=2,
)


class MailHistoryMachine(HistoryMachine):
    """The same histories, in which SES, the queue and the mailboxes fail too."""

    simulator_type = MailSimulator
    simulator: MailSimulator

    def open_account(self, zone: str) -> None:
        """Create an account whose owners get mail."""
        super().open_account(zone)
        self.mail_oracle = MailOracle(self.simulator)

    @rule(faults=MAIL_FAULTS, same_day=st.booleans())
    def run_with_faults_of_mails(self, faults: list[Fault], *, same_day: bool) -> None:
        """Disturb what a run does for mails."""
        if not same_day:
            self.advance_to_next_run()
        self.run(faults=faults)
        self.advance_some_minutes()

    @rule(days=st.integers(1, 12), choice=st.sampled_from((0, 1, 4, 5, 6)), index=INDEX)
    def run_daily_while_ses_sends_nothing(self, days: int, choice: int, index: int) -> None:
        """Mails wait, until they are sent or overtaken: somebody may act on a key before."""
        self.simulator.ses.sending_enabled = False
        self.run_daily(days)
        self.intervene(choice, index)
        self.simulator.ses.sending_enabled = True
        self.run_daily(1)

    @precondition(lambda self: self.simulator.ses.sent)
    @rule(index=INDEX, kind=st.sampled_from((bounce, complaint, delivery)))
    def report_what_came_of_a_mail(self, index: int, kind: object) -> None:
        """The mailbox of the fallback accepts all mails."""
        sent = self.simulator.ses.sent
        mail = sent[-1 - index % len(sent)]
        if mail["to"] == (FALLBACK,):
            kind = delivery
        assert callable(kind)
        self.simulator.queue.put(kind(mail))

    def check(self, run: Run) -> None:
        """Check the promises for a run, and its mails."""
        super().check(run)
        self.promise_broken = True
        self.mail_oracle.check(run)
        self.promise_broken = False

    def run_undisturbed_days(self) -> None:
        """Then SES sends nothing from the notice of two keys until the reminder of one of them."""
        super().run_undisturbed_days()
        self.account.put_parameter("notice-days", "3")
        for name in ("erin@example.com", "frank"):
            self.account.create_key(self.account.create_user(name, age=STALE), STALE)
        self.run_daily_while_ses_sends_nothing(days=2, choice=1, index=len(self.account.keys) - 1)
        self.mail_oracle.check_owners_got_mail()


def test_every_owner_hears_what_happens_in_random_histories() -> None:
    profile = settings(PROFILE, max_examples=FEWER) if HISTORY_COUNT == "short" else PROFILE
    run_state_machine_as_test(MailHistoryMachine, settings=profile)
