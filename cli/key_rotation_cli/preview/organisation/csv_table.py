"""The keys of an organization that come due as CSV, one row a key. Pure."""

from key_rotation_cli import csv_file
from key_rotation_cli.preview import csv_table
from key_rotation_cli.preview.organisation.organisation_preview import OrganisationPreview


def to_csv(preview: OrganisationPreview) -> str:
    """Return the table of one account, with its id and its name before each key."""
    return csv_file.to_csv(
        ("account_id", "account_name", *csv_table.columns(owners=preview.knows_owners)),
        (
            {"account_id": each.account.account_id, "account_name": each.account.name, **row}
            for each in preview.accounts
            for row in csv_table.rows(each.preview)
        ),
    )
