"""Reads one account, and forecasts its days."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from key_rotation_cli.preview.account_reader import AccountReader
from key_rotation_cli.preview.forecast import Start
from key_rotation_cli.preview.owner_reader import OwnerReader
from key_rotation_cli.preview.preview import Preview, Subject, make_preview
from key_rotation_cli.preview.request import Terms
from key_rotation_cli.preview.starting_point import starting_point
from key_rotation_cli.session import Session

Progress = Callable[[str, int, int], None]
"""Is told what is read, and how many of how many users were."""
USERS, OWNERS = "Reading the users", "Reading the owners"


def show_nothing(_what: str, _done: int, _total: int) -> None:
    """Show no progress."""


def preview_account(
    session: Session, terms: Terms, on_progress: Progress = show_nothing
) -> Preview:
    """Return the preview of the account of a session.

    Raises CliError where its users cannot be listed.
    """
    account = AccountReader(
        iam=session.iam,
        now=terms.now,
        horizon_end=terms.last_day,
        settings=terms.thresholds.settings,
        watches=terms.deployed.watches,
        on_progress=partial(on_progress, USERS),
    ).read()
    subject = Subject(
        account_id=session.account_id,
        account=account,
        source=terms.thresholds.source,
        stack=terms.deployed.stack,
        notes=terms.deployed.notes,
    )
    start = starting_point(terms.thresholds, terms.deployed, account, terms.now, session.account_id)
    found = make_preview(subject, start, terms.days)
    if terms.policy is None:
        return found
    reader = OwnerReader(
        iam=session.iam,
        policy=terms.policy,
        now=terms.now,
        on_progress=partial(on_progress, OWNERS),
    )
    return _with_owners(found, subject, start, reader)


def _with_owners(found: Preview, subject: Subject, start: Start, reader: OwnerReader) -> Preview:
    """Read the owners, and forecast anew if keys wait since nobody gets mail about them."""
    owners = reader.read(each.observed.key.user.name for each in found.coming_keys)
    unowned = owners.without_address(each.observed for each in found.coming_keys)
    if unowned and start.settings.requires_owner:
        found = make_preview(subject, replace(start, unowned=unowned), found.horizon)
    missing = (*subject.account.missing, *owners.missing)
    return replace(found, owners=owners, account=replace(found.account, missing=missing))
