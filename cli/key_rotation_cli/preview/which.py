"""Which accounts a preview is of: that of the caller, another one, or those of an organization."""

import re
from dataclasses import dataclass

from key_rotation_cli.errors import BadUsageError
from key_rotation_cli.roles import USUAL, Role, require_account_id

AT_ONCE, MOST_AT_ONCE = 4, 32
"""Accounts that are read at once; each makes up to 8 calls at once."""
_TARGET = re.compile(r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}")
"""The id of a root or an organizational unit (Organizations API Reference)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """What the caller asked for.

    all_accounts: whether it is every active account of the organization
    account_id: one account; None for that of the caller
    role: what to assume in other accounts; None where no other account is asked for
    targets: the root or the organizational units whose accounts are read; empty for all
    at_once: how many accounts are read at once
    """

    all_accounts: bool
    account_id: str | None
    role: Role | None
    targets: frozenset[str]
    at_once: int

    @classmethod
    def parse(
        cls,
        account: str | None,
        role: str | None,
        external_id: str | None,
        targets: str | None,
        at_once: int | None,
        *,
        all_accounts: bool,
    ) -> "Which":
        """Read the options; raises BadUsageError for one that is not accepted, or misplaced."""
        if all_accounts and account is not None:
            raise BadUsageError("Give either --all or --account.")
        if not all_accounts and (targets, at_once) != (None, None):
            raise BadUsageError("--targets and --accounts-at-once need --all.")
        if not all_accounts and account is None and (role, external_id) != (None, None):
            raise BadUsageError("--role and --external-id need --all or --account.")
        if role is None and (all_accounts or external_id is not None):
            text = f"Name a role that can read each account with --role, such as {USUAL}."
            raise BadUsageError(text)
        return cls(
            all_accounts=all_accounts,
            account_id=require_account_id(account) if account is not None else None,
            role=Role.parse(role, external_id) if role is not None else None,
            targets=_targets(targets),
            at_once=at_once or AT_ONCE,
        )

    def require_role(self) -> Role:
        """Return the role; raises BadUsageError where another account is asked for without one."""
        if self.role is None:
            text = f"The account {self.account_id} is another one: name a role in it with --role"
            raise BadUsageError(f"{text}, such as {USUAL}.")
        return self.role


def _targets(text: str | None) -> frozenset[str]:
    if text is None:
        return frozenset()
    found = [each.strip() for each in text.split(",")]
    for each in found:
        if not _TARGET.fullmatch(each):
            accepted = "ids of a root or of organizational units, with a comma between them"
            raise BadUsageError(f"--targets has {each!r}; it accepts {accepted}.")
    return frozenset(found)
