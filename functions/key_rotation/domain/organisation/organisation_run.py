"""One run of an organization: what prepare leaves to the other steps, and to the next run."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Self

from key_rotation.domain.model import Mode
from key_rotation.domain.organisation.accounts import RegisteredAccount
from key_rotation.domain.run_state import REMEMBERED_EVENTS
from key_rotation.domain.settings import Parameter

LONGEST_RUN = timedelta(hours=6)
"""After which the state machine's execution ends, whatever it is doing (`TimeoutSeconds`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationRun:
    """The run that is under way, or the last one.

    execution_arn: of the state machine's execution
    event_id: the event for which it takes place: a schedule's deliveries share it
    mode: the mode that is set for all, or report mode if a person asked for it
    report_only: whether a person asked for report mode
    account_ids: the accounts that a person named; empty for all
    change_limit: the organization's limit of changes
    due_changes: how many changes were due when it was shared out
    ended: when its digest was published, or was not needed; None while it is under way
    news_since: what is news in its digest: the accounts that joined, left or returned since then
    messages: how many messages its digest had
    earlier_events: the events of the runs before it, the last one at the end; with its own, if it
        is prepared again
    """

    run_id: str
    execution_arn: str
    event_id: str
    started: datetime
    mode: Mode
    report_only: bool = False
    account_ids: tuple[str, ...] = ()
    change_limit: int = 0
    due_changes: int = 0
    ended: datetime | None = None
    news_since: datetime | None = None
    messages: int = 0
    earlier_events: tuple[str, ...] = ()

    @property
    def is_partial(self) -> bool:
        """Whether a person asked for less than the run of the schedule does."""
        return self.report_only or bool(self.account_ids)

    @property
    def is_repeat(self) -> bool:
        """Whether the event was prepared before, so that changes may have been made for it."""
        return self.event_id in self.earlier_events

    def after(self, previous: Self | None) -> Self:
        """Return the run with what the run before means for it; its own if it is prepared again.

        What an earlier run found is news until the digest of a whole run was published.
        """
        if previous is None:
            return replace(self, news_since=self.started)
        reported = previous.ended is not None and not previous.is_partial
        others = (event for event in previous.earlier_events if event != previous.event_id)
        return replace(
            self,
            news_since=self.started if reported else previous.news_since or self.started,
            earlier_events=(*others, previous.event_id)[-REMEMBERED_EVENTS:],
        )

    def has_news_of(self, account: RegisteredAccount) -> bool:
        """Return whether its digest names an account that joined, left or returned."""
        moved, since = account.moved_at, self.news_since
        return moved is not None and since is not None and moved >= since


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSnapshot:
    """All parameters of the organization, as one run read them.

    parameters: by what follows the path in their names, such as `ous/ou-1/mode`
    unread: the names below the path that nothing reads, each with a sentence that says why; also
        `organisation/leave-out`, where one of its entries names no account
    reach: how many of the accounts that are looked at each override applies to, by its scope
    editors: the ARNs of who last edited what changed since the last digest, by name; None where it
        could not be read
    """

    parameters: Mapping[str, Parameter]
    unread: Mapping[str, str] = field(default_factory=dict)
    reach: Mapping[str, int] = field(default_factory=dict)
    editors: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationState:
    """What digests of the organization have reported.

    parameters: as the last delivered digest had them; empty before the first
    unread: the names that nothing reads, as the last digest named them
    ended: the entries (exemptions and `leave-out`) whose end was reported, as remembered lines
    unmatched: the exemptions that match nothing, with the day of the last digest that named them
    left_out: the ids of the accounts that were left out, as reported
    not_covered: the ids of the accounts reported as not covered: the management account
    stopped: the fingerprint of the last message that a run was stopped; empty after a good run
    chat_failure: why the last chat message was not accepted, if no digest has reported it
    """

    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    unmatched: Mapping[str, date] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    not_covered: tuple[str, ...] = ()
    stopped: str = ""
    chat_failure: str = ""
