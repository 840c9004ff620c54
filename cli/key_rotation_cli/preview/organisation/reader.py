"""Reads the accounts of an organization, a few at once, and forecasts each."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

from key_rotation.domain.organisation.accounts import Account
from key_rotation_cli.aws_errors import AWS_ERRORS, describe
from key_rotation_cli.errors import CliError
from key_rotation_cli.preview.account_preview import preview_account
from key_rotation_cli.preview.organisation.organisation_preview import (
    AccountPreview,
    UnreadAccount,
    reduce,
)
from key_rotation_cli.preview.request import Terms
from key_rotation_cli.roles import Role
from key_rotation_cli.session import Session

Read = AccountPreview | UnreadAccount


class _StoppedError(Exception):
    """Raised in an account that is being read when the caller has interrupted the command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationReader:
    """Reads accounts with one role; that of the caller without a role.

    at_once: how many are read at once; each makes up to 8 calls at once
    """

    session: Session
    role: Role
    terms: Terms
    at_once: int
    _stopped: threading.Event = field(default_factory=threading.Event)

    def read(self, accounts: Iterable[Account], on_progress: Callable[[], None]) -> list[Read]:
        """Read accounts; one that cannot be read does not stop the others.

        on_progress: is called after each account
        """
        with ThreadPoolExecutor(max_workers=self.at_once) as pool:
            futures = [pool.submit(self._read, account) for account in accounts]
            try:
                return [_finished(future, on_progress) for future in as_completed(futures)]
            except BaseException:
                self._stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _read(self, account: Account) -> Read:
        try:
            session, terms = self._session(account.account_id)
            found = preview_account(session, terms, self._require_not_stopped)
        except CliError as error:
            return UnreadAccount(account=account, reason=str(error))
        except AWS_ERRORS as error:
            return UnreadAccount(account=account, reason=describe(error))
        return AccountPreview(account=account, preview=reduce(found))

    def _session(self, account_id: str) -> tuple[Session, Terms]:
        own = self.session.account_id
        terms = self.terms.for_account(account_id, own)
        if account_id == own:
            return self.session, terms
        return self.role.assume(self.session, account_id), terms

    def _require_not_stopped(self, _what: str, _done: int, _total: int) -> None:
        if self._stopped.is_set():
            raise _StoppedError


def _finished(future: "Future[Read]", on_progress: Callable[[], None]) -> Read:
    on_progress()
    return future.result()
