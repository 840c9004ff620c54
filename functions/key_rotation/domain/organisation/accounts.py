"""The accounts of an organization: as Organizations lists them, and as the register keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from key_rotation.domain.settings import Parameter

ACTIVE = "ACTIVE"
"""The state of an account that can be used (Organizations API Reference, Account)."""


class Coverage(StrEnum):
    """Whether a run looks at an account, and why it does not."""

    COVERED = "covered"
    LEFT_OUT = "left out"
    NOT_ACTIVE = "not active"
    OUTSIDE_TARGETS = "outside the targets"
    LEFT = "left the organization"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as Organizations lists it.

    ous: the ids of the root and of the organizational units that contain it, the root first
    state: in the word of Organizations; empty where it gives none
    """

    account_id: str
    name: str
    ous: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """The parameters that apply to one account.

    raw: the eight parameters, by the last part of their names; `exemptions` has the lines of all
        that reach the account
    exemption_parameters: those of one exemption each, by name; an override's name has its scope
    sources: where an overridden parameter comes from, by its name: `ous/ou-...`, `accounts/...`
    """

    raw: Mapping[str, Parameter]
    exemption_parameters: Mapping[str, Parameter] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredAccount:
    """One account of the register.

    run_id, event_id: of the run that last prepared it, and the event for which that takes place
    report_only: whether that run must not change keys, in whatever mode is set
    is_management: whether it is the organization's management account
    left_out_reason, left_out_until: what the parameter `leave-out` says of it
    first_seen: when a run first saw it in the organization
    last_looked_at: when a run last looked at all its users; None for never
    settings: what applies to it in this run; None where it is not covered, or they are not accepted
    problems: what is wrong with its overrides: it is not looked at
    changes_allowed: how many keys this run may change at most, beside the account's own limit; None
        where only that limit applies
    failing_since: the first day of those on which it could not be looked at; None if it was
    failure_reported: the last day on which a digest named that as a failure
    left_on: the day on which a run no longer found it in the organization
    open_watches: how many of its keys were watched then
    rested_until: the last day on which it was not looked at on purpose; None for never
    moved_at: when a run found that it had joined, left or returned; a digest names it once
    """

    account: Account
    coverage: Coverage
    run_id: str
    event_id: str
    report_only: bool = False
    is_management: bool = False
    left_out_reason: str | None = None
    left_out_until: date | None = None
    first_seen: datetime
    last_looked_at: datetime | None = None
    settings: AccountSettings | None = None
    problems: tuple[str, ...] = ()
    changes_allowed: int | None = None
    failing_since: date | None = None
    failure_reported: date | None = None
    left_on: date | None = None
    open_watches: int = 0
    rested_until: date | None = None
    moved_at: datetime | None = None

    @property
    def is_item(self) -> bool:
        """Whether the run takes place in this account: covered, with settings that are accepted."""
        return self.coverage is Coverage.COVERED and self.settings is not None
