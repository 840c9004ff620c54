"""The owners of the scenario's keys, and the mails that they must get.

The expectations are derived from docs/owner-mail.md by hand, without the product's code.
"""

from local.demo.actors import user_of
from local.demo.expectations import expected_on
from local.demo.scenario_keys import KEYS, ScenarioKey
from local.demo.stages import Stage

SENDER = "key-rotation@example.com"
FALLBACK = "it@example.com"
CONTEXT = {
    "owner-mail-from": SENDER,
    "owner-domains": "example.com, *.example.org",
    "owner-fallback": FALLBACK,
    "contact": "security@example.com",
}
"""How the stack is deployed."""

TAGS = {
    "ann": ("owner-email", "ann@example.com"),
    "ben": ("owner-email", "ben@example.com"),
    "carol": ("Owner", "carol@example.com"),
    "dora": ("owner-email", "dora@example.com"),
    "eve": ("owner-email", "eve@example.com"),
    "gil": ("Contact", "gil@lab.example.org"),
    "vendor": ("contact", "help@vendor.example.net"),
}
"""The tag that names the owner of a user's keys. The address of vendor is outside the domains, and
the other users have no such tag: mail about their keys goes to the fallback."""
BOUNCING = "dora@example.com"
BOUNCE = "550 5.1.1 no such user"
BOUNCE_REPORTED_ON = 2

_EVE = "eve@example.com"
FOLLOWED_MAILS = {
    "dora": (
        (1, BOUNCING, "An AWS access key of dora stops working on Mon 9 Mar 2026"),
        (2, FALLBACK, "An AWS access key of dora stops working on Mon 9 Mar 2026"),
        (7, FALLBACK, "Reminder: an AWS access key of dora stops working on Mon 9 Mar 2026"),
        (8, FALLBACK, "An AWS access key of dora no longer works"),
        (37, FALLBACK, "Reminder: an AWS access key of dora is deleted on Wed 8 Apr 2026"),
        (38, FALLBACK, "An AWS access key of dora was deleted"),
    ),
    "eve": (
        (9, _EVE, "An AWS access key of eve stops working on Tue 17 Mar 2026"),
        (15, _EVE, "Reminder: an AWS access key of eve stops working on Tue 17 Mar 2026"),
        (16, _EVE, "An AWS access key of eve no longer works"),
        (29, _EVE, "Reminder: an AWS access key of eve is deleted on Tue 31 Mar 2026"),
        (30, _EVE, "An AWS access key of eve was deleted"),
    ),
}
"""The users whose mails the demo prints and checks: the day, the recipient, and the first line of
each."""
FOLLOWED_RULES = {
    "eve": "from notice to deletion, all mails have one subject, so that they are a thread",
    "dora": "the first one bounces: the fallback gets it a day later, and those that follow",
}
"""What the mails about each of them demonstrate."""

_TOLD = frozenset(
    {Stage.NOTICED, Stage.REMINDED, Stage.WITHDRAWN, Stage.DEACTIVATED, Stage.EXTENDED}
    | {Stage.LAST_DAY, Stage.DELETED}
)


def expected_mails(day: int) -> list[tuple[str, str]]:
    """Return the user and the recipient of each mail of a day, sorted."""
    mails = [(user_of(key.label), _recipient(key, day)) for key in KEYS if _is_told(key, day)]
    if day == BOUNCE_REPORTED_ON:
        mails.append(("dora", FALLBACK))
    return sorted(mails)


def _is_told(key: ScenarioKey, day: int) -> bool:
    entry = expected_on(day, key.expected)
    return entry.day == day and entry.stage in _TOLD


def _recipient(key: ScenarioKey, day: int) -> str:
    """Return who gets a mail: the fallback, if no tag has an address that may and does get it."""
    _, address = TAGS.get(user_of(key.label), ("", FALLBACK))
    bounced = address == BOUNCING and day >= BOUNCE_REPORTED_ON
    outside = not address.endswith(("@example.com", ".example.org"))
    return FALLBACK if bounced or outside else address
