"""Promise: the forecast of a day is what the run of that day does, where nobody reacts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from key_rotation.adapters.ledger import Ledger
from key_rotation.adapters.ledger_items import OWN_ACCOUNT
from key_rotation.adapters.owner_mails import OwnerMails
from key_rotation.adapters.parameter_store import read_settings
from key_rotation.domain.model import NEVER_USED, AccessKey, LastUse, Now, ObservedKey, Status, User
from key_rotation.domain.watch import State, Watch
from key_rotation.reporting.outcome import Section
from key_rotation_cli.preview.forecast import ForecastDay, Start, forecast_runs
from key_rotation_cli.preview.mails_so_far import MailsSoFar
from tests.aws.owner_mail.conftest import environment
from tests.aws.owner_mail.fakes import FakeQueue, FakeSes
from tests.simulation.simulated_account import Key
from tests.simulation.simulator import ENVIRONMENT, Simulator, without_threads

DAYS = 45
REPEATABLE: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "phases": [Phase.generate],
}
CHANGES = (
    Section.NOTICED,
    Section.WITHDRAWN,
    Section.DEACTIVATED,
    Section.EXTENDED,
    Section.ADOPTED,
    Section.DELETED,
    Section.DEFERRED,
    Section.WAITING,
)
Listed = set[tuple[str, str, date | None]]


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """What somebody does to one key before the forecast: the day, the key, and the status."""

    day: int
    key: int
    status: str
    used: bool


KEYS = st.tuples(
    st.integers(0, 40), st.sampled_from(["Active", "Active", "Active", "Inactive", "Expired"])
)
REACTIONS = st.builds(
    Reaction,
    day=st.integers(0, 30),
    key=st.integers(0, 9),
    status=st.sampled_from(["Active", "Inactive"]),
    used=st.booleans(),
)
PARAMETERS = st.fixed_dictionaries(
    {
        "max-changes-per-run": st.integers(0, 4).map(str),
        "notice-days": st.integers(0, 6).map(str),
        "grace-days": st.integers(1, 8).map(str),
        "delete-unused-keys": st.sampled_from(["true", "true", "false"]),
        "adopt-inactive-keys": st.sampled_from(["false", "true"]),
        "exemptions": st.sampled_from(
            [
                "none",
                "user0",
                "user1 until 2026-01-20\nuser2 until 2026-02-20",
                "* until 2026-01-25",
            ]
        ),
    }
)


def start_of(simulator: Simulator) -> Start:
    """Return what a preview reads of the account and the ledger."""
    account = simulator.account
    ledger = Ledger(simulator.aws.clients.table, "")
    state = ledger.read_run_state()
    owner_mail = simulator.owner_mail
    ledger_mails = OwnerMails(simulator.aws.clients.table, lambda _: OWN_ACCOUNT)
    mails = MailsSoFar(
        of_notices=ledger_mails.read_notice_mails(ENVIRONMENT.account_id),
        pending=ledger_mails.read_pending().mails,
    )
    now = Now(instant=account.now, zone=simulator.zone)
    found = read_settings(simulator.aws.clients.ssm, "/key-rotation", owners=owner_mail is not None)
    current = found.after(state.parameters)
    return Start(
        now=now,
        settings=current,
        keys=tuple(_observed(simulator, key) for key in account.keys.values()),
        watches=ledger.read_watches(),
        usual_limit=state.last_limit,
        mails=mails.known_today(ledger_mails.read_unreachable().by_address, now.today),
        pending=mails.waiting_notices(ENVIRONMENT.account_id),
        unowned=frozenset(
            key.key_id
            for key in simulator.account.keys.values()
            if owner_mail and current.requires_owner and "@" not in key.owner.name
        ),
    )


def _observed(simulator: Simulator, key: Key) -> ObservedKey:
    known = key.status in {"Active", "Inactive"}
    at = simulator.account.last_use(key)
    return ObservedKey(
        key=AccessKey(
            access_key_id=key.key_id,
            user=User(name=key.owner.name, path=key.owner.path, user_id=key.owner.user_id),
            status=Status(key.status) if known else Status.OTHER,
            status_text=key.status,
            created=key.created,
        ),
        last_use=LastUse(at=at, service="s3", region="eu-west-1") if at else NEVER_USED,
    )


def done_by(response: Mapping[str, Any]) -> Listed:
    """Return what a run did, by its answer."""
    return {
        (
            section,
            entry["access_key_id"],
            date.fromisoformat(entry["due"]) if entry["due"] else None,
        )
        for section in CHANGES
        for entry in response.get(section, ())  # the answer lists waiting keys if owners get mail
    }


def forecast_for(day: ForecastDay) -> Listed:
    return {(key.section, key.access_key_id, key.due) for key in day.keys if key.section in CHANGES}


def remembered(watches: Mapping[str, Watch]) -> dict[str, tuple[State, int]]:
    """Return what is remembered of each key, apart from the texts that a preview does not read."""
    return {key_id: (watch.state, watch.reactivations) for key_id, watch in watches.items()}


def assert_each_run_does_its_forecast(simulator: Simulator, days: int = DAYS) -> None:
    """The run of each day does what was forecast, and leaves the watches that were forecast."""
    ledger = Ledger(simulator.aws.clients.table, "")
    for day, watches in forecast_runs(start_of(simulator), days):
        run = simulator.run()
        assert run.error is None
        assert run.day == day.date
        assert done_by(run.responses[0]) == forecast_for(day), day.date
        assert remembered(ledger.read_watches().by_key_id) == remembered(watches), day.date
        simulator.account.now += timedelta(days=1)


@given(keys=st.lists(KEYS, min_size=1, max_size=10), parameters=PARAMETERS)
@hypothesis_settings(max_examples=15, **REPEATABLE)
def test_each_run_of_a_new_deployment_does_what_was_forecast(
    keys: list[tuple[int, str]], parameters: dict[str, str]
) -> None:
    with without_threads(batch=50):
        simulator = an_account(keys, parameters)
        assert_each_run_does_its_forecast(simulator)


def an_account(
    keys: list[tuple[int, str]], parameters: dict[str, str], owners: Sequence[bool] = ()
) -> Simulator:
    """Create an account with one key a user, of an age in days and a status.

    owners: which users have an address, so that owners get mail; the others have no owner
    """
    simulator = Simulator()
    if owners:
        simulator.owner_mail = replace(environment(FakeSes(), FakeQueue()), fallback=())
    for number, (age, status) in enumerate(keys):
        name = f"user{number}@example.com" if owners and owners[number] else f"user{number}"
        owner = simulator.account.create_user(name, age=age)
        key = simulator.account.create_key(owner, age=age)
        if status != "Active":
            simulator.account.set_status(key, status)
    for name, value in parameters.items():
        simulator.account.put_parameter(name, value)
    return simulator


@given(
    keys=st.lists(KEYS, min_size=1, max_size=10),
    before=PARAMETERS,
    parameters=PARAMETERS,
    reactions=st.lists(REACTIONS, max_size=8),
)
@hypothesis_settings(max_examples=15, **REPEATABLE)
def test_each_run_of_a_deployment_that_people_reacted_to_does_what_was_forecast(
    keys: list[tuple[int, str]],
    before: dict[str, str],
    parameters: dict[str, str],
    reactions: list[Reaction],
) -> None:
    """Keys were turned on, off and used, and the parameters were edited since the last run."""
    with without_threads(batch=50):
        simulator = an_account(keys, before)
        for day in range(31):
            simulator.run()
            for reaction in (each for each in reactions if each.day == day):
                _react(simulator, reaction)
            simulator.account.now += timedelta(days=1)
        for name, value in parameters.items():
            simulator.account.put_parameter(name, value)
        assert_each_run_does_its_forecast(simulator, 30)


OWNERS = st.lists(st.booleans(), min_size=10, max_size=10)
NOTICES = st.fixed_dictionaries(
    {
        "owner-tags": st.just("owner"),
        "owner-notice": st.sampled_from(["require", "require", "try"]),
    }
)


@given(
    keys=st.lists(KEYS, min_size=1, max_size=10),
    parameters=PARAMETERS,
    owners=OWNERS,
    notices=NOTICES,
)
@hypothesis_settings(max_examples=15, **REPEATABLE)
def test_each_run_of_a_new_deployment_that_mails_owners_does_what_was_forecast(
    keys: list[tuple[int, str]],
    parameters: dict[str, str],
    owners: list[bool],
    notices: dict[str, str],
) -> None:
    """Keys of users without an address wait for an owner, if their notice requires one."""
    with without_threads(batch=50):
        assert_each_run_does_its_forecast(an_account(keys, parameters | notices, owners))


@given(
    keys=st.lists(KEYS, min_size=1, max_size=10),
    before=PARAMETERS,
    parameters=PARAMETERS,
    reactions=st.lists(REACTIONS, max_size=8),
    owners=OWNERS,
    notices=st.tuples(NOTICES, NOTICES),
    days=st.integers(1, 15),
)
@hypothesis_settings(max_examples=20, **REPEATABLE)
def test_each_run_of_a_deployment_that_mailed_owners_does_what_was_forecast(
    *,
    keys: list[tuple[int, str]],
    before: dict[str, str],
    parameters: dict[str, str],
    reactions: list[Reaction],
    owners: list[bool],
    notices: tuple[dict[str, str], dict[str, str]],
    days: int,
) -> None:
    """SES accepted no mail on the last days, and the parameters were edited since the last run."""
    first, then = notices
    ses = FakeSes()
    with without_threads(batch=50):
        simulator = an_account(keys, before | first, owners)
        simulator.owner_mail = replace(environment(ses, FakeQueue()), fallback=())
        for day in range(days):
            ses.sending_enabled = day < days - 3
            simulator.run()
            for reaction in (each for each in reactions if each.day == day):
                _react(simulator, reaction)
            simulator.account.now += timedelta(days=1)
        ses.sending_enabled = True
        for name, value in (parameters | then).items():
            simulator.account.put_parameter(name, value)
        assert_each_run_does_its_forecast(simulator, 30)


def _react(simulator: Simulator, reaction: Reaction) -> None:
    account = simulator.account
    existing = list(account.keys.values())
    if not existing:
        return
    key = existing[reaction.key % len(existing)]
    if reaction.used:
        account.use_key(key, account.now + timedelta(hours=3), timedelta(0))
    elif key.status != reaction.status:
        account.set_status(key, reaction.status)
