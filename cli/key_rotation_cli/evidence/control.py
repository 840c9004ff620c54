"""The page `control.html`: what the control is, with which thresholds it ran, and what it did."""

from collections import Counter
from collections.abc import Sequence
from importlib.resources import files

import jinja2

from key_rotation.domain.model import Now
from key_rotation.reporting.formatting import format_date, sanitize_line
from key_rotation_cli.csv_file import Table
from key_rotation_cli.evidence.facts import Facts
from key_rotation_cli.evidence.runs import status_of

MAPPING = (
    (
        "CIS AWS Foundations Benchmark",
        "1.14 (up to version 4), 1.13 (5), 2.13 (6), 2.12 (7)",
        "rotation",
    ),
    ("PCI DSS 4.0", "8.6.3, 8.3.9", "rotation of credentials; see the note"),
    ("SOC 2", "CC6.1", "logical access; see the note"),
    ("ISO/IEC 27001:2022", "A.5.17, A.8.5", "authentication; see the note"),
)
"""Controls to which people assign the rotation of access keys."""
PAGE = files("key_rotation_cli.evidence")


def control_page(facts: Facts, tables: Sequence[Table]) -> str:
    """Return the page: HTML without scripts and without references to anything outside."""
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["day"] = format_date
    environment.filters["line"] = sanitize_line
    template = environment.from_string((PAGE / "control.html.jinja").read_text(encoding="utf-8"))
    statuses = Counter(status_of(run) for run in facts.runs)
    now = Now(instant=facts.origin.created_at, zone=facts.period.zone)
    days = facts.period.days_until(facts.today)
    return template.render(
        facts=facts,
        origin=facts.origin,
        period=facts.period,
        style=(PAGE / "control.css").read_text(encoding="utf-8"),
        now=now,
        days=len(days),
        gaps=facts.gaps,
        statuses=statuses,
        stopped=[run for run in facts.runs if run.stopped],
        modes=sorted({str(run.mode) for run in facts.runs if run.mode}),
        failures=sum(run.failure_count for run in facts.runs),
        actions=sorted(Counter(str(event.action) for event in facts.changes).items()),
        thresholds=[v for v in facts.parameters if not v.name.startswith("exemption")],
        exemption_versions=[v for v in facts.parameters if v.name.startswith("exemption")],
        used=_versions_used(facts),
        mapping=MAPPING,
        tables=tables,
    )


def _versions_used(facts: Facts) -> dict[tuple[str, int], str]:
    """Return for each version of a parameter from which day to which day runs had it."""
    days: dict[tuple[str, int], list[str]] = {}
    for run in facts.runs:
        day = format_date(facts.period.day(run.started))
        for name, parameter in run.settings.items():
            days.setdefault((name, parameter.version), []).append(day)
    return {key: f"{found[0]} to {found[-1]}" for key, found in days.items()}
