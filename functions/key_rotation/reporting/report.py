"""What one part of a run reports: the facts for the digest, the answer and the metrics."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from key_rotation.domain.exemptions import Exemption, remembered_line
from key_rotation.domain.model import Mode, Now, Reason
from key_rotation.domain.owners.contacts import NO_CONTACTS, OwnerContacts
from key_rotation.domain.reported_days import WEEK, is_news
from key_rotation.domain.run_part import DigestSummary, RunPart
from key_rotation.domain.run_state import RunState
from key_rotation.domain.settings import Settings
from key_rotation.reporting.exemption_news import ExemptionNews
from key_rotation.reporting.news import lasting_by_user
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.part_facts import PartFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """The keys whose deactivation is announced, where they are too many for one day."""

    keys: int
    last_day: date


@dataclass(frozen=True, kw_only=True)  # no slots: `exemption_news` is kept in `__dict__`
class Report:
    """One report.

    account_alias: the account's alias in IAM; empty where there is none, or it was not read
    previous: what the last run read and reported
    outcomes: what came of each decision, after what earlier runs did and could not report
    suspended_since: why nothing is enforced, each with the day on which a run first saw it
    unmatched: the exemptions in force that match no user and no key
    near: what is similar to an entry that matches nothing
    editors: the ARNs of who last edited what changed, by name, such as `mode`, `exemption/NAME`;
        None for one of which it could not be read
    delivered: whether a digest was published, and counts as read
    message_ids: what SNS calls the messages of the digest
    contacts: what the run knows of owners
    chat_failure: why its chat message was not accepted; empty if it was, or if there is none
    """

    run_id: str
    account_id: str
    account_alias: str = ""
    facts: PartFacts
    previous: RunState
    outcomes: tuple[Outcome, ...]
    suspended_since: Mapping[str, date] = field(default_factory=dict)
    unmatched: tuple[Exemption, ...] = ()
    near: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    editors: Mapping[str, str | None] = field(default_factory=dict)
    delivered: bool = False
    message_ids: tuple[str, ...] = ()
    contacts: OwnerContacts = NO_CONTACTS
    chat_failure: str = ""

    @property
    def now(self) -> Now:
        """The one instant of the run."""
        return self.facts.now

    @property
    def mode(self) -> Mode:
        """The mode of the run."""
        return self.facts.mode

    @property
    def settings(self) -> Settings:
        """The settings of the run."""
        return self.facts.settings

    @property
    def user_count(self) -> int:
        """How many users the account has."""
        return self.facts.users

    @property
    def key_count(self) -> int:
        """How many keys this part knows: those read, and those only in the credential report."""
        return self.facts.keys

    @property
    def users_left(self) -> int:
        """How many users are left to later parts of the run."""
        return self.facts.users_left

    @property
    def is_part(self) -> bool:
        """Whether the run has other parts, so that this one does not know all keys."""
        return bool(self.facts.number or self.users_left)

    @property
    def changed_parameters(self) -> frozenset[str]:
        """The names of the parameters that were edited since the last run."""
        before = self.previous.parameters
        return frozenset(
            name for name, now in self.settings.raw.items() if before and before.get(name) != now
        )

    @property
    def ended_exemptions(self) -> tuple[str, ...]:
        """The exemptions that ended, and whose end no digest has reported."""
        ended = self.settings.ended_exemptions(self.now.today)
        known = self.previous.ended_exemptions
        return tuple(line for line in ended if remembered_line(line) not in known)

    @cached_property
    def exemption_news(self) -> ExemptionNews:
        """What is new about exemptions: parameters that changed, and entries that end soon."""
        return ExemptionNews.of(self.settings, self.previous, self.now)

    @property
    def unmatched_listed(self) -> tuple[Exemption, ...]:
        """The entries that match nothing, if the digest names them: new ones, and once a week."""
        days, today = self.previous.unmatched_exemptions, self.now.today
        lines = tuple(map(remembered_line, self.unmatched))
        new = any(line not in days for line in lines)
        weekly = self.facts.saw_all_keys and any(
            is_news(days.get(line), today, WEEK) for line in lines
        )
        return self.unmatched if new or weekly else ()

    @property
    def names_suspension(self) -> bool:
        """Whether a suspension was in no digest for a week, and so triggers one."""
        since = self.suspended_since.values()
        last = self.previous.suspension_reported or min(since, default=None)
        return bool(since) and is_news(last, self.now.today, WEEK)

    @property
    def backlog(self) -> Backlog | None:
        """The backlog; None if one run can change all keys with an announced day, or is paused."""
        days = [
            outcome.due
            for outcome in self.outcomes
            if outcome.due
            and (outcome.section is Section.NOTICED or outcome.reason is Reason.NOTICE_RUNNING)
        ]
        if self.settings.paused or len(days) <= self.settings.max_changes_per_run:
            return None
        return Backlog(keys=len(days), last_day=max(days))

    @property
    def needs_digest(self) -> bool:
        """Whether something is to be reported, and not only listed.

        In report mode: whether the (key, action) pairs differ from those of the last digest.
        A report run that a person started where enforce mode is set reports in its answer only.
        """
        if self.facts.is_manual_report:
            return False
        if self.changed_parameters or self.ended_exemptions or self.unmatched_listed:
            return True
        if self.names_suspension or self.facts.restored or self.exemption_news.needs_digest:
            return True
        if self.contacts.news.needs_digest:
            return True
        return self.has_key_news

    @property
    def has_key_news(self) -> bool:
        """Whether a key is news; in report mode, whether the (key, action) pairs are others."""
        if self.mode is Mode.REPORT:
            earlier = any(outcome.happened_at for outcome in self.outcomes)
            return earlier or self.fingerprint != self._previous_fingerprint
        return any(outcome.triggers_digest for outcome in self.outcomes)

    @property
    def digest(self) -> DigestSummary:
        """What the next run must know of the digest of this part."""
        news = self.exemption_news
        return DigestSummary(
            delivered=self.delivered,
            fingerprint=self.fingerprint,
            lasting=lasting_by_user(self.outcomes),
            suspended_since=self.suspended_since,
            unmatched=tuple(map(remembered_line, self.unmatched)),
            unmatched_listed=tuple(map(remembered_line, self.unmatched_listed)),
            ending=tuple(map(remembered_line, news.ending)),
            ending_listed=tuple(map(remembered_line, news.ending_listed)),
        )

    @property
    def fingerprint(self) -> str:
        """Identifies the set of (key, action) pairs; empty if there are none."""
        pairs = sorted(
            f"{outcome.user_name} {outcome.access_key_id} {outcome.section}"
            for outcome in self.outcomes
            if not outcome.happened_at
        )
        return hashlib.sha256("\n".join(pairs).encode()).hexdigest() if pairs else ""

    @property
    def _previous_fingerprint(self) -> str:
        return next(iter(self.previous.report_fingerprints[self.facts.number :]), "")

    def are_due_tomorrow(self, outcomes: Iterable[Outcome]) -> bool:
        """Return whether the day of each is tomorrow."""
        tomorrow = self.now.today + timedelta(days=1)
        return all(outcome.due == tomorrow for outcome in outcomes)

    def in_section(self, section: Section) -> tuple[Outcome, ...]:
        """Return the outcomes under one heading, oldest key first."""
        return tuple(outcome for outcome in self.outcomes if outcome.section is section)


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedPart:
    """A part of a run that came to its end, with its report."""

    part: RunPart
    report: Report
