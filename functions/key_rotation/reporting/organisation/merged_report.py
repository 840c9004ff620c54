"""The report of an account whose run had several parts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.report import Report

_LAST = datetime.max.replace(tzinfo=UTC)


def merge_parts(reports: Sequence[Report]) -> Report:
    """Return one report of the whole run of an account.

    reports: of its parts, in order; at least one

    No part is reported before the others, so that a later one finds what an earlier one did as
    something that an earlier run could not report. Of each key the outcomes of the part that
    decided it count; where none did, those of the last part.
    """
    first, last = reports[0], reports[-1]
    facts = replace(
        first.facts,
        number=0,
        users=max(report.facts.users for report in reports),
        keys=sum(report.facts.keys for report in reports),
        users_read=sum(report.facts.users_read for report in reports),
        users_left=last.facts.users_left,
        note=next((report.facts.note for report in reports if report.facts.note), ""),
        restored=any(report.facts.restored for report in reports),
        saw_all_keys=len(reports) == 1 and first.facts.saw_all_keys,
    )
    return replace(
        first,
        account_alias=next((r.account_alias for r in reports if r.account_alias), ""),
        facts=facts,
        outcomes=tuple(_outcomes(reports)),
        suspended_since=last.suspended_since,
        unmatched=last.unmatched,
        near={entry: names for report in reports for entry, names in report.near.items()},
        editors={name: arn for report in reports for name, arn in report.editors.items()},
    )


def _outcomes(reports: Sequence[Report]) -> list[Outcome]:
    """Return the outcomes of all parts: what earlier runs did, then the oldest keys first."""
    chosen: dict[object, list[Outcome]] = {}
    decided: set[object] = set()
    for part, report in enumerate(reports):
        by_key: dict[object, list[Outcome]] = defaultdict(list)
        for number, outcome in enumerate(report.outcomes):
            by_key[outcome.access_key_id or (part, number)].append(outcome)
        for key, outcomes in by_key.items():
            if key in decided:
                continue
            chosen[key] = outcomes
            if any(outcome.happened_at is None for outcome in outcomes):
                decided.add(key)
    return sorted((o for outcomes in chosen.values() for o in outcomes), key=_order)


def _order(outcome: Outcome) -> tuple[int, datetime]:
    """Sort as the report of one part is: earlier events, keys by age, failures, exempt users."""
    created = outcome.created or _LAST
    if outcome.happened_at:
        return 0, created
    if outcome.section is Section.FAILED:
        return 2, _LAST
    return (1, created) if outcome.access_key_id else (3, _LAST)
