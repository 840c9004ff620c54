"""Lists the accounts of an organization, and previews each."""

from key_rotation_cli import console
from key_rotation_cli.preview.organisation.accounts import Chosen, choose_accounts
from key_rotation_cli.preview.organisation.organisation_preview import (
    AccountPreview,
    OrganisationPreview,
    UnreadAccount,
)
from key_rotation_cli.preview.organisation.reader import OrganisationReader, Read
from key_rotation_cli.preview.request import Terms
from key_rotation_cli.preview.which import Which
from key_rotation_cli.session import Session


def preview_all(session: Session, terms: Terms, which: Which) -> OrganisationPreview:
    """Return the preview of an organization; raises CliError if it cannot be listed."""
    role = which.require_role()
    with console.progress("Listing the accounts"):
        chosen = choose_accounts(session, which.targets)
    reader = OrganisationReader(session=session, role=role, terms=terms, at_once=which.at_once)
    with console.progress("Reading the accounts") as bar:
        [task] = bar.task_ids
        bar.update(task, total=len(chosen.accounts))
        read = reader.read(chosen.accounts, lambda: bar.advance(task))
    return _of(read, chosen, terms)


def _of(read: list[Read], chosen: Chosen, terms: Terms) -> OrganisationPreview:
    accounts = [each for each in read if isinstance(each, AccountPreview)]
    unread = [each for each in read if isinstance(each, UnreadAccount)]
    return OrganisationPreview(
        organization_id=chosen.organization_id,
        now=terms.now,
        settings=terms.thresholds.settings,
        source=terms.thresholds.source,
        horizon=terms.days,
        accounts=tuple(sorted(accounts, key=lambda each: each.rank)),
        unread=tuple(sorted(unread, key=lambda each: each.account.account_id)),
        not_active=len(chosen.not_active),
        outside=chosen.outside,
        notes=terms.deployed.notes,
    )
