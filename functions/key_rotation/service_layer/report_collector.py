"""Collects what came of the plan, with what only the reader of the digest needs."""

from dataclasses import dataclass, replace

from key_rotation.domain import exemptions
from key_rotation.domain.model import RunEnvironment
from key_rotation.domain.owners.contacts import OwnerContacts
from key_rotation.domain.run_part import RunPart
from key_rotation.domain.run_state import RunState
from key_rotation.domain.suspension import suspensions
from key_rotation.domain.watch import Watches
from key_rotation.reporting.near import near_matches
from key_rotation.reporting.news import mark_news
from key_rotation.reporting.outcome import collect_outcomes
from key_rotation.reporting.part_facts import PartFacts
from key_rotation.reporting.report import FinishedPart, Report
from key_rotation.service_layer.key_details import KeyDetailsReader
from key_rotation.service_layer.run_context import RunContext
from key_rotation.service_layer.run_services import RunServices


@dataclass(frozen=True, slots=True)
class ReportCollector:
    """Makes the report of one part of a run."""

    environment: RunEnvironment
    services: RunServices
    context: RunContext
    contacts: OwnerContacts

    def collect(self, part: RunPart, watches: Watches, previous: RunState) -> FinishedPart:
        """Return the part with its report.

        Alias, near names and editors are read only if a digest needs them.
        """
        details = KeyDetailsReader(self.services.member.iam, self.context, self.contacts.policy)
        outcomes = mark_news(
            collect_outcomes(part, watches),
            previous.reported_days,
            part.now.today,
            paused=part.settings.paused,
        )
        unmatched = exemptions.unmatched(
            part.settings.exemptions,
            part.inventory.users,
            part.inventory.keys,
            today=part.now.today,
            saw_all_keys=part.saw_all_keys,
            known_before=previous.unmatched_exemptions,
        )
        report = Report(
            run_id=self.context.run_id,
            account_id=self.environment.account_id,
            facts=PartFacts.of(part),
            previous=previous,
            outcomes=details.add_details(outcomes, part.inventory),
            suspended_since=suspensions(part, previous),
            unmatched=unmatched,
            contacts=self.contacts,
        )
        report = self.services.owners.drop_overtaken(report)
        if not report.needs_digest:
            return FinishedPart(part=part, report=report)
        report = replace(
            report,
            account_alias=details.read_account_alias(),
            near=near_matches(report.unmatched_listed, part.inventory),
            editors=self.services.notifier.read_editors(report, self.context),
        )
        return FinishedPart(part=part, report=self.services.owners.before_digest(report))
