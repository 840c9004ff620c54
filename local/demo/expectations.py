"""What must be observed of a key, composed of the events that happen to it.

`noticed(1, due=8) + deactivated(8, due=38)`: each function returns the stages that follow from one
event, and the stages of a later event replace those of an earlier one.
"""

from dataclasses import dataclass

from local.demo.stages import Stage


@dataclass(frozen=True, slots=True)
class ExpectedFrom:
    """The stage of a key from a day on, until the next entry, and its reported due day."""

    day: int
    stage: Stage
    due: int | None = None


Expected = tuple[ExpectedFrom, ...]


def expected_on(day: int, expected: Expected) -> ExpectedFrom:
    """Return what must be observed on a day."""
    return [entry for entry in expected if entry.day <= day][-1]


def works(day: int) -> Expected:
    """Active, and in no list of the response."""
    return (ExpectedFrom(day, Stage.WORKS),)


def exempt(day: int, *, until: int | None = None) -> Expected:
    """Exempt, and reported with the last day of the exemption."""
    return (ExpectedFrom(day, Stage.EXEMPT, until),)


def not_ours(day: int) -> Expected:
    """Inactive, but not deactivated by the product."""
    return (ExpectedFrom(day, Stage.NOT_OURS),)


def absent(day: int) -> Expected:
    """Not created yet."""
    return (ExpectedFrom(day, Stage.ABSENT),)


def noticed(day: int, *, due: int) -> Expected:
    """Given notice of its deactivation on the due day."""
    return _announced(day, due, Stage.NOTICED, Stage.WAITING, Stage.REMINDED)


def deferred(day: int) -> Expected:
    """Not deactivated yet, because of the limit."""
    return (ExpectedFrom(day, Stage.DEFERRED),)


def withdrawn(day: int) -> Expected:
    """No longer under notice."""
    return (ExpectedFrom(day, Stage.WITHDRAWN), *works(day + 1))


def deactivated(day: int, *, due: int) -> Expected:
    """Deactivated, and to be deleted on the due day."""
    return _announced(day, due, Stage.DEACTIVATED, Stage.IN_GRACE, Stage.LAST_DAY)


def extended(day: int, *, due: int) -> Expected:
    """Used in its grace window, and to be deleted on a later due day."""
    return _announced(day, due, Stage.EXTENDED, Stage.IN_GRACE, Stage.LAST_DAY)


def adopted(day: int, *, due: int) -> Expected:
    """Adopted while inactive, and to be deleted on the due day."""
    return _announced(day, due, Stage.ADOPTED, Stage.IN_GRACE, Stage.LAST_DAY)


def held(day: int) -> Expected:
    """Held, until a person decides."""
    return (ExpectedFrom(day, Stage.HELD),)


def deleted(day: int) -> Expected:
    """Deleted by the product."""
    return (ExpectedFrom(day, Stage.DELETED), *absent(day + 1))


def closed(day: int) -> Expected:
    """Deleted by somebody else, so that its watch is closed."""
    return (ExpectedFrom(day, Stage.CLOSED), *absent(day + 1))


def _announced(day: int, due: int, first: Stage, later: Stage, reminded: Stage) -> Expected:
    """Return the stages of an announced day; the reminder comes on the day before it."""
    return (
        ExpectedFrom(day, first, due),
        ExpectedFrom(day + 1, later, due),
        ExpectedFrom(due - 1, reminded, due),
    )
