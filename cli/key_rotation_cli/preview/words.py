"""The sentences that the screen and the page share. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Protocol

from key_rotation.domain.model import LastUse, Now, Status
from key_rotation.domain.settings import Settings
from key_rotation.reporting.formatting import format_date, pluralize, sanitize_line
from key_rotation.reporting.outcome import Section
from key_rotation_cli.dates import short_date
from key_rotation_cli.preview.backlog import Backlog
from key_rotation_cli.preview.due_keys import DueKey
from key_rotation_cli.preview.key_owners import Known
from key_rotation_cli.preview.preview import Preview
from key_rotation_cli.preview.thresholds import Source


class Forecast(Protocol):
    """What the previews of one account and of an organization have in common."""

    @property
    def now(self) -> Now:
        """The instant of the first run."""

    @property
    def settings(self) -> Settings:
        """The settings of each run."""

    @property
    def source(self) -> Source:
        """Where they come from."""

    @property
    def backlog(self) -> Backlog:
        """The keys that are due."""

    @property
    def knows_owners(self) -> bool:
        """Whether it says who owns keys."""

    @property
    def requires_owner(self) -> bool:
        """Whether a key is deactivated only if a mail about its notice was accepted."""

    @property
    def owner_counts(self) -> Mapping[Known, int]:
        """How many keys have an owner that is known in which way."""

    @property
    def waiting(self) -> tuple[DueKey, ...]:
        """The keys that wait for an owner."""


SOURCES = {
    Source.FLAGS: "from flags; what no flag gives is that of the deployment, or the default",
    Source.PARAMETERS: "the parameters of the deployment",
    Source.DEFAULTS: "the defaults",
}
CHANGES = (Section.DEACTIVATED, Section.DELETED)
NEAR = timedelta(days=180)
ASSUMPTION = (
    "It assumes one run now and one on each day that follows, that nobody reacts, and that "
    "no key is used once it is off."
)
MAIL_ASSUMPTION = "It also assumes that the mail about each notice is accepted on its day"
NO_ADDRESS = "if an address is known, and never if none is: then the key keeps working"
UNCHANGED = "Nothing was changed."


def thresholds_text(preview: Forecast) -> str:
    """Return the thresholds and where they come from, in one sentence."""
    settings = preview.settings
    limit = settings.max_changes_per_run
    changes = f"at most {pluralize(limit, 'change')} a run" if limit else "paused: no changes"
    return (
        f"Maximum age {pluralize(settings.max_age.days, 'day')}, "
        f"notice {pluralize(settings.notice.days, 'day')}, "
        f"grace {pluralize(settings.grace.days, 'day')}, {changes} ({SOURCES[preview.source]})."
    )


def assumption_text(preview: Forecast) -> str:
    """Return what the forecast assumes, with the gap between two runs of a deployment."""
    gap = preview.now.days_between_runs
    text = ASSUMPTION
    if gap != 1:
        text = text.replace("on each day that follows", f"every {gap} days")
    if preview.requires_owner:
        mail = f"{MAIL_ASSUMPTION} {NO_ADDRESS}" if preview.knows_owners else MAIL_ASSUMPTION
        text = f"{text} {mail}."
    return f"{text} {UNCHANGED}"


def backlog_text(preview: Forecast, where: str = "", of_each: str = "") -> str:
    """Return the backlog in one or two sentences.

    where: what follows the number of keys, such as ` in 3 accounts`
    of_each: what follows the limit where it is that of each account
    """
    backlog, limit = preview.backlog, preview.settings.max_changes_per_run
    if not backlog.keys:
        return "No key is due today."
    due = f"{pluralize(backlog.keys, 'key')}{where} {_is(backlog.keys)} due"
    if backlog.last_date is None:
        text = f"{due}; while changes are paused, none of them stops working."
    else:
        text = (
            f"{due}; at {limit} a run{of_each} the last one stops working on "
            f"{format_date(backlog.last_date)}."
        )
    smallest = backlog.limit_for_30_days
    if smallest is None:
        return f"{text} No limit works that off in 30 days."
    return f"{text} The smallest limit that works that off in 30 days is {smallest}."


def root_text(preview: Preview) -> str:
    """Return whether the root user has keys, in a word."""
    match preview.account.root_keys:
        case True:
            return "yes"
        case False:
            return "no"
        case None:
            return "unknown"


def in_use_text(preview: Preview) -> str:
    """Return how many keys in use would stop working, and of how many that is not known."""
    due = (key.observed for key in preview.due_keys if key.observed.key.status is Status.ACTIVE)
    unknown = sum(observed.last_use is None for observed in due)
    return in_use_sentence(len(preview.in_use), unknown)


def in_use_sentence(count: int, unknown: int) -> str:
    """Return how many keys in use would stop working, and of how many that is not known."""
    used = "was" if count == 1 else "were"
    keys = pluralize(count, "key") if count else "No key"
    text = f"{keys} that {used if count else 'was'} used in the last 30 days would stop working."
    if not unknown:
        return text
    whose = "its" if unknown == 1 else "their"
    more = pluralize(unknown, "more key")
    return f"{text} {more} would stop working; {whose} last use is not known."


def last_used_text(use: LastUse | None, now: Now, *, near: bool = False) -> str:
    """Return when a key was last used: a date, `never` or `unknown`.

    near: whether the year is left out where it is clear
    """
    if use is None:
        return "unknown"
    if use.at is None:
        return "never"
    day = now.day(use.at)
    return near_date(day, now.today) if near else short_date(day)


def near_date(day: date | None, today: date) -> str:
    """Write a day without its year, if it is the nearest such day to today."""
    if day is None or abs(day - today) > NEAR:
        return short_date(day)
    return f"{day.day} {day:%b}"


def foreign(text: str | None) -> str:
    """Make text that others wrote safe to print, in one line."""
    return sanitize_line(text or "", 300)


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
