"""What can be observed of a key on a day, and its character on the timeline."""

from enum import Enum
from typing import Self

ACTIVE = "Active"
INACTIVE = "Inactive"
GONE = "gone"


class Stage(Enum):
    """A stage of a key: one row of the legend.

    sign: its character on the timeline
    section: the list of the run's response that names the key, or None
    status: the key's status in IAM after the run
    legend: its description
    reminded: whether the day's message contains its reminder
    """

    WORKS = (".", None, ACTIVE, "works")
    NOTICED = ("N", "noticed", ACTIVE, "notice given")
    WAITING = ("n", "upcoming", ACTIVE, "noticed, still active")
    REMINDED = ("!", "upcoming", ACTIVE, "last reminder", True)
    DEFERRED = ("~", "deferred", ACTIVE, "deferred by the limit")
    WITHDRAWN = ("W", "withdrawn", ACTIVE, "notice withdrawn")
    DEACTIVATED = ("D", "deactivated", INACTIVE, "deactivated")
    IN_GRACE = ("-", "upcoming", INACTIVE, "inactive, watched for use")
    LAST_DAY = ("!", "upcoming", INACTIVE, "last reminder", True)
    EXTENDED = ("E", "extended", INACTIVE, "used, window restarts")
    ADOPTED = ("A", "adopted", INACTIVE, "adopted")
    DELETED = ("X", "deleted", GONE, "deleted")
    CLOSED = ("C", "closed", GONE, "closed, key was deleted")
    HELD = ("H", "held", ACTIVE, "held, needs a person")
    EXEMPT = ("=", "exempt", ACTIVE, "exempt")
    NOT_OURS = ("o", None, INACTIVE, "inactive, not ours")
    ABSENT = (" ", None, GONE, "does not exist")

    def __init__(
        self,
        sign: str,
        section: str | None,
        status: str,
        legend: str,
        reminded: bool = False,  # noqa: FBT001, FBT002 - enum values are positional
    ) -> None:
        """Set the attributes from the value."""
        self.sign = sign
        self.section = section
        self.status = status
        self.legend = legend
        self.reminded = reminded

    @classmethod
    def matching(cls, *, section: str | None, status: str, reminded: bool) -> Self | None:
        """Return the stage with these properties, or None."""
        observed = (section, status, reminded)
        found = [each for each in cls if (each.section, each.status, each.reminded) == observed]
        return found[0] if found else None
