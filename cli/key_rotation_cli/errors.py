"""Every error that a command raises on purpose; `main` shows it in one line."""


class CliError(Exception):
    """Raised when a command could not do what it was asked to do. The base of the others."""

    exit_code = 1


class BadUsageError(CliError):
    """Raised when a flag, an argument or a file that the caller named is not accepted."""

    exit_code = 2


class CheckFailedError(CliError):
    """Raised when a check that the caller asked for by a flag fails."""

    exit_code = 3


class OperationRefusedError(CliError):
    """Raised by a read-only session for an operation that is not on its list of reads."""
