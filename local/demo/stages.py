"""What an observer can see of one key on one day, and the sign that stands for it on a timeline."""

from enum import Enum
from typing import Self

ACTIVE = "Active"
INACTIVE = "Inactive"
GONE = "gone"


class Stage(Enum):
    """One row of the legend.

    sign: its character on a timeline
    section: the list of the run's answer that names the key, or None where none does
    status: the key's status in IAM after the run
    reminded: whether the day's mail reminds of it
    """

    WORKS = (".", None, ACTIVE, "works")
    NOTICED = ("N", "noticed", ACTIVE, "notice given")
    WAITING = ("n", "upcoming", ACTIVE, "noticed, still works")
    REMINDED = ("!", "upcoming", ACTIVE, "last reminder", True)
    DEFERRED = ("~", "deferred", ACTIVE, "put off by the limit")
    WITHDRAWN = ("W", "withdrawn", ACTIVE, "notice withdrawn")
    DEACTIVATED = ("D", "deactivated", INACTIVE, "deactivated")
    IN_GRACE = ("-", "upcoming", INACTIVE, "inactive, watched for use")
    LAST_DAY = ("!", "upcoming", INACTIVE, "last reminder", True)
    EXTENDED = ("E", "extended", INACTIVE, "used, window restarts")
    ADOPTED = ("A", "adopted", INACTIVE, "adopted")
    DELETED = ("X", "deleted", GONE, "deleted")
    CLOSED = ("C", "closed", GONE, "closed, owner rotated")
    HELD = ("H", "held", ACTIVE, "held for a person")
    EXEMPT = ("=", "exempt", ACTIVE, "exempt")
    NOT_OURS = ("o", None, INACTIVE, "inactive, not ours")
    ABSENT = (" ", None, GONE, "does not exist")

    def __init__(
        self,
        sign: str,
        section: str | None,
        status: str,
        legend: str,
        reminded: bool = False,  # noqa: FBT001, FBT002 - an enum's values are given by position
    ) -> None:
        """Take the parts of a value."""
        self.sign = sign
        self.section = section
        self.status = status
        self.legend = legend
        self.reminded = reminded

    @classmethod
    def matching(cls, *, section: str | None, status: str, reminded: bool) -> Self | None:
        """Find the stage that looks like this; None where none does."""
        look = (section, status, reminded)
        found = [each for each in cls if (each.section, each.status, each.reminded) == look]
        return found[0] if found else None
