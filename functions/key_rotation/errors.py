"""Every error that this tool raises on purpose: a name, and when it is raised."""

from collections.abc import Sequence


class KeyRotationError(Exception):
    """The base of all errors below."""


class RunStoppedError(KeyRotationError):
    """Raised when a run cannot be trusted: it stops; an alarm reports it, and mostly an e-mail."""


class InvalidEventError(RunStoppedError):
    """Raised when an invocation's event has a field or a value that is not accepted."""


class InvalidSettingsError(RunStoppedError):
    """Raised before any change when a parameter is missing, unreadable or contradicts another."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Carry one sentence a problem, each naming parameter, value and what is accepted."""
        super().__init__(" ".join([*problems, "Nothing was changed."]))
        self.problems = tuple(problems)


class SettingsUnreadableError(RunStoppedError):
    """Raised before any change when the parameters could not be read at all."""


class ListUsersError(RunStoppedError):
    """Raised before any change when the listing of users breaks off."""


class OrganizationUnreadableError(RunStoppedError):
    """Raised before any change when the organization's accounts cannot be listed or trusted."""


class ExecutionUnknownError(RunStoppedError):
    """Raised before any change when an earlier execution may still be under way."""


class LedgerError(RunStoppedError):
    """Raised when the ledger cannot be read, or does not accept a record."""


class UnreadableItemError(LedgerError):
    """Raised before any change when an item that each run needs is incomplete or malformed."""

    def __init__(self, problem: str, command: Sequence[str]) -> None:
        """Carry what is wrong, and the lines of the shell command that deletes the item."""
        one_line = " ".join(line.strip(" \\") for line in command)
        super().__init__(f"{problem} To fix it: {one_line}")
        self.problem = problem
        self.command = tuple(command)


class LedgerConflictError(LedgerError):
    """Raised when a watch was changed by somebody else since it was read."""


class LeaseLostError(RunStoppedError):
    """Raised when another run took over, because this one wrote no heartbeat for too long."""


class RunInProgressError(KeyRotationError):
    """Raised when another run is in progress, or has begun since: this run does nothing."""

    def __init__(self, other_run_id: str | None) -> None:
        """Name the other run; None for one that has begun since, of which nothing is known."""
        super().__init__(other_run_id or "a run that has begun since")
        self.other_run_id = other_run_id


class ContinuationError(RunStoppedError):
    """Raised when the next part of a run could not be invoked: some users were not read."""


class NoListenerError(RunStoppedError):
    """Raised in enforce mode, before any change, when nobody would see what is published."""


class SubscriptionsUnreadableError(RunStoppedError):
    """Raised when the topic's subscriptions cannot be read, so that nobody may be listening."""


class PublishError(RunStoppedError):
    """Raised when SNS does not accept the digest: the next run reports what was done."""


class ChatError(KeyRotationError):
    """Raised when SNS does not accept a chat message: the next digest reports it."""


class CredentialReportUnavailableError(KeyRotationError):
    """Raised when IAM gives no credential report: the keys of all users are read instead."""


class KeyScopedError(KeyRotationError):
    """The base of errors that concern one user or key: the others go on."""


class UnreadableError(KeyScopedError):
    """Raised when a user's keys, or a key's last use, cannot be read: the key is left alone."""

    def __init__(self, text: str, *, transient: bool = False) -> None:
        """Say what and why; `transient` is whether another try may succeed."""
        super().__init__(text)
        self.transient = transient


class UserNotFoundError(KeyScopedError):
    """Raised when IAM no longer knows a user by this name: deleted, or renamed with all keys."""


class KeyNotFoundError(KeyScopedError):
    """Raised when a key that was to be changed is gone: someone else deleted it."""


class TransientError(KeyScopedError):
    """Raised when one try of a change failed, and another may succeed."""

    def __init__(self, text: str, *, may_have_happened: bool) -> None:
        """Say why; `may_have_happened` is whether AWS may have made the change all the same."""
        super().__init__(text)
        self.may_have_happened = may_have_happened


class ChangeUnconfirmedError(KeyScopedError):
    """Raised when IAM neither confirms a change nor shows it on reading back: it may happen yet."""


class ChangeRefusedError(KeyScopedError):
    """Raised when IAM refuses the only try of a change: this run did not change the key."""


class MailNotSentError(KeyRotationError):
    """Raised when SES refuses a mail, or does not answer: it stays pending, and the run goes on."""

    def __init__(self, words: str, *, concerns_all: bool = True) -> None:
        """Carry the words of SES; `concerns_all` is whether other mails are not sent either."""
        super().__init__(words)
        self.concerns_all = concerns_all


class MailThrottledError(MailNotSentError):
    """Raised when SES refuses a mail because of the rate: it was not sent, and can be tried."""


class RecipientRefusedError(KeyRotationError):
    """Raised when SES refuses recipients of a mail, which count as unreachable then."""

    def __init__(self, words: str, addresses: Sequence[str]) -> None:
        """Carry the words of SES, and the recipients that it refused."""
        super().__init__(words)
        self.addresses = tuple(addresses)


class MailEventsUnreadableError(KeyRotationError):
    """Raised when what came of mails cannot be read: the next run reads it."""
