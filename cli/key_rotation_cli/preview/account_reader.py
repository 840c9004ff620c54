"""Reads an account with few calls: the credential report, then the users that it points at."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from key_rotation.adapters.credential_report import begin_credential_report
from key_rotation.adapters.iam_reads import list_users
from key_rotation.domain.execution import Clock
from key_rotation.domain.inventory import ListedUser
from key_rotation.domain.model import Now
from key_rotation.domain.selection import select_users
from key_rotation.domain.settings import Settings
from key_rotation.domain.watch import Watches
from key_rotation.errors import ListUsersError
from key_rotation_cli.aws_errors import AWS_ERRORS, describe
from key_rotation_cli.errors import CliError
from key_rotation_cli.preview.account import Account
from key_rotation_cli.preview.credential_report import CredentialReport, read_report
from key_rotation_cli.preview.missing import missing_sentences
from key_rotation_cli.preview.user_reader import UserReader, counted

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


def show_nothing(_done: int, _total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReader:
    """Reads one account.

    horizon_end: the last day of the preview; the keys that come due by then are read one by one
    watches: what a deployment remembers; the keys of their users are read in any case
    clock: waits for the credential report, and between tries
    on_progress: is told how many of how many users were read
    """

    iam: "IAMClient"
    now: Now
    horizon_end: Now
    settings: Settings
    watches: Watches
    clock: Clock = field(default=time)
    on_progress: Callable[[int, int], None] = show_nothing

    def read(self) -> Account:
        """Read it; raises CliError where its users cannot be listed."""
        begin_credential_report(self.iam)  # IAM generates it while the users are listed
        listed = self._list_users()
        report = read_report(self.iam, self.now, self.clock)
        reader = UserReader(
            iam=self.iam,
            horizon_end=self.horizon_end,
            settings=self.settings,
            watches=self.watches,
            report=report,
            clock=self.clock,
        )
        found = reader.read([each.user for each in self._select(listed, report)], self.on_progress)
        only_reported = {each.user.name for each in listed} - found.user_names
        keys = (
            *map(counted, found.keys),
            *(key for name in sorted(only_reported) for key in report.keys.get(name, ())),
        )
        root_keys, problem = self._read_root_keys(report)
        return Account(
            users=len(listed),
            counted_keys=keys,
            observed_keys=found.keys,
            unreadable=found.failures,
            root_keys=root_keys,
            missing=missing_sentences(report.problem, keys, found.failures, problem),
        )

    def _list_users(self) -> tuple[ListedUser, ...]:
        try:
            return list_users(self.iam)
        except ListUsersError as error:
            cause = error.__cause__
            text = describe(cause) if isinstance(cause, AWS_ERRORS) else str(error)
            raise CliError(f"The users of the account cannot be listed. {text}") from error

    def _select(
        self, listed: Iterable[ListedUser], report: CredentialReport
    ) -> tuple[ListedUser, ...]:
        """Select the users who may have a key that comes due, as a run does on the last day.

        Those whose keys the report does not show in full are read too, so that all are counted.
        """
        listed = tuple(listed)
        if report.problem is not None:
            return listed
        watched = {watch.user.user_id for watch in self.watches.by_key_id.values()}
        in_full = {
            name
            for name, keys in report.keys.items()
            if not any(key.active and key.may_be_older for key in keys)
        }
        always = watched | {each.user.user_id for each in listed if each.user.name not in in_full}
        return select_users(
            listed,
            report.rows,
            always=frozenset(always),
            now=self.horizon_end,
            settings=replace(self.settings, exemptions=()),  # those who are exempt come due too
        )

    def _read_root_keys(self, report: CredentialReport) -> tuple[bool | None, str | None]:
        """Return whether the root user has a key, or None and why that is not known."""
        try:
            found = self.iam.get_account_summary()["SummaryMap"]
            return bool(found["AccountAccessKeysPresent"]), None
        except (*AWS_ERRORS, KeyError) as error:
            if report.root_keys is not None:
                return report.root_keys, None
            return None, describe(error)
