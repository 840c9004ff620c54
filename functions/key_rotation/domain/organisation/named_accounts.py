"""The accounts that a person named for a run: each must be one that is looked at."""

from collections.abc import Mapping, Sequence

from key_rotation.domain.organisation.accounts import Coverage, RegisteredAccount
from key_rotation.errors import InvalidEventError


def require_looked_at(names: Sequence[str], rows: Mapping[str, RegisteredAccount]) -> None:
    """Raise InvalidEventError that says of each named account why it is not looked at.

    rows: the accounts that are listed, by their ids
    """
    problems = [
        f"The input has the account {name}, which is not looked at: {why}."
        for name in names
        if (why := _why_not(rows.get(name)))
    ]
    if problems:
        raise InvalidEventError(
            " ".join([*problems, "It accepts accounts that are looked at. Nothing was changed."])
        )


def _why_not(row: RegisteredAccount | None) -> str | None:
    if row is None:
        return "it is no account of the organization"
    match row.coverage:
        case Coverage.COVERED:
            return " ".join(row.problems).rstrip(".") or None
        case Coverage.NOT_ACTIVE:
            return f"its state is {row.account.state or 'unknown'}"
        case Coverage.LEFT_OUT:
            until = f" until {row.left_out_until}" if row.left_out_until else ""
            return f"it is left out{until} ({row.left_out_reason or 'no reason given'})"
        case Coverage.OUTSIDE_TARGETS | Coverage.LEFT:
            return f"it is {row.coverage}"
