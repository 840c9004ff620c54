"""Reads one account, and forecasts its days."""

from collections.abc import Callable

from key_rotation_cli.preview.account_reader import AccountReader, show_nothing
from key_rotation_cli.preview.preview import Preview, Subject, make_preview
from key_rotation_cli.preview.request import Terms
from key_rotation_cli.preview.starting_point import starting_point
from key_rotation_cli.session import Session


def preview_account(
    session: Session, terms: Terms, on_progress: Callable[[int, int], None] = show_nothing
) -> Preview:
    """Return the preview of the account of a session.

    on_progress: is told how many of how many users were read

    Raises CliError where its users cannot be listed.
    """
    account = AccountReader(
        iam=session.iam,
        now=terms.now,
        horizon_end=terms.last_day,
        settings=terms.thresholds.settings,
        watches=terms.deployed.watches,
        on_progress=on_progress,
    ).read()
    subject = Subject(
        account_id=session.account_id,
        account=account,
        source=terms.thresholds.source,
        stack=terms.deployed.stack,
        notes=terms.deployed.notes,
    )
    start = starting_point(terms.thresholds, terms.deployed, account, terms.now)
    return make_preview(subject, start, terms.days)
