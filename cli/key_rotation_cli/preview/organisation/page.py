"""The preview of an organization as one HTML page."""

from collections import Counter
from datetime import timedelta

from key_rotation_cli.preview import charts
from key_rotation_cli.preview.organisation import words as org_words
from key_rotation_cli.preview.organisation.organisation_preview import OrganisationPreview
from key_rotation_cli.preview.page import render


def to_html(preview: OrganisationPreview) -> str:
    """Return the page; every text of others is escaped."""
    busy = dict(preview.days)
    step, today = preview.now.days_between_runs, preview.now.today
    dates = [today + timedelta(days=day) for day in range(0, preview.horizon, step)]
    return render(
        "organisation.html.jinja",
        preview=preview,
        totals=preview.totals,
        org_words=org_words,
        ages=charts.ages_chart(preview.ages, preview.settings),
        changes=charts.changes_chart({day: busy.get(day, Counter()) for day in dates}),
    )
