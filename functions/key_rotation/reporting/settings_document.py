"""What programs read of the settings and the exemptions in a digest."""

from key_rotation.domain.exemption_changes import ExemptionChange
from key_rotation.domain.settings import EXEMPTION, Parameter
from key_rotation.reporting.exemption_news import as_many_as_fit
from key_rotation.reporting.formatting import sanitize_line
from key_rotation.reporting.report import Report
from key_rotation.reporting.response import Document


def settings_document(report: Report) -> Document:
    """Return the part of the JSON about settings and exemptions."""
    news, changed = report.exemption_news, report.changed_parameters
    ended, ended_more = as_many_as_fit(report.ended_exemptions)
    ending, ending_more = as_many_as_fit(news.ending_listed)
    unmatched, unmatched_more = as_many_as_fit(report.unmatched_listed)
    changes, changes_more = as_many_as_fit(news.changes)
    settings = {name: _parameter(found) for name, found in report.settings.raw.items()}
    left_out = {
        "ended_exemptions": ended_more,
        "ending_exemptions": ending_more,
        "exemption_changes": changes_more,
        "unmatched_exemptions": unmatched_more,
    }
    return {
        "settings": settings if changed else {},
        "changed_settings": sorted(changed),
        "settings_edited_by": {
            name: report.editors[name] for name in sorted(changed) if name in report.editors
        },
        "exemption_changes": [_change(change, report) for change in changes],
        "ended_exemptions": list(ended),
        "ending_exemptions": [
            {"entry": str(entry), "until": entry.until and entry.until.isoformat()}
            for entry in ending
        ],
        "unmatched_exemptions": [
            {"entry": str(entry), "near": list(report.near.get(str(entry), ()))}
            for entry in unmatched
        ],
        "left_out_exemptions": {name: count for name, count in left_out.items() if count},
        **chat_document(report.previous.chat_failure),
    }


def chat_document(failure: str) -> Document:
    """Return why the last chat message was not accepted; nothing for an empty failure."""
    return {"chat_failed": sanitize_line(failure, 400)} if failure else {}


def _parameter(parameter: Parameter) -> Document:
    return {"value": parameter.value, "version": parameter.version}


def _change(change: ExemptionChange, report: Report) -> Document:
    """Return one changed exemption parameter; `by` is null where it is not known."""
    now, before = change.now, change.before
    return {
        "change": str(change.change),
        "name": change.name,
        "now": now and sanitize_line(now.value, 400),
        "was": before and sanitize_line(before.value, 400),
        "version": now and now.version,
        "by": report.editors.get(f"{EXEMPTION}/{change.name}"),
    }
