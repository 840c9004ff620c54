"""Builds previews of organizations without an account of AWS."""

from collections.abc import Iterable, Mapping

from key_rotation.domain.organisation.accounts import Account
from key_rotation_cli.preview.organisation.organisation_preview import (
    AccountPreview,
    OrganisationPreview,
    UnreadAccount,
    reduce,
)
from key_rotation_cli.preview.preview import Preview
from tests.cli.preview.builders import a_preview


def an_account(number: int, name: str) -> Account:
    """Return an active account; its id ends with a number."""
    return Account(account_id=f"{number:012}", name=name, ous=("r-1234",), state="ACTIVE")


def an_organisation(
    previews: Mapping[str, Preview],
    *,
    unread: Mapping[str, str] | None = None,
    not_active: int = 0,
    notes: Iterable[str] = (),
) -> OrganisationPreview:
    """Return the preview of an organization: previews of accounts by name, and reasons."""
    accounts = [
        AccountPreview(account=an_account(111111111000 + n, name), preview=reduce(preview))
        for n, (name, preview) in enumerate(previews.items())
    ]
    example = a_preview()
    return OrganisationPreview(
        organization_id="o-example1234",
        now=example.now,
        settings=example.settings,
        source=example.source,
        horizon=example.horizon,
        accounts=tuple(sorted(accounts, key=lambda each: each.rank)),
        unread=tuple(
            UnreadAccount(account=an_account(222222222000 + n, name), reason=reason)
            for n, (name, reason) in enumerate((unread or {}).items())
        ),
        not_active=not_active,
        outside=0,
        notes=tuple(notes),
    )
