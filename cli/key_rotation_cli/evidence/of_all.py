"""The evidence of every account of an organization: a folder for each, and a manifest over all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from key_rotation.domain.organisation.accounts import RegisteredAccount
from key_rotation_cli import console
from key_rotation_cli.csv_file import to_csv
from key_rotation_cli.deployment import Deployment
from key_rotation_cli.evidence.compose import SampleSize, compose
from key_rotation_cli.evidence.facts import Facts
from key_rotation_cli.evidence.manifest import Document, describe_file, encode
from key_rotation_cli.evidence.parameters import ParameterHistory
from key_rotation_cli.evidence.period import Period
from key_rotation_cli.evidence.reader import read_facts
from key_rotation_cli.explain.events import PastEvent, read_events_by_account
from key_rotation_cli.hub.accounts import HubAccounts, read_accounts
from key_rotation_cli.hub.in_account import InAccount, not_looked_at

SCHEMA = "key-rotation/evidence-organisation/1"
INDEX = (
    *("account_id", "account_name", "coverage", "why_not_looked_at", "last_looked_at"),
    *("runs", "gaps", "changes", "failures", "folder"),
)


@dataclass(kw_only=True)
class EvidenceOfAll:
    """Makes the files, one account after another; `manifest` has what was made so far.

    index: a row for each account: it grows
    described: the names and the hashes of the files: it grows
    """

    deployment: Deployment
    period: Period
    sample: SampleSize
    index: list[Mapping[str, object]] = field(default_factory=list)
    described: list[Document] = field(default_factory=list)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield each file with its name; raises CliError if an account cannot be read.

        The files of one account are forgotten before the next is read.
        """
        hub = read_accounts(self.deployment)
        events = read_events_by_account(self.deployment.table)
        parameters = ParameterHistory(self.deployment)
        with console.progress("Reading the accounts") as bar:
            [task] = bar.task_ids
            bar.update(task, total=len(hub.rows))
            for row in sorted(hub.rows.values(), key=lambda each: each.account.account_id):
                yield from self._of_account(row, parameters, events)
                bar.advance(task)
        yield self._described("index.csv", to_csv(INDEX, self.index).encode())
        yield "manifest.json", encode(self._manifest(hub))

    def _of_account(
        self,
        row: RegisteredAccount,
        parameters: ParameterHistory,
        events: Mapping[str, tuple[PastEvent, ...]],
    ) -> Iterator[tuple[str, bytes]]:
        in_account = self._in_account(row)
        deployment = replace(self.deployment, in_account=in_account)
        known = events.get(in_account.partitions.account_id or "", ())
        facts = read_facts(deployment, self.period, parameters, known)
        files, _ = compose(facts, self.sample)
        self.index.append(_index_row(row, facts))
        for name, content in files.items():
            yield self._described(f"{row.account.account_id}/{name}", content)

    def _in_account(self, row: RegisteredAccount) -> InAccount:
        account_id = row.account.account_id
        return InAccount(
            row=row,
            is_own=account_id == self.deployment.session.account_id,
            is_named=True,
            path=f"{self.deployment.parameter_path}/accounts/{account_id}",
            session=None,
        )

    def _described(self, name: str, content: bytes) -> tuple[str, bytes]:
        self.described.append(describe_file(name, content))
        return name, content

    def _manifest(self, hub: HubAccounts) -> Document:
        session, period = self.deployment.session, self.period
        return {
            "schema": SCHEMA,
            "organization_id": self.deployment.variables.get("ORGANIZATION_ID", ""),
            "hub_account_id": session.account_id,
            "caller": session.caller_arn,
            "region": session.region,
            "stack": self.deployment.stack,
            "from": period.first.isoformat(),
            "to": period.last.isoformat(),
            "timezone": period.zone.key,
            "created_at": self.deployment.now.instant.isoformat(),
            "accounts": [row["account_id"] for row in self.index],
            "unreadable": dict(sorted(hub.unreadable.items())),
            "files": self.described,
        }


def _index_row(row: RegisteredAccount, facts: Facts) -> Mapping[str, object]:
    return {
        "account_id": row.account.account_id,
        "account_name": row.account.name,
        "coverage": row.coverage,
        "why_not_looked_at": not_looked_at(row),
        "last_looked_at": row.last_looked_at,
        "runs": len(facts.runs),
        "gaps": len(facts.gaps),
        "changes": len(facts.changes),
        "failures": sum(run.failure_count for run in facts.runs),
        "folder": row.account.account_id,
    }
