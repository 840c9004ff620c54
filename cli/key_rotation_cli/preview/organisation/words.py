"""The sentences of the preview of an organization. Pure."""

from key_rotation.reporting.formatting import format_date, pluralize
from key_rotation_cli.operate.limit import DEFAULT_OF_ORGANISATION
from key_rotation_cli.preview import words
from key_rotation_cli.preview.organisation.organisation_preview import OrganisationPreview

OF_EACH = " in each account"


def title_text(preview: OrganisationPreview) -> str:
    """Return what the preview is of."""
    days = pluralize(preview.horizon, "day")
    day = f"{format_date(preview.now.today)} ({preview.now.zone.key})"
    return f"Preview of organization {preview.organization_id} for {days} from {day}"


def accounts_text(preview: OrganisationPreview) -> str:
    """Return how many accounts were read, could not be, and were left alone."""
    total = len(preview.accounts) + len(preview.unread)
    text = f"{len(preview.accounts):,} of {pluralize(total, 'account')} read"
    left = {"not active": preview.not_active, "outside the targets": preview.outside}
    more = [f"{count:,} {what}" for what, count in left.items() if count]
    return f"{text}; besides, {' and '.join(more)}." if more else f"{text}."


def limits_text(preview: OrganisationPreview) -> str:
    """Return what the limits are of, with the day on which the organization's own one matters."""
    text = "Thresholds and limits are those of each account."
    changes = {
        day: sum(counts[section] for section in words.CHANGES) for day, counts in preview.days
    }
    day = max(changes, key=changes.__getitem__, default=None)
    if day is None or changes[day] <= DEFAULT_OF_ORGANISATION:
        return text
    return (
        f"{text} On {format_date(day)} they allow {changes[day]:,} changes; the limit of the "
        f"organization, {DEFAULT_OF_ORGANISATION} at first, lets the youngest keys wait."
    )


def backlog_text(preview: OrganisationPreview) -> str:
    """Return the backlog of all accounts."""
    affected = sum(each.preview.backlog.keys > 0 for each in preview.accounts)
    where = f" in {pluralize(affected, 'account')}"
    return words.backlog_text(preview, where=where, of_each=OF_EACH)


def in_use_text(preview: OrganisationPreview) -> str:
    """Return how many keys in use would stop working, in how many accounts."""
    totals = preview.totals
    text = words.in_use_sentence(totals["in_use"], totals["unknown_in_use"])
    affected = sum(each.in_use > 0 for each in preview.accounts)
    return f"{text} They are in {pluralize(affected, 'account')}." if affected > 1 else text


def root_text(preview: OrganisationPreview) -> str:
    """Return how many accounts have access keys of the root user."""
    found = [each.preview.account.root_keys for each in preview.accounts]
    unknown = sum(each is None for each in found)
    text = f"{sum(each is True for each in found):,}"
    return f"{text} ({unknown:,} unknown)" if unknown else text


def incomplete_text(preview: OrganisationPreview) -> str:
    """Return what is missing, in one line."""
    texts = list(preview.missing)
    if preview.unread:
        texts.insert(0, f"{pluralize(len(preview.unread), 'account')} could not be read.")
    return f"The preview is incomplete: {' '.join(texts)}"
