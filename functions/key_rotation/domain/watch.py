"""What is remembered of one key between runs. Each state carries exactly what its rules need."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from key_rotation.domain.model import Action, Failure, LastUse, Reason, User
from key_rotation.domain.owners.mail import OwnerMail


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsed:
    """No notice is in force any more: withdrawn, interrupted, or the owner turned the key off.

    due: a day once announced for it; a new one is never earlier
    """

    due: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """A delivered notice is in force.

    at: when the run began whose digest delivered it
    due: the announced day of the deactivation
    announced_on: the last day on which a digest named that day
    inactive_since: the first day on which the key was seen inactive, while its owner keeps it so
    """

    at: datetime
    due: date
    announced_on: date
    inactive_since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deactivating:
    """The intent to deactivate, recorded before IAM is called; `notice` is its reason."""

    notice: Noticed | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deactivated:
    """Inactive by our doing, or adopted: the grace window runs.

    since: when it was deactivated or adopted
    start: from when the window counts: `since`, or a later use, or the end of an interruption
    baseline: the last use that was known at `start`
    due: the announced day of the deletion
    announced_on: the last day on which a digest named that day; `date.min` where none has, or where
        what it said was that the key is not deleted
    earliest_deactivation: a day announced before; a new notice is never due earlier
    adopted: whether somebody else had turned it off
    interrupted: whether the window must start again (exempt, or of an unknown status, meanwhile)
    """

    since: datetime
    start: datetime
    baseline: LastUse
    due: date
    announced_on: date
    earliest_deactivation: date | None = None
    adopted: bool = False
    interrupted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleting:
    """The intent to delete, recorded before IAM is called; `window` is its reason."""

    window: Deactivated


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """No further action is taken on the key until a person decides.

    since: when the run began that held it; None for one of an earlier version
    """

    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The key is gone; its watch is deleted once a digest has reported it."""


State = Lapsed | Noticed | Deactivating | Deactivated | Deleting | Held | Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a key: a line of its history, and of the next digest.

    at: when the run that did it began
    due: the day announced with it, if any
    age_days, max_age_days: the age of the key and its limit then; None in earlier versions
    """

    action: Action
    reason: Reason
    at: datetime
    run_id: str
    due: date | None = None
    last_use: LastUse | None = None
    age_days: int | None = None
    max_age_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonEvent(Event):
    """What a person did to a watched key, as a run found it: it is in the history only.

    note: the reason that the person gave for an exemption
    """

    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is recorded of one key.

    version: counts the writes; each write is conditional on it, and 0 was never written
    reactivations: how often the key was turned on again after a deactivation of ours
    description: the key's description tag, read with the notice
    unreported_events: what happened to the key and no delivered digest has reported yet
    refused: whether the last change of the key failed, so that other keys come first
    """

    access_key_id: str
    user: User
    created: datetime
    state: State
    version: int = 0
    reactivations: int = 0
    description: str | None = None
    unreported_events: tuple[Event, ...] = ()
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchChange:
    """A watch to be written over the version it was made from, and what is written with it.

    events: to add to the history
    mails: to the owner, which are sent later
    """

    watch: Watch
    events: tuple[Event, ...] = ()
    mails: tuple[OwnerMail, ...] = ()

    @property
    def written(self) -> Watch:
        """The watch as it stands once written."""
        return replace(self.watch, version=self.watch.version + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watches:
    """All watches by access key id, and the keys whose watch cannot be understood."""

    by_key_id: Mapping[str, Watch]
    unreadable: tuple[Failure, ...] = ()

    def after(self, changes: Iterable[WatchChange]) -> "Watches":
        """Return the watches as they stand once some changes are written."""
        written = {change.watch.access_key_id: change.written for change in changes}
        return replace(self, by_key_id={**self.by_key_id, **written})

    def with_users(self, users: Iterable[User]) -> "Watches":
        """Return the watches with each user as IAM gives it today, who may have been renamed."""
        today = {user.user_id: user for user in users}
        by_key_id = {
            key_id: replace(watch, user=today.get(watch.user.user_id, watch.user))
            for key_id, watch in self.by_key_id.items()
        }
        return replace(self, by_key_id=by_key_id)
