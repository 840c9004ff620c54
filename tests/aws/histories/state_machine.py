"""Random histories: months in the life of an account, told by Hypothesis."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.aws.histories.expected_settings import ExpectedSettings
from tests.aws.histories.fault_injection import Fault, FaultKind
from tests.aws.histories.oracle import Oracle, check_promise
from tests.aws.histories.simulated_account import DEFAULTS, Key, User
from tests.aws.histories.simulator import Run, SimulatedClock, Simulator, without_threads

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SOME_MINUTES = timedelta(minutes=7)
UNDISTURBED_DAYS = 75
NAMES = ("alice", "Bob", "carol@example.com", "dave")
PATHS = ("/", "/ops/", "/ops/batch/")
ZONES = ("UTC", "America/New_York", "Pacific/Auckland", "Asia/Kolkata")
OPERATIONS = (
    "ListUsers",
    "ListAccessKeys",
    "GetAccessKeyLastUsed",
    "GenerateCredentialReport",
    "GetCredentialReport",
    "UpdateAccessKey",
    "DeleteAccessKey",
    "ListUserTags",
    "GetParameters",
    "ListSubscriptionsByTopic",
    "Publish",
    "GetItem",
    "PutItem",
    "DeleteItem",
    "TransactWriteItems",
    "Query",
)
NUMBERS = {
    "max-age-days": (12, 20, 35),
    "notice-days": (0, 1, 4, 9),
    "grace-days": (1, 3, 6, 12),
    "max-changes-per-run": (0, 1, 2, 25),
}
SWITCHES = {
    "mode": ("enforce", "report"),
    "delete-unused-keys": ("true", "false"),
    "adopt-inactive-keys": ("true", "false"),
}
INVALID_VALUES = {
    "mode": ("ENFORCE", "", None),
    "max-age-days": ("0", "1e1", "ninety", "-5", "3", None),
    "notice-days": ("91", "٣", "1.5", "80"),
    "grace-days": ("0", " 6", "366"),
    "max-changes-per-run": ("5001", "all", None),
    "delete-unused-keys": ("True", "yes"),
    "adopt-inactive-keys": ("1", None),
    "exemptions": ("", "alice unti 2027-01-01", "alice until 2026-02-30", "# all", None),
}
INDEX = st.integers(0, 63)
EDITS = st.sampled_from(
    [(name, str(value)) for name, values in (NUMBERS | SWITCHES).items() for value in values]
)
BAD_EDITS = st.sampled_from([(name, v) for name, values in INVALID_VALUES.items() for v in values])
PATTERNS = st.sampled_from(["owner", "path", "key", "*", "/ops/*", "AKIA*", "a*", "*@example.com"])
FAULT_KINDS = st.sampled_from(FaultKind)
ONE_CALL = st.builds(Fault, kind=FAULT_KINDS, at=st.integers(0, 45))
NAMED_CALL = st.builds(
    Fault,
    kind=FAULT_KINDS,
    at=st.integers(0, 3),
    operation=st.sampled_from(OPERATIONS),
    lasting=st.booleans(),
)
REPEATED_FAULT = st.builds(
    Fault,
    kind=FAULT_KINDS,
    at=st.just(0),
    operation=st.sampled_from(
        ("UpdateAccessKey", "DeleteAccessKey", "TransactWriteItems", "Publish", "ListAccessKeys")
    ),
    lasting=st.booleans(),
)
FAULTS = st.lists(st.one_of(ONE_CALL, NAMED_CALL, NAMED_CALL), min_size=1, max_size=2)


@dataclass
class Statistics:
    """How much was told."""

    histories: int = 0
    calls: int = 0
    runs: int = 0
    days: int = 0
    changes: int = 0
    messages: int = 0
    disturbed: int = 0


STATISTICS = Statistics()


class HistoryMachine(RuleBasedStateMachine):
    """What people, AWS and the schedule may do, in any order."""

    def __init__(self) -> None:
        """Begin a history."""
        super().__init__()
        self.clock = SimulatedClock()
        self.stack = ExitStack()
        self.stack.enter_context(without_threads())
        self.open_account("UTC")

    def open_account(self, zone: str) -> None:
        """Open an account."""
        self.simulator = Simulator(zone, self.clock)
        self.account = self.simulator.account
        self.clock.account = self.account
        self.oracle = Oracle(self.simulator)
        self.started = self.account.now
        self.promise_broken = False

    @initialize(
        zone=st.sampled_from(ZONES),
        rotated_follows_status=st.booleans(),
        ages=st.lists(st.sampled_from((0, 3, 10, 16, 19, 20, 34, 400)), max_size=5),
        edits=st.lists(EDITS, max_size=3),
    )
    def start_history(
        self,
        zone: str,
        *,
        rotated_follows_status: bool,
        ages: list[int],
        edits: list[tuple[str, str]],
    ) -> None:
        """Some users have keys, and some thresholds were edited."""
        self.open_account(zone)
        self.account.rotated_follows_status = rotated_follows_status
        for number, age in enumerate(ages):
            name = NAMES[number % 3]
            path = PATHS[number % len(PATHS)]
            owner = self.account.find_user(name) or self.account.create_user(name, path, age)
            self.account.create_key(owner, age)
        for name, value in edits:
            self.account.put_parameter(name, value)

    # --- the schedule -----------------------------------------------------------------------

    @rule(days=st.integers(1, 6))
    def two_runs_each_day(self, days: int) -> None:
        """One right after the other; IAM is behind with itself."""
        for _ in range(days):
            self.run_twice_on_a_day(0, shown_as_active=True, tomorrow=True)

    @rule(days=st.integers(1, 8))
    def run_daily(self, days: int) -> None:
        """The schedule runs each day."""
        for _ in range(days):
            self.advance_to_next_run()
            self.run()

    @rule(days=st.sampled_from((1, 2, 5, 9, 40)))
    def skip_days(self, days: int) -> None:
        """Nothing runs."""
        self.account.now += DAY * days

    @rule(hours=st.integers(0, 6), shown_as_active=st.booleans(), tomorrow=st.booleans())
    def run_twice_on_a_day(self, hours: int, *, shown_as_active: bool, tomorrow: bool) -> None:
        """Perhaps so soon that IAM still shows what the first one turned off as active."""
        if tomorrow:
            self.advance_to_next_run()
        first = self.run()
        if shown_as_active and first.undisturbed:
            deactivated = {
                change.key.key_id for change in first.changes if change.kind == "deactivated"
            }
            self.account.shown_as_active |= deactivated & self.account.keys.keys()
        self.account.now += HOUR * hours + timedelta(seconds=20)
        if hours:
            self.account.shown_as_active.clear()
        self.run()

    @rule()
    def start_report_run(self) -> None:
        """Report mode by event."""
        self.advance_some_minutes()
        self.run(report=True)

    @rule(faults=FAULTS, call_duration=st.sampled_from((0, 0, 6)), same_day=st.booleans())
    def run_with_faults(self, faults: list[Fault], call_duration: int, *, same_day: bool) -> None:
        """Killed, refused, throttled, or left without an answer."""
        if not same_day:
            self.advance_to_next_run()
        self.run(faults=faults, call_duration=timedelta(seconds=call_duration))
        self.advance_some_minutes()

    @rule(fault=REPEATED_FAULT, days=st.integers(2, 9))
    def run_daily_with_one_fault(self, fault: Fault, days: int) -> None:
        """The same goes wrong day after day."""
        for _ in range(days):
            self.advance_to_next_run()
            self.run(faults=[fault])

    @rule(at=st.integers(2, 40), choice=st.integers(0, 6), index=INDEX)
    def intervene_during_a_run(self, at: int, choice: int, index: int) -> None:
        """Between any two calls of it."""
        self.advance_to_next_run()
        self.run(interventions={at: lambda: self.intervene(choice, index)})

    @rule(at=st.integers(2, 40))
    def stall_a_run_and_start_another(self, at: int) -> None:
        """And then the first one wakes."""
        self.advance_to_next_run()
        other_runs: list[Run] = []
        first = self.simulator.run(
            interventions={at: lambda: other_runs.append(self.simulator.take_over())}
        )
        for run in (*other_runs, first):
            self.check(run)

    @rule()
    def run_with_little_time(self) -> None:
        """It goes on in parts."""
        self.advance_to_next_run()
        self.run(call_duration=timedelta(seconds=7))

    @rule()
    def run_beside_another_run(self) -> None:
        """Its heart beats."""
        self.advance_some_minutes()
        table = self.simulator.aws.table
        key = ("RUN", "LEASE")
        if key in table.items:
            return
        lease = {"pk": "RUN", "sk": "LEASE", "run_id": "other", "beats": 0}
        table.items[key] = lease
        self.clock.on_sleep = lambda: lease.update(beats=int(str(lease["beats"])) + 1)
        before = len(self.account.messages)
        run = self.simulator.run()
        self.clock.on_sleep = None
        del table.items[key]
        check_promise(
            not run.changes
            and len(self.account.messages) == before
            and run.items_before == table.items | {key: lease},
            "5: two runs at once acted",
        )

    # --- people ------------------------------------------------------------------------------

    @rule(name=st.sampled_from(NAMES), path=st.sampled_from(PATHS))
    def create_key(self, name: str, path: str) -> None:
        """And its user, if there is none."""
        self.advance_some_minutes()
        owner = self.account.find_user(name) or self.account.create_user(name, path)
        if len(self.account.keys_of(owner)) < 3:
            self.account.create_key(owner)

    @precondition(lambda self: self.account.keys)
    @rule(choice=st.integers(0, 5), index=INDEX)
    def intervene_between_runs(self, choice: int, index: int) -> None:
        """To a key or to its user."""
        self.advance_some_minutes()
        self.intervene(choice, index)

    @precondition(lambda self: self.account.keys)
    @rule(index=INDEX, visible_after=st.sampled_from((0, 0, 4, 30)))
    def use_key(self, index: int, visible_after: int) -> None:
        """If it works; IAM tells of it late."""
        self.advance_some_minutes()
        key = self.pick_key(index)
        if key.status == "Active":
            self.account.use_key(key, self.account.now, HOUR * visible_after)

    @precondition(lambda self: self.account.keys)
    @rule(index=INDEX, use=st.booleans(), hours=st.sampled_from((2, 20)))
    def reactivate_and_deactivate_between_runs(self, index: int, hours: int, *, use: bool) -> None:
        """Between two runs."""
        self.advance_some_minutes()
        self.reactivate_and_deactivate(self.pick_key(index), hours, use=use)

    @rule(hours=st.sampled_from((2, 20)), use=st.booleans())
    def reactivate_the_next_deactivated_key(self, hours: int, *, use: bool) -> None:
        """Within a day of its deactivation."""
        for _ in range(8):
            self.advance_to_next_run()
            changes = self.run().changes
            self.advance_some_minutes()
            for key in [change.key for change in changes if change.kind == "deactivated"]:
                return self.reactivate_and_deactivate(key, hours, use=use)
        return None

    def reactivate_and_deactivate(self, key: Key, hours: int, *, use: bool) -> None:
        """Turn a key on, perhaps use it, and turn it off."""
        if key.status != "Inactive":
            return
        self.account.set_status(key, "Active")
        self.account.now += HOUR * hours
        if use:
            self.account.use_key(key, self.account.now, timedelta(0))
        self.advance_some_minutes()
        self.account.set_status(key, "Inactive")

    @precondition(lambda self: self.account.keys)
    @rule(index=INDEX)
    def toggle_unknown_status(self, index: int) -> None:
        """Or of a known one again."""
        self.advance_some_minutes()
        key = self.pick_key(index)
        self.account.set_status(key, "Inactive" if key.status == "Expired" else "Expired")

    @precondition(lambda self: self.account.keys)
    @rule(index=INDEX, days=st.integers(5, 40))
    def reactivate_a_key_every_day(self, index: int, days: int) -> None:
        """And turns it on again each time."""
        key = self.pick_key(index)
        for _ in range(days):
            self.advance_to_next_run()
            self.run()
            self.advance_some_minutes()
            if key.status == "Inactive" and key.key_id in self.account.keys:
                self.account.set_status(key, "Active")

    @rule(edit=EDITS)
    def edit_parameter(self, edit: tuple[str, str]) -> None:
        """To something acceptable by itself."""
        self.advance_some_minutes()
        self.account.put_parameter(*edit)

    @rule(notice=st.sampled_from(("0", "1", "9")), days=st.integers(1, 3))
    def raise_and_restore_max_age(self, notice: str, days: int) -> None:
        """SnsTopic are withdrawn, and given again."""
        before = self.account.parameters["max-age-days"][0]
        self.account.put_parameter("max-age-days", "365")
        self.run_daily(days)
        self.account.put_parameter("notice-days", notice)
        self.account.put_parameter("max-age-days", before)
        self.run_daily(1)

    @rule(edit=BAD_EDITS, days=st.integers(1, 2))
    def edit_parameter_badly(self, edit: tuple[str, str | None], days: int) -> None:
        """And mend it some days later."""
        self.advance_some_minutes()
        before = self.account.parameters.get(edit[0], (DEFAULTS[edit[0]], 0))[0]
        self.account.put_parameter(*edit)
        self.run_daily(days)
        self.account.put_parameter(edit[0], before)

    @rule(pattern=PATTERNS, index=INDEX, until=st.sampled_from((None, None, 0, 2, 10)))
    def add_exemption(self, pattern: str, index: int, until: int | None) -> None:
        """By name, path, key or wildcard; perhaps until a day."""
        self.advance_some_minutes()
        if pattern in {"owner", "path", "key"}:
            if not self.account.keys:
                return
            key = self.pick_key(index)
            owner = key.owner
            pattern = {
                "owner": owner.name.upper(),
                "path": owner.path + owner.name,
                "key": key.key_id.lower(),
            }[pattern]
        day = (self.account.now + DAY * (until or 0)).date()
        line = f"{pattern} until {day} # a reason" if until is not None else pattern
        before = self.account.parameters["exemptions"][0]
        self.account.put_parameter("exemptions", line if before == "none" else f"{before}\n{line}")

    @rule()
    def remove_exemptions(self) -> None:
        """All exemptions end."""
        self.advance_some_minutes()
        self.account.put_parameter("exemptions", "none")

    @rule(days=st.integers(0, 3))
    def remove_subscriptions(self, days: int) -> None:
        """And subscribes again some days later."""
        self.advance_some_minutes()
        self.account.subscriber_count = 0
        if days:
            self.run_daily(days)
        else:
            self.start_report_run()
        self.account.subscriber_count = 1

    # --- in the end --------------------------------------------------------------------------

    def teardown(self) -> None:
        """Undisturbed for long enough, everything that is due is done."""
        try:
            if not self.promise_broken:
                self.run_undisturbed_days()
        finally:
            STATISTICS.histories += 1
            STATISTICS.days += (self.account.now - self.started).days
            STATISTICS.changes += len(self.simulator.changes)
            STATISTICS.messages += len(self.account.messages)
            STATISTICS.disturbed += sum(not run.undisturbed for run in self.simulator.runs)
            self.stack.close()

    def run_undisturbed_days(self) -> None:
        """No faults, no deeds, acceptable settings, and somebody listens."""
        account = self.account
        values = {name: value for name, (value, _) in account.parameters.items()}
        if ExpectedSettings.parse(values) is None:
            for name, value in DEFAULTS.items():
                account.put_parameter(name, value)
        account.put_parameter("mode", "enforce")
        if account.parameters["max-changes-per-run"][0] == "0":
            account.put_parameter("max-changes-per-run", "1")
        account.subscriber_count = 1
        account.shown_as_active.clear()
        self.advance_to_next_run()
        self.run()
        today = account.now.astimezone(self.simulator.zone).date()
        still_overdue = set(self.oracle.overdue(today))
        for _ in range(UNDISTURBED_DAYS):
            if not still_overdue:
                return
            self.advance_to_next_run()
            self.run()
            still_overdue &= set(self.oracle.overdue(today))
        check_promise(
            not still_overdue, f"forgotten after {UNDISTURBED_DAYS} calm days: {still_overdue}"
        )

    # --- how ---------------------------------------------------------------------------------

    def run(
        self,
        *,
        report: bool = False,
        faults: list[Fault] | None = None,
        interventions: dict[int, Callable[[], None]] | None = None,
        call_duration: timedelta = timedelta(0),
    ) -> Run:
        """Run once, and judge it."""
        run = self.simulator.run(
            report=report,
            faults=faults or (),
            interventions=interventions,
            call_duration=call_duration,
        )
        self.check(run)
        return run

    def check(self, run: Run) -> None:
        """Hold a run to the promises."""
        STATISTICS.runs += 1
        STATISTICS.calls += len(run.injector.calls)
        self.promise_broken = True
        self.oracle.check(run)
        self.promise_broken = False

    def advance_to_next_run(self) -> None:
        """Go to the hour of the schedule."""
        self.account.now = self.account.now.replace(hour=9, minute=0, second=0) + DAY
        self.account.shown_as_active.clear()

    def advance_some_minutes(self) -> None:
        """Some minutes."""
        self.account.now += SOME_MINUTES
        self.account.shown_as_active.clear()

    def pick_key(self, index: int) -> Key:
        """Some key."""
        keys = list(self.account.keys.values())
        return keys[index % len(keys)]

    def intervene(self, choice: int, index: int) -> None:
        """What people do to a key, its user, or the settings."""
        if not self.account.keys:
            return
        key = self.pick_key(index)
        match choice:
            case 0:
                self.account.set_status(key, "Active" if key.status == "Inactive" else "Inactive")
            case 1:
                self.account.delete_key(key)
            case 2:
                self.recreate_user(key.owner)
            case 3:
                self.rename_user(key.owner)
            case 4:
                self.account.delete_user(key.owner)
            case 5:
                self.account.put_parameter("exemptions", key.owner.name)
            case _:
                self.use_if_active(key)

    def use_if_active(self, key: Key) -> None:
        """Use a key that works."""
        if key.status == "Active":
            self.account.use_key(key, self.account.now, timedelta(0))

    def recreate_user(self, owner: User) -> None:
        """Delete a user, and make one of the same name, with a key."""
        self.account.delete_user(owner)
        self.account.create_key(self.account.create_user(owner.name, owner.path))

    def rename_user(self, owner: User) -> None:
        """Give a user another name; the keys stay."""
        names_in_use = {user.name for user in self.account.users.values()}
        owner.name = next(name for n in range(99) if (name := f"eve{n}") not in names_in_use)
