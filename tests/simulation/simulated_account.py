"""An AWS account in memory: its true state, what people do, and what IAM shows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
DEFAULTS = {
    "mode": "enforce",
    "max-age-days": "20",
    "notice-days": "4",
    "grace-days": "6",
    "max-changes-per-run": "25",
    "delete-unused-keys": "true",
    "adopt-inactive-keys": "false",
    "exemptions": "none",
}
REPORT_LIFETIME = timedelta(hours=4)


@dataclass
class User:
    """A user of the account."""

    user_id: str
    name: str
    path: str
    created: datetime


@dataclass(frozen=True)
class Use:
    """A use of a key, and the time from which IAM shows it."""

    at: datetime
    visible_from: datetime


@dataclass
class Key:
    """An access key.

    rotated: what the credential report shows; it may follow each change of the status
    """

    key_id: str
    owner: User
    created: datetime
    status: str = "Active"
    rotated: datetime = START
    uses: list[Use] = field(default_factory=list)


@dataclass(frozen=True)
class PublishedMessage:
    """A message that SNS accepted; `delivered` if there was a subscriber."""

    at: datetime
    subject: str
    body: str
    delivered: bool


@dataclass(frozen=True)
class StatusChange:
    """A change of the status of a key, or its deletion, and whether the tool made it."""

    at: datetime
    status: str
    by_tool: bool


@dataclass
class SimulatedAccount:
    """The whole account.

    now: the current time
    subscriber_count: confirmed subscriptions
    shown_as_active: keys that IAM still shows as active for some seconds
    rotated_follows_status: whether the credential report's "last rotated" follows a change of
        the status
    status_changes: every change of the status of a key, oldest first
    """

    now: datetime = START
    users: dict[str, User] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    parameters: dict[str, tuple[str, int]] = field(default_factory=dict)
    subscriber_count: int = 1
    messages: list[PublishedMessage] = field(default_factory=list)
    shown_as_active: set[str] = field(default_factory=set)
    rotated_follows_status: bool = False
    status_changes: dict[str, list[StatusChange]] = field(default_factory=dict)
    deleted_keys: dict[str, Key] = field(default_factory=dict)
    last_report: tuple[datetime, str] | None = None
    sequence: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        """Set the parameters to their defaults."""
        for name, value in DEFAULTS.items():
            self.put_parameter(name, value)

    def put_parameter(self, name: str, value: str | None) -> None:
        """Edit a parameter; None deletes it."""
        if value is None:
            self.parameters.pop(name, None)
        else:
            self.parameters[name] = (value, self.parameters.get(name, ("", 0))[1] + 1)

    def create_user(self, name: str, path: str = "/", age: int = 0) -> User:
        """Create a user."""
        user_id = f"AIDA{next(self.sequence):016}"
        self.users[user_id] = User(user_id, name, path, self.now - timedelta(days=age))
        return self.users[user_id]

    def find_user(self, name: str) -> User | None:
        """Return the user with a name, whatever its case."""
        folded = name.casefold()
        return next((user for user in self.users.values() if user.name.casefold() == folded), None)

    def delete_user(self, user: User) -> None:
        """Delete a user with all keys."""
        for key in self.keys_of(user):
            self.delete_key(key)
        del self.users[user.user_id]

    def create_key(self, owner: User, age: int = 0) -> Key:
        """Create a key."""
        created = self.now - timedelta(days=age)
        owner.created = min(owner.created, created)
        key = Key(f"AKIA{next(self.sequence):016}", owner, created, rotated=created)
        self.keys[key.key_id] = key
        self.status_changes[key.key_id] = [StatusChange(created, "Active", by_tool=False)]
        return key

    def set_status(self, key: Key, status: str, *, by_tool: bool = False) -> None:
        """Set the status of a key."""
        key.status = status
        if self.rotated_follows_status:
            key.rotated = self.now
        self.shown_as_active.discard(key.key_id)
        self.status_changes[key.key_id].append(StatusChange(self.now, status, by_tool))

    def delete_key(self, key: Key, *, by_tool: bool = False) -> None:
        """Delete a key."""
        self.deleted_keys[key.key_id] = self.keys.pop(key.key_id)
        self.status_changes[key.key_id].append(StatusChange(self.now, "deleted", by_tool))

    def use_key(self, key: Key, at: datetime, visible_after: timedelta) -> None:
        """Use a key; IAM shows the use some time later."""
        key.uses.append(Use(at, at + visible_after))

    def keys_of(self, user: User) -> list[Key]:
        """Return the keys of a user, in the order of their creation."""
        return [key for key in self.keys.values() if key.owner is user]

    def last_use(self, key: Key) -> datetime | None:
        """Return the last use of a key that IAM shows by now."""
        visible = [use.at for use in key.uses if use.visible_from <= self.now]
        return max(visible, default=None)

    def visible_status(self, key: Key) -> str:
        """Return the status of a key that IAM shows."""
        return "Active" if key.key_id in self.shown_as_active else key.status

    def credential_report(self) -> tuple[datetime, str]:
        """Return the report, generated again if the last one is four hours old."""
        if self.last_report is None or self.now - self.last_report[0] >= REPORT_LIFETIME:
            self.last_report = self.now, "".join(f"{line}\n" for line in self._report_lines())
        return self.last_report

    def _report_lines(self) -> Iterator[str]:
        user_columns = "user,arn,user_creation_time,password_enabled"
        key_columns = ",".join(
            f"access_key_{n}_active,access_key_{n}_last_rotated,access_key_{n}_last_used_date"
            for n in (1, 2)
        )
        yield f"{user_columns},{key_columns},additional_credentials_info"
        root = f"<root_account>,arn:root,{_iso(START - timedelta(days=4000))}"
        yield f"{root},not_supported,false,N/A,N/A,false,N/A,N/A,N/A"
        for user in self.users.values():
            keys = self.keys_of(user)
            fields = [user.name, f"arn:{user.name}", _iso(user.created), "false"]
            for key in (*keys[:2], None, None)[:2]:
                active = "true" if key and key.status == "Active" else "false"
                fields += [active, _iso(key.rotated) if key else "N/A", "N/A"]
            additional = "N/A" if len(keys) <= 2 else "The user has additional credentials"
            yield ",".join([*fields, additional])


def _iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
