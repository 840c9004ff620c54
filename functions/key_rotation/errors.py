"""Every error this tool raises on purpose. Each is a name and when it is raised."""

from collections.abc import Sequence


class KeyRotationError(Exception):
    """The base of all errors below."""


class RunStoppedError(KeyRotationError):
    """Raised when a run cannot be trusted: it stops, and people are told."""


class BadEventError(RunStoppedError):
    """Raised when an invocation's event has a field or a value that is not accepted."""


class BadSettingsError(RunStoppedError):
    """Raised before any change when a parameter is missing, unreadable or contradicts another."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Carry one sentence a problem, each naming parameter, value and what is accepted."""
        super().__init__(" ".join([*problems, "Nothing was changed."]))
        self.problems = tuple(problems)


class SettingsUnreadableError(RunStoppedError):
    """Raised before any change when the parameters could not be read at all."""


class ListingError(RunStoppedError):
    """Raised before any change when the listing of users breaks off."""


class LedgerError(RunStoppedError):
    """Raised when the ledger cannot be read, or does not take a record."""


class LedgerConflictError(LedgerError):
    """Raised when a watch was changed by somebody else since it was read."""


class LeaseLostError(RunStoppedError):
    """Raised when another run took over, because this one had not been heard of for too long."""


class AnotherRunError(KeyRotationError):
    """Raised when another run is under way, or has begun since: the work is left to it."""


class NotGoneOnError(RunStoppedError):
    """Raised when a run could not hand its remainder to the next part: users were not looked at."""


class NobodyListensError(RunStoppedError):
    """Raised in enforce mode, before any change, when the topic has no confirmed subscription."""


class NotDeliveredError(RunStoppedError):
    """Raised when SNS does not take the digest: what was done is told by the next run."""


class NoReportError(KeyRotationError):
    """Raised when no credential report is to be had: everybody is asked instead."""


class OneKeyError(KeyRotationError):
    """The base of errors that concern one user or key: the others go on."""


class UnreadableError(OneKeyError):
    """Raised when a user's keys, or a key's last use, cannot be read: the key is left alone."""


class UserGoneError(OneKeyError):
    """Raised when IAM no longer knows a user by this name: deleted, or renamed with all keys."""


class KeyGoneError(OneKeyError):
    """Raised when a key that was to be changed is gone, by somebody else's hand."""


class ChangeUnconfirmedError(OneKeyError):
    """Raised when IAM does not confirm a change, nor shows it when read back: it may yet come."""


class ChangeRefusedError(OneKeyError):
    """Raised when IAM refuses a change on the only try: what the key then is, is not our doing."""
