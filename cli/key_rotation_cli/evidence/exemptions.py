"""The table of exemptions: which entries the runs of a period found. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from key_rotation.domain import exemptions
from key_rotation.domain.exemptions import Exemption
from key_rotation.domain.run_history import RunSummary
from key_rotation_cli.csv_file import Row
from key_rotation_cli.evidence.facts import Facts, ParameterVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedExemption:
    """One entry, and on which days runs found it.

    source: the parameter in which it stood, by the last part of its name
    """

    entry: Exemption
    source: str
    first_run: date | None = None
    last_run: date | None = None


def exemption_rows(facts: Facts) -> list[Row]:
    """Return each entry that a run of the period found, or that a parameter has today."""
    found: dict[tuple[str, str], ListedExemption] = {}
    for run in facts.runs:
        day = facts.period.day(run.started)
        for listed in _entries_of(run):
            known = found.get((listed.source, str(listed.entry)), listed)
            first = known.first_run or day
            key = (listed.source, str(listed.entry))
            found[key] = replace(known, first_run=first, last_run=day)
    latest = {version.name: version for version in facts.parameters}
    for version in latest.values():
        for entry in _parse(version.name, version.value):
            listed = ListedExemption(entry=entry, source=version.name)
            found.setdefault((version.name, str(entry)), listed)
    last_day = max((facts.period.day(run.started) for run in facts.runs), default=None)
    return [_row(listed, facts, last_day) for listed in found.values()]


def _entries_of(run: RunSummary) -> Iterator[ListedExemption]:
    for name, parameter in run.settings.items():
        for entry in _parse(name, parameter.value):
            yield ListedExemption(entry=entry, source=name)


def _parse(name: str, value: str) -> tuple[Exemption, ...]:
    return exemptions.parse(value)[0] if name.startswith("exemption") else ()


def _row(listed: ListedExemption, facts: Facts, last_day: date | None) -> Row:
    entry = listed.entry
    in_force = last_day is not None and listed.last_run == last_day and not entry.ended(last_day)
    origin = _first_version_with(listed, facts.parameters)
    return {
        "pattern": entry.pattern,
        "until": entry.until,
        "reason": entry.reason,
        "first_run": listed.first_run,
        "last_run": listed.last_run,
        "in_force_at_last_run": in_force,
        "source": listed.source,
        "changed_at": origin.changed_at if origin else None,
        "changed_by": origin.changed_by if origin else None,
    }


def _first_version_with(
    listed: ListedExemption, versions: tuple[ParameterVersion, ...]
) -> ParameterVersion | None:
    """Return the first version that is kept and has the entry: whoever set it added it."""
    return next(
        (
            version
            for version in versions
            if version.name == listed.source and listed.entry in _parse(version.name, version.value)
        ),
        None,
    )
