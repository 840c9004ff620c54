"""What can be observed of a key and of an account on a day, and its character on the timeline."""

from enum import Enum, StrEnum
from typing import Self

from local.demo.stages import ACTIVE, GONE, INACTIVE


class KeyStage(Enum):
    """A stage of a key.

    sign: its character on the timeline
    section: the list of the day's digest that names the key, or None
    status: the key's status in IAM after the run
    legend: its description
    would: whether the digest says that it would be so in enforce mode
    """

    WORKS = (".", None, ACTIVE, "works")
    WOULD_BE_NOTICED = ("n", "noticed", ACTIVE, "would get a notice", True)
    NOTICED = ("N", "noticed", ACTIVE, "notice given")
    REMINDED = ("!", "upcoming", ACTIVE, "last reminder")
    DEACTIVATED = ("D", "deactivated", INACTIVE, "deactivated")
    IN_GRACE = ("-", None, INACTIVE, "inactive, watched for use")
    LAST_DAY = ("!", "upcoming", INACTIVE, "last reminder")
    DELETED = ("X", "deleted", GONE, "deleted")
    CLOSED = ("C", "closed", GONE, "closed, key was deleted")
    ABSENT = (" ", None, GONE, "does not exist")

    def __init__(
        self,
        sign: str,
        section: str | None,
        status: str,
        legend: str,
        would: bool = False,  # noqa: FBT001, FBT002 - enum values are positional
    ) -> None:
        """Set the attributes from the value."""
        self.sign = sign
        self.section = section
        self.status = status
        self.legend = legend
        self.would = would

    @classmethod
    def matching(cls, *, section: str | None, status: str, would: bool) -> Self | None:
        """Return the stage with these properties, or None."""
        observed = (section, status, would)
        found = [each for each in cls if (each.section, each.status, each.would) == observed]
        return found[0] if found else None


class Look(StrEnum):
    """What a run did with an account."""

    LOOKED_AT = "+"
    NOT_LOOKED_AT = "x"
    NOT_ASKED = " "


LOOK_LEGEND = {
    Look.LOOKED_AT: "account looked at",
    Look.NOT_LOOKED_AT: "account not looked at, an error",
}
UNKNOWN = "?"
"""The sign of a stage that no key should have."""
