"""An AWS account in memory: what is so, what people do, and what IAM shows of it."""

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
REPORT_LASTS = timedelta(hours=4)


@dataclass
class Person:
    """A user of the account."""

    user_id: str
    name: str
    path: str
    created: datetime


@dataclass(frozen=True)
class Use:
    """A use of a key, and from when on IAM tells of it."""

    at: datetime
    shown_from: datetime


@dataclass
class Key:
    """An access key.

    rotated: what the credential report says; it may follow each change of the status
    """

    key_id: str
    owner: Person
    created: datetime
    status: str = "Active"
    rotated: datetime = START
    uses: list[Use] = field(default_factory=list)


@dataclass(frozen=True)
class Mail:
    """A message that SNS took; `heard` if anybody listened."""

    at: datetime
    subject: str
    body: str
    heard: bool


@dataclass(frozen=True)
class Turn:
    """One change of a key's status, or its end, and whether the tool did it."""

    at: datetime
    status: str
    by_tool: bool


@dataclass
class Account:
    """All there is.

    now: the true time
    listeners: confirmed subscriptions
    lagging: keys that IAM still shows as active for some seconds
    bumps: whether the credential report's "last rotated" follows a change of the status
    turns: every change of a key's status, oldest first
    """

    now: datetime = START
    people: dict[str, Person] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    parameters: dict[str, tuple[str, int]] = field(default_factory=dict)
    listeners: int = 1
    mails: list[Mail] = field(default_factory=list)
    lagging: set[str] = field(default_factory=set)
    bumps: bool = False
    turns: dict[str, list[Turn]] = field(default_factory=dict)
    graves: dict[str, Key] = field(default_factory=dict)
    report: tuple[datetime, str] | None = None
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        """Begin with the parameters as they are deployed."""
        for name, value in DEFAULTS.items():
            self.put(name, value)

    def put(self, name: str, value: str | None) -> None:
        """Edit a parameter; None removes it."""
        if value is None:
            self.parameters.pop(name, None)
        else:
            self.parameters[name] = (value, self.parameters.get(name, ("", 0))[1] + 1)

    def hire(self, name: str, path: str = "/", age: int = 0) -> Person:
        """Make a user."""
        user_id = f"AIDA{next(self.numbers):016}"
        self.people[user_id] = Person(user_id, name, path, self.now - timedelta(days=age))
        return self.people[user_id]

    def named(self, name: str) -> Person | None:
        """The user of a name, regardless of case."""
        wanted = name.casefold()
        return next((p for p in self.people.values() if p.name.casefold() == wanted), None)

    def dismiss(self, person: Person) -> None:
        """Delete a user, with all keys."""
        for key in self.keys_of(person):
            self.remove(key)
        del self.people[person.user_id]

    def issue(self, owner: Person, age: int = 0) -> Key:
        """Make a key."""
        created = self.now - timedelta(days=age)
        owner.created = min(owner.created, created)
        key = Key(f"AKIA{next(self.numbers):016}", owner, created, rotated=created)
        self.keys[key.key_id] = key
        self.turns[key.key_id] = [Turn(created, "Active", by_tool=False)]
        return key

    def turn(self, key: Key, status: str, *, by_tool: bool = False) -> None:
        """Set the status of a key."""
        key.status = status
        if self.bumps:
            key.rotated = self.now
        self.lagging.discard(key.key_id)
        self.turns[key.key_id].append(Turn(self.now, status, by_tool))

    def remove(self, key: Key, *, by_tool: bool = False) -> None:
        """Delete a key."""
        self.graves[key.key_id] = self.keys.pop(key.key_id)
        self.turns[key.key_id].append(Turn(self.now, "gone", by_tool))

    def use(self, key: Key, at: datetime, shown_after: timedelta) -> None:
        """Use a key; IAM tells of it some time later."""
        key.uses.append(Use(at, at + shown_after))

    def keys_of(self, person: Person) -> list[Key]:
        """The keys of a user, oldest first made first."""
        return [key for key in self.keys.values() if key.owner is person]

    def last_use(self, key: Key) -> datetime | None:
        """What IAM tells of a key's last use by now."""
        shown = [use.at for use in key.uses if use.shown_from <= self.now]
        return max(shown, default=None)

    def status(self, key: Key) -> str:
        """What IAM shows of a key's status."""
        return "Active" if key.key_id in self.lagging else key.status

    def credential_report(self) -> tuple[datetime, str]:
        """The report: made anew when the last one is four hours old."""
        if self.report is None or self.now - self.report[0] >= REPORT_LASTS:
            self.report = self.now, "".join(f"{line}\n" for line in self._report())
        return self.report

    def _report(self) -> Iterator[str]:
        head = "user,arn,user_creation_time,password_enabled"
        slots = ",".join(
            f"access_key_{n}_active,access_key_{n}_last_rotated,access_key_{n}_last_used_date"
            for n in (1, 2)
        )
        yield f"{head},{slots},additional_credentials_info"
        made = START - timedelta(days=4000)
        yield f"<root_account>,arn:root,{_text(made)},not_supported,false,N/A,N/A,false,N/A,N/A,N/A"
        for person in self.people.values():
            keys = self.keys_of(person)
            fields = [person.name, f"arn:{person.name}", _text(person.created), "false"]
            for key in (*keys[:2], None, None)[:2]:
                active = "true" if key and key.status == "Active" else "false"
                fields += [active, _text(key.rotated) if key else "N/A", "N/A"]
            more = "N/A" if len(keys) <= 2 else "The user has additional credentials"
            yield ",".join([*fields, more])


def _text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
