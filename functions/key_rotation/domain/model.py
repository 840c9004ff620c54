"""The values of the domain: frozen, and independent of AWS, clock and environment."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo


class Mode(StrEnum):
    """What a run may do: `enforce` changes keys; `report` decides and reports only."""

    ENFORCE = "enforce"
    REPORT = "report"


class Status(StrEnum):
    """The status of an access key, with every status this tool does not know as `OTHER`."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"
    OTHER = "Other"


class Action(StrEnum):
    """What is decided for one key in one run."""

    KEEP = "keep"
    NOTICE = "notice"
    WITHDRAW = "withdraw"
    DEACTIVATE = "deactivate"
    EXTEND = "extend"
    ADOPT = "adopt"
    DELETE = "delete"
    CLOSE = "close"
    EXEMPT = "exempt"
    HOLD = "hold"


class Reason(StrEnum):
    """Why: one sentence part for each row of the rules, as people read it."""

    FRESH = "younger than max-age-days less notice-days"
    STALE = "at least max-age-days old by the due day"
    STALE_WITHOUT_NOTICE = "at least max-age-days old, and notice-days is 0"
    NOTICE_RUNNING = "noticed; works until the due day"
    WAITING_FOR_OWNER = "waiting for an owner: no mail about its notice was accepted"
    NOTICE_OVER = "its notice period has ended"
    NOTICE_OUTDATED = "its due day passed more than 30 days ago, so a new notice is given"
    THRESHOLDS_CHANGED = "no longer stale under the thresholds of today"
    REACTIVATED = "turned on again after its deactivation"
    REACTIVATED_TOO_OFTEN = "turned on again for the third time; a person must decide"
    RESTORED = "inactive, and its watch comes from a backup; a person must decide"
    STILL_HELD = "held until a person decides"
    RELEASED = "no longer held, because it was exempted or released"
    IDENTITY_CHANGED = "its owner or creation date is not the recorded one; a person must decide"
    NOT_OURS = "inactive, not ours"
    ADOPTED = "inactive, not ours, and adopt-inactive-keys is true"
    IN_WINDOW = "inactive; deleted on the due day if it stays unused"
    DELETION_OFF = "inactive; not deleted, because delete-unused-keys is false"
    NOT_ADOPTED = "adopted, and left unchanged because adopt-inactive-keys is false again"
    UNUSED = "unused for its whole grace window"
    USED_IN_WINDOW = "used after its deactivation, so its grace window starts again"
    INTERRUPTION_ENDED = "its grace window was interrupted, so it starts again"
    FINISHED = "begun by an earlier run that was interrupted; completed now"
    EXEMPT = "exempt"
    OVER_LIMIT = "over the limit of changes in one run"
    STATUS_UNKNOWN = "has a status that this tool does not know, and is left unchanged"
    ALREADY_GONE = "gone; IAM still lists it"
    GONE = "no longer exists"


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The one instant of a run, and the calendar that counts the days.

    zone: whose calendar it is
    days_between_runs: how many days lie at most between two runs of the schedule
    """

    instant: datetime
    zone: ZoneInfo
    days_between_runs: int = 1

    @property
    def today(self) -> date:
        """The calendar day of this instant."""
        return self.day(self.instant)

    def day(self, instant: datetime) -> date:
        """The calendar day on which an aware instant falls."""
        return instant.astimezone(self.zone).date()


def days_between_runs(longest_gap_hours: int) -> int:
    """Return how many calendar days lie at most between two runs.

    An hour more than whole days comes from the change of the clock in autumn, and is no day more.
    """
    return max(1, -(-(longest_gap_hours - 1) // 24))


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An IAM user.

    name: unique in the account, regardless of case
    path: begins and ends with a slash
    user_id: stays when a user is renamed, and differs when one is made again under the same name
    """

    name: str
    path: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """An access key as `ListAccessKeys` gives it.

    status_text: the status in IAM's own word, for `Status.OTHER`
    created: `CreateDate`, aware
    """

    access_key_id: str
    user: User
    status: Status
    status_text: str
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LastUse:
    """A last use as `GetAccessKeyLastUsed` gives it; `at` is None for a key never used."""

    at: datetime | None
    service: str | None = None
    region: str | None = None


NEVER_USED = LastUse(at=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedKey:
    """A key as one run read it; `last_use` is None where it was not needed."""

    key: AccessKey
    last_use: LastUse | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One key's action and reason, before anything happened.

    due: the day of the coming deactivation or deletion; for `EXEMPT` the exemption's last day
    new_day: whether no digest has named `due`: it is the earliest day, and the plan finds one with
        room
    remind: whether this run's digest names the day again, or for the first time
    note: the reason that a person gave for the exemption, or the unknown status
    waiting_since: since when the key waits for an owner
    """

    action: Action
    reason: Reason
    due: date | None = None
    new_day: bool = False
    remind: bool = False
    note: str | None = None
    waiting_since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A user or key that was left alone because of an error; a user has no `access_key_id`."""

    user_name: str
    text: str
    access_key_id: str | None = None
    created: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnvironment:
    """Where a run takes place.

    account_id: the account whose keys are rotated
    topic_arn: of the topic to which the digest is published
    parameter_path: under which the parameters stand, such as `/key-rotation`
    ledger_account: the account in the ledger's partition keys; None for that of the deployment
    chat_topic_arn: of the topic of chat messages; None for a deployment without one
    """

    account_id: str
    topic_arn: str
    parameter_path: str
    ledger_account: str | None = None
    chat_topic_arn: str | None = None
