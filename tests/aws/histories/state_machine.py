"""Random histories: months in the life of an account, told by Hypothesis."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.aws.histories.account import DEFAULTS, Key, Person
from tests.aws.histories.calls import Fault, Kind
from tests.aws.histories.oracle import Oracle, promise
from tests.aws.histories.simulator import Clock, Run, Simulator, without_threads
from tests.aws.histories.thresholds import Rules

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MOMENT = timedelta(minutes=7)
CALM_DAYS = 75
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
NONSENSE = {
    "mode": ("ENFORCE", "", None),
    "max-age-days": ("0", "1e1", "ninety", "-5", "3", None),
    "notice-days": ("91", "٣", "1.5", "80"),
    "grace-days": ("0", " 6", "366"),
    "max-changes-per-run": ("5001", "all", None),
    "delete-unused-keys": ("True", "yes"),
    "adopt-inactive-keys": ("1", None),
    "exemptions": ("", "alice unti 2027-01-01", "alice until 2026-02-30", "# all", None),
}
ANY = st.integers(0, 63)
EDITS = st.sampled_from(
    [(name, str(value)) for name, values in (NUMBERS | SWITCHES).items() for value in values]
)
BAD_EDITS = st.sampled_from([(name, v) for name, values in NONSENSE.items() for v in values])
PATTERNS = st.sampled_from(["owner", "path", "key", "*", "/ops/*", "AKIA*", "a*", "*@example.com"])
KINDS = st.sampled_from(Kind)
ONE_CALL = st.builds(Fault, kind=KINDS, at=st.integers(0, 45))
NAMED_CALL = st.builds(
    Fault,
    kind=KINDS,
    at=st.integers(0, 3),
    operation=st.sampled_from(OPERATIONS),
    lasting=st.booleans(),
)
WEEK = st.builds(
    Fault,
    kind=KINDS,
    at=st.just(0),
    operation=st.sampled_from(
        ("UpdateAccessKey", "DeleteAccessKey", "TransactWriteItems", "Publish", "ListAccessKeys")
    ),
    lasting=st.booleans(),
)
FAULTS = st.lists(st.one_of(ONE_CALL, NAMED_CALL, NAMED_CALL), min_size=1, max_size=2)


@dataclass
class Tally:
    """How much was told."""

    histories: int = 0
    calls: int = 0
    runs: int = 0
    days: int = 0
    writes: int = 0
    mails: int = 0
    disturbed: int = 0


TALLY = Tally()


class Histories(RuleBasedStateMachine):
    """What people, AWS and the schedule may do, in any order."""

    def __init__(self) -> None:
        """Begin a history."""
        super().__init__()
        self.clock = Clock()
        self.stack = ExitStack()
        self.stack.enter_context(without_threads())
        self.open("UTC")

    def open(self, zone: str) -> None:
        """Open an account."""
        self.harness = Simulator(zone, self.clock)
        self.account = self.harness.account
        self.clock.account = self.account
        self.oracle = Oracle(self.harness)
        self.begun = self.account.now
        self.broken = False

    @initialize(
        zone=st.sampled_from(ZONES),
        bumps=st.booleans(),
        ages=st.lists(st.sampled_from((0, 3, 10, 16, 19, 20, 34, 400)), max_size=5),
        edits=st.lists(EDITS, max_size=3),
    )
    def begin(
        self, zone: str, *, bumps: bool, ages: list[int], edits: list[tuple[str, str]]
    ) -> None:
        """Some users have keys, and some thresholds were edited."""
        self.open(zone)
        self.account.bumps = bumps
        for number, age in enumerate(ages):
            name = NAMES[number % 3]
            path = PATHS[number % len(PATHS)]
            owner = self.account.named(name) or self.account.hire(name, path, age)
            self.account.issue(owner, age)
        for name, value in edits:
            self.account.put(name, value)

    # --- the schedule -----------------------------------------------------------------------

    @rule(days=st.integers(1, 6))
    def two_runs_each_day(self, days: int) -> None:
        """One right after the other; IAM is behind with itself."""
        for _ in range(days):
            self.a_second_run_on_the_day(0, lag=True, tomorrow=True)

    @rule(days=st.integers(1, 8))
    def days_go_by(self, days: int) -> None:
        """The schedule runs each day."""
        for _ in range(days):
            self.next_day()
            self.run()

    @rule(days=st.sampled_from((1, 2, 5, 9, 40)))
    def the_schedule_is_off(self, days: int) -> None:
        """Nothing runs."""
        self.account.now += DAY * days

    @rule(hours=st.integers(0, 6), lag=st.booleans(), tomorrow=st.booleans())
    def a_second_run_on_the_day(self, hours: int, *, lag: bool, tomorrow: bool) -> None:
        """Perhaps so soon that IAM still shows what the first one turned off as active."""
        if tomorrow:
            self.next_day()
        first = self.run()
        if lag and first.clean:
            written = {write.key.key_id for write in first.writes if write.kind == "deactivated"}
            self.account.lagging |= written & self.account.keys.keys()
        self.account.now += HOUR * hours + timedelta(seconds=20)
        if hours:
            self.account.lagging.clear()
        self.run()

    @rule()
    def a_person_asks_for_a_report(self) -> None:
        """Report mode by event."""
        self.pass_a_moment()
        self.run(report=True)

    @rule(faults=FAULTS, per_call=st.sampled_from((0, 0, 6)), same_day=st.booleans())
    def a_run_is_disturbed(self, faults: list[Fault], per_call: int, *, same_day: bool) -> None:
        """Killed, refused, throttled, or left without an answer."""
        if not same_day:
            self.next_day()
        self.run(faults=faults, per_call=timedelta(seconds=per_call))
        self.pass_a_moment()

    @rule(fault=WEEK, days=st.integers(2, 9))
    def a_week_is_disturbed(self, fault: Fault, days: int) -> None:
        """The same goes wrong day after day."""
        for _ in range(days):
            self.next_day()
            self.run(faults=[fault])

    @rule(at=st.integers(2, 40), deed=st.integers(0, 6), which=ANY)
    def somebody_acts_during_a_run(self, at: int, deed: int, which: int) -> None:
        """Between any two calls of it."""
        self.next_day()
        self.run(deeds={at: lambda: self.a_deed(deed, which)})

    @rule(at=st.integers(2, 40))
    def a_run_stands_still_and_another_takes_over(self, at: int) -> None:
        """And then the first one wakes."""
        self.next_day()
        others: list[Run] = []
        first = self.harness.run(deeds={at: lambda: others.append(self.harness.take_over())})
        for run in (*others, first):
            self.judge(run)

    @rule()
    def a_run_has_little_time(self) -> None:
        """It goes on in parts."""
        self.next_day()
        self.run(per_call=timedelta(seconds=7))

    @rule()
    def another_run_is_under_way(self) -> None:
        """Its heart beats."""
        self.pass_a_moment()
        table = self.harness.cloud.table
        key = ("RUN", "LEASE")
        if key in table.items:
            return
        lease = {"pk": "RUN", "sk": "LEASE", "run_id": "other", "beats": 0}
        table.items[key] = lease
        self.clock.on_sleep = lambda: lease.update(beats=int(str(lease["beats"])) + 1)
        before = len(self.account.mails)
        run = self.harness.run()
        self.clock.on_sleep = None
        del table.items[key]
        promise(
            not run.writes
            and len(self.account.mails) == before
            and run.before == table.items | {key: lease},
            "5: two runs at once acted",
        )

    # --- people ------------------------------------------------------------------------------

    @rule(name=st.sampled_from(NAMES), path=st.sampled_from(PATHS))
    def make_a_key(self, name: str, path: str) -> None:
        """And its user, if there is none."""
        self.pass_a_moment()
        owner = self.account.named(name) or self.account.hire(name, path)
        if len(self.account.keys_of(owner)) < 3:
            self.account.issue(owner)

    @precondition(lambda self: self.account.keys)
    @rule(deed=st.integers(0, 5), which=ANY)
    def do_something(self, deed: int, which: int) -> None:
        """To a key or to its user."""
        self.pass_a_moment()
        self.a_deed(deed, which)

    @precondition(lambda self: self.account.keys)
    @rule(which=ANY, shown=st.sampled_from((0, 0, 4, 30)))
    def use_a_key(self, which: int, shown: int) -> None:
        """If it works; IAM tells of it late."""
        self.pass_a_moment()
        key = self.pick(which)
        if key.status == "Active":
            self.account.use(key, self.account.now, HOUR * shown)

    @precondition(lambda self: self.account.keys)
    @rule(which=ANY, use=st.booleans(), hours=st.sampled_from((2, 20)))
    def turn_on_and_off_on_the_sly(self, which: int, hours: int, *, use: bool) -> None:
        """Between two runs."""
        self.pass_a_moment()
        self.on_and_off(self.pick(which), hours, use=use)

    @rule(hours=st.sampled_from((2, 20)), use=st.booleans())
    def the_next_key_that_is_cut_is_used_on_the_sly(self, hours: int, *, use: bool) -> None:
        """Within a day of its deactivation."""
        for _ in range(8):
            self.next_day()
            writes = self.run().writes
            self.pass_a_moment()
            for key in [write.key for write in writes if write.kind == "deactivated"]:
                return self.on_and_off(key, hours, use=use)
        return None

    def on_and_off(self, key: Key, hours: int, *, use: bool) -> None:
        """Turn a key on, perhaps use it, and turn it off."""
        if key.status != "Inactive":
            return
        self.account.turn(key, "Active")
        self.account.now += HOUR * hours
        if use:
            self.account.use(key, self.account.now, timedelta(0))
        self.pass_a_moment()
        self.account.turn(key, "Inactive")

    @precondition(lambda self: self.account.keys)
    @rule(which=ANY)
    def a_key_is_of_unknown_status(self, which: int) -> None:
        """Or of a known one again."""
        self.pass_a_moment()
        key = self.pick(which)
        self.account.turn(key, "Inactive" if key.status == "Expired" else "Expired")

    @precondition(lambda self: self.account.keys)
    @rule(which=ANY, days=st.integers(5, 40))
    def somebody_insists_on_a_key(self, which: int, days: int) -> None:
        """And turns it on again each time."""
        key = self.pick(which)
        for _ in range(days):
            self.next_day()
            self.run()
            self.pass_a_moment()
            if key.status == "Inactive" and key.key_id in self.account.keys:
                self.account.turn(key, "Active")

    @rule(edit=EDITS)
    def edit_a_parameter(self, edit: tuple[str, str]) -> None:
        """To something acceptable by itself."""
        self.pass_a_moment()
        self.account.put(*edit)

    @rule(notice=st.sampled_from(("0", "1", "9")), days=st.integers(1, 3))
    def max_age_days_go_up_and_down_again(self, notice: str, days: int) -> None:
        """SnsTopic are withdrawn, and given again."""
        before = self.account.parameters["max-age-days"][0]
        self.account.put("max-age-days", "365")
        self.days_go_by(days)
        self.account.put("notice-days", notice)
        self.account.put("max-age-days", before)
        self.days_go_by(1)

    @rule(edit=BAD_EDITS, days=st.integers(1, 2))
    def edit_a_parameter_badly(self, edit: tuple[str, str | None], days: int) -> None:
        """And mend it some days later."""
        self.pass_a_moment()
        before = self.account.parameters.get(edit[0], (DEFAULTS[edit[0]], 0))[0]
        self.account.put(*edit)
        self.days_go_by(days)
        self.account.put(edit[0], before)

    @rule(pattern=PATTERNS, which=ANY, until=st.sampled_from((None, None, 0, 2, 10)))
    def exempt(self, pattern: str, which: int, until: int | None) -> None:
        """By name, path, key or wildcard; perhaps until a day."""
        self.pass_a_moment()
        if pattern in {"owner", "path", "key"}:
            if not self.account.keys:
                return
            key = self.pick(which)
            owner = key.owner
            pattern = {
                "owner": owner.name.upper(),
                "path": owner.path + owner.name,
                "key": key.key_id.lower(),
            }[pattern]
        day = (self.account.now + DAY * (until or 0)).date()
        line = f"{pattern} until {day} # a reason" if until is not None else pattern
        before = self.account.parameters["exemptions"][0]
        self.account.put("exemptions", line if before == "none" else f"{before}\n{line}")

    @rule()
    def exempt_nobody(self) -> None:
        """All exemptions end."""
        self.pass_a_moment()
        self.account.put("exemptions", "none")

    @rule(days=st.integers(0, 3))
    def everybody_unsubscribes(self, days: int) -> None:
        """And subscribes again some days later."""
        self.pass_a_moment()
        self.account.listeners = 0
        if days:
            self.days_go_by(days)
        else:
            self.a_person_asks_for_a_report()
        self.account.listeners = 1

    # --- in the end --------------------------------------------------------------------------

    def teardown(self) -> None:
        """Undisturbed for long enough, everything that is due is done."""
        try:
            if not self.broken:
                self.calm()
        finally:
            TALLY.histories += 1
            TALLY.days += (self.account.now - self.begun).days
            TALLY.writes += len(self.harness.writes)
            TALLY.mails += len(self.account.mails)
            TALLY.disturbed += sum(not run.clean for run in self.harness.runs)
            self.stack.close()

    def calm(self) -> None:
        """No faults, no deeds, acceptable settings, and somebody listens."""
        account = self.account
        values = {name: value for name, (value, _) in account.parameters.items()}
        if Rules.of(values) is None:
            for name, value in DEFAULTS.items():
                account.put(name, value)
        account.put("mode", "enforce")
        if account.parameters["max-changes-per-run"][0] == "0":
            account.put("max-changes-per-run", "1")
        account.listeners = 1
        account.lagging.clear()
        self.next_day()
        self.run()
        today = account.now.astimezone(self.harness.zone).date()
        waiting = set(self.oracle.outstanding(today))
        for _ in range(CALM_DAYS):
            if not waiting:
                return
            self.next_day()
            self.run()
            waiting &= set(self.oracle.outstanding(today))
        promise(not waiting, f"forgotten after {CALM_DAYS} calm days: {waiting}")

    # --- how ---------------------------------------------------------------------------------

    def run(
        self,
        *,
        report: bool = False,
        faults: list[Fault] | None = None,
        deeds: dict[int, Callable[[], None]] | None = None,
        per_call: timedelta = timedelta(0),
    ) -> Run:
        """Run once, and judge it."""
        run = self.harness.run(report=report, faults=faults or (), deeds=deeds, per_call=per_call)
        self.judge(run)
        return run

    def judge(self, run: Run) -> None:
        """Hold a run to the promises."""
        TALLY.runs += 1
        TALLY.calls += len(run.gate.calls)
        self.broken = True
        self.oracle.judge(run)
        self.broken = False

    def next_day(self) -> None:
        """Go to the hour of the schedule."""
        self.account.now = self.account.now.replace(hour=9, minute=0, second=0) + DAY
        self.account.lagging.clear()

    def pass_a_moment(self) -> None:
        """Some minutes."""
        self.account.now += MOMENT
        self.account.lagging.clear()

    def pick(self, which: int) -> Key:
        """Some key."""
        keys = list(self.account.keys.values())
        return keys[which % len(keys)]

    def a_deed(self, deed: int, which: int) -> None:
        """What people do to a key, its user, or the settings."""
        if not self.account.keys:
            return
        key = self.pick(which)
        match deed:
            case 0:
                self.account.turn(key, "Active" if key.status == "Inactive" else "Inactive")
            case 1:
                self.account.remove(key)
            case 2:
                self.make_again(key.owner)
            case 3:
                self.rename(key.owner)
            case 4:
                self.account.dismiss(key.owner)
            case 5:
                self.account.put("exemptions", key.owner.name)
            case _:
                self.use_if_active(key)

    def use_if_active(self, key: Key) -> None:
        """Use a key that works."""
        if key.status == "Active":
            self.account.use(key, self.account.now, timedelta(0))

    def make_again(self, owner: Person) -> None:
        """Delete a user, and make one of the same name, with a key."""
        self.account.dismiss(owner)
        self.account.issue(self.account.hire(owner.name, owner.path))

    def rename(self, owner: Person) -> None:
        """Give a user another name; the keys stay."""
        taken = {person.name for person in self.account.people.values()}
        owner.name = next(name for n in range(99) if (name := f"eve{n}") not in taken)
