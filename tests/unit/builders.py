"""Keys, watches and settings for the sentences of the rule book."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from key_rotation.model import NEVER_USED, AccessKey, LastUse, Now, Sighting, Status, User
from key_rotation.settings import Parameter, Settings
from key_rotation.watch import Deactivated, Noticed, State, Watch

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NOW = Now(instant=NOON, zone=ZoneInfo("UTC"))
TODAY = NOW.today
ALICE = User(name="alice", path="/", user_id="AIDAALICE")
KEY_ID = "AKIAALICE0000000001"
VALUES = {
    "mode": "enforce",
    "max-age-days": "90",
    "notice-days": "7",
    "grace-days": "30",
    "max-changes-per-run": "25",
    "delete-unused-keys": "true",
    "adopt-inactive-keys": "false",
    "exemptions": "none",
}


def days(count: float) -> timedelta:
    """A number of days."""
    return timedelta(days=count)


def in_days(count: int) -> date:
    """The day so many days from today."""
    return TODAY + days(count)


def ago(count: float) -> datetime:
    """The instant so many days before now."""
    return NOON - days(count)


def parameters(**changed: str) -> dict[str, Parameter]:
    """The eight parameters with their defaults; underscores stand for dashes."""
    values = VALUES | {name.replace("_", "-"): value for name, value in changed.items()}
    return {name: Parameter(value=value, version=1) for name, value in values.items()}


def settings(**changed: str) -> Settings:
    """Validated settings with defaults; underscores stand for dashes."""
    return Settings.parse(parameters(**changed), path="/key-rotation")


def a_key(
    *, age: float = 90, status: str = "Active", user: User = ALICE, key_id: str = KEY_ID
) -> AccessKey:
    """A key of an age in days."""
    known = status in {"Active", "Inactive"}
    return AccessKey(
        access_key_id=key_id,
        user=user,
        status=Status(status) if known else Status.OTHER,
        status_text=status,
        created=ago(age),
    )


def seen(key: AccessKey, last_use: LastUse | None = NEVER_USED) -> Sighting:
    """A key as a run saw it."""
    return Sighting(key=key, last_use=last_use)


def used(at: datetime) -> LastUse:
    """A last use at an instant."""
    return LastUse(at=at, service="s3", region="eu-west-1")


def a_watch(key: AccessKey, state: State, *, reactivations: int = 0, version: int = 1) -> Watch:
    """The memory of a key in a state."""
    return Watch(
        access_key_id=key.access_key_id,
        user=key.user,
        created=key.created,
        state=state,
        version=version,
        reactivations=reactivations,
    )


def noticed(*, due: int, at: float = 7, told: int = -7) -> Noticed:
    """A notice in force, due so many days from today."""
    return Noticed(at=ago(at), due=in_days(due), told_on=in_days(told))


def deactivated(
    *,
    since: float,
    due: int | None = None,
    start: float | None = None,
    baseline: LastUse = NEVER_USED,
    told: int = -1,
    interrupted: bool = False,
) -> Deactivated:
    """A grace window of 30 days that began so many days ago."""
    began = since if start is None else start
    return Deactivated(
        since=ago(since),
        start=ago(began),
        baseline=baseline,
        due=in_days(30 - int(began) if due is None else due),
        told_on=in_days(told),
        interrupted=interrupted,
    )
