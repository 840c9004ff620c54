"""What one run of an organization reports: the facts for its digest, its answer and its metrics."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from key_rotation.domain.model import Mode, Now
from key_rotation.domain.organisation.accounts import RegisteredAccount
from key_rotation.domain.organisation.organisation_run import OrganisationRun
from key_rotation.domain.owners.contacts import OwnerNews
from key_rotation.domain.settings import Parameter
from key_rotation.reporting.organisation.stopped_message import hub_account_id
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReport:
    """What the run reports of one account that it looked at.

    report: of the whole account: where it had several parts, their outcomes together
    metrics: its metrics, by their names in CloudWatch
    complete: whether all its users were looked at
    """

    registered: RegisteredAccount
    report: Report
    metrics: Mapping[str, int] = field(default_factory=dict)
    complete: bool = True

    @property
    def account_id(self) -> str:
        """The account's id."""
        return self.registered.account.account_id

    @property
    def name(self) -> str:
        """The account's name in the organization."""
        return self.registered.account.name

    @property
    def lists_keys(self) -> bool:
        """Whether keys of it are news; those of a report run that a person started never are."""
        return self.report.has_key_news and not self.report.facts.is_manual_report

    @property
    def has_news(self) -> bool:
        """Whether a digest of the organization is sent because of it.

        What changed in the settings is reported once for all accounts, and so is no news here.
        """
        report = self.report
        if report.facts.is_manual_report:
            return False
        suspended = report.names_suspension or report.facts.restored
        return self.lists_keys or suspended or bool(report.exemption_news.ending_listed)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotLookedAt:
    """An account that the run was to look at, and could not.

    reason: why, in AWS's words where AWS refused it
    since: the first day of those on which it could not be looked at
    new_without_role: whether it is new in the organization, and the member role is not there yet:
        it is listed, and does not count as a failure
    triggers_digest: whether a digest is sent because of it: on the first day, and on every seventh
    """

    registered: RegisteredAccount
    reason: str
    since: date
    new_without_role: bool = False
    triggers_digest: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterChange:
    """A parameter that was edited, added or removed since the last digest.

    name: what follows the path in its name, such as `mode`, `ous/ou-1/mode`
    before, now: None where there was none, or there is none any more
    editor: the ARN of who edited it last; None where it is not known
    reach: to how many of the accounts that are looked at it applies
    """

    name: str
    before: Parameter | None
    now: Parameter | None
    editor: str | None = None
    reach: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsNews:
    """What is new about the parameters of the organization.

    unread: the names that nothing reads, each with what is wrong
    unread_is_new: whether a digest is sent because of them
    ended: the entries of exemptions and of `leave-out` that ended, as lines
    unmatched: the exemptions that match no user and no key of any account that they reach
    unmatched_is_new: whether a digest is sent because of them
    """

    changes: tuple[ParameterChange, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)
    unread_is_new: bool = False
    ended: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    unmatched_is_new: bool = False

    @property
    def needs_digest(self) -> bool:
        """Whether a digest must tell it."""
        new = self.changes or self.ended or self.unread_is_new or self.unmatched_is_new
        return bool(new)


@dataclass(frozen=True, kw_only=True)  # no slots: `ending` is kept in `__dict__`
class OrganisationReport:
    """One report of an organization.

    accounts: those that were looked at, by id
    not_looked_at: those that were to be, and were not
    joined, left: the accounts that this run was the first to find, or to miss
    left_out: all that the parameter `leave-out` leaves out
    newly_left_out: the ids of those that no digest has named
    not_covered: the management account, if it has no member role and no digest has named it
    not_active, outside_targets: how many accounts are not active, or not in the targets
    broken_off: why the run ended early; None for a run that came to its end
    owners: what is reported of mails to owners; None if they get none
    chat_failure: why the last chat message was not accepted, if no digest has reported it
    """

    run: OrganisationRun
    organization_id: str
    now: Now
    accounts: tuple[AccountReport, ...] = ()
    not_looked_at: tuple[NotLookedAt, ...] = ()
    joined: tuple[RegisteredAccount, ...] = ()
    left: tuple[RegisteredAccount, ...] = ()
    left_out: tuple[RegisteredAccount, ...] = ()
    newly_left_out: frozenset[str] = frozenset()
    not_covered: tuple[RegisteredAccount, ...] = ()
    not_active: int = 0
    outside_targets: int = 0
    settings: SettingsNews = field(default_factory=SettingsNews)
    broken_off: str | None = None
    owners: OwnerNews | None = None
    chat_failure: str = ""

    @property
    def mode(self) -> Mode:
        """The mode of the run."""
        return self.run.mode

    @property
    def hub_account_id(self) -> str:
        """The account of the deployment, in which the execution runs."""
        return hub_account_id(self.run.execution_arn)

    @property
    def failing(self) -> tuple[NotLookedAt, ...]:
        """The accounts that were not looked at, without new ones that have no role yet."""
        return tuple(account for account in self.not_looked_at if not account.new_without_role)

    @property
    def partly_looked_at(self) -> tuple[AccountReport, ...]:
        """The accounts of which some users were looked at, and others were not."""
        missing = {account.registered.account.account_id for account in self.not_looked_at}
        return tuple(a for a in self.accounts if not a.complete or a.account_id in missing)

    @property
    def looked_at(self) -> int:
        """How many accounts were looked at, each with all its users."""
        return len(self.accounts) - len(self.partly_looked_at)

    @property
    def expected(self) -> int:
        """How many accounts the run was to look at."""
        missing = {account.registered.account.account_id for account in self.not_looked_at}
        return len(missing | {account.account_id for account in self.accounts})

    @property
    def paused(self) -> bool:
        """Whether the organization's limit of changes is 0, so that no key is changed."""
        return self.run.change_limit == 0

    @property
    def all_report_mode(self) -> bool:
        """Whether no account is enforced."""
        modes = {account.report.mode for account in self.accounts} or {self.mode}
        return modes == {Mode.REPORT}

    @property
    def over_limit(self) -> int:
        """How many of the due changes were more than the organization's limit."""
        return max(0, self.run.due_changes - self.run.change_limit)

    @cached_property
    def ending(self) -> Mapping[str, int]:
        """The exemptions that end soon and are to be named, each with its number of accounts."""
        return Counter(
            str(entry)
            for account in self.accounts
            for entry in account.report.exemption_news.ending_listed
        )

    @property
    def needs_digest(self) -> bool:
        """Whether something is to be reported, and not only listed."""
        return bool(
            any(account.has_news for account in self.accounts)
            or any(account.triggers_digest for account in self.not_looked_at)
            or self.has_account_news
            or self.settings.needs_digest
            or self.broken_off
            or (self.owners and self.owners.needs_digest)
        )

    @property
    def has_account_news(self) -> bool:
        """Whether accounts joined or left, or others are not looked at for the first time."""
        return bool(self.joined or self.left or self.newly_left_out or self.not_covered)

    def outcomes(self) -> Iterator[tuple[AccountReport, Outcome]]:
        """Return all outcomes, each with its account."""
        for account in self.accounts:
            for outcome in account.report.outcomes:
                yield account, outcome

    def in_section(self, section: Section) -> tuple[tuple[AccountReport, Outcome], ...]:
        """Return the outcomes under one heading, each with its account."""
        return tuple(pair for pair in self.outcomes() if pair[1].section is section)
