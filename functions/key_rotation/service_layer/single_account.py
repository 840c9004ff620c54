"""The surroundings of an account by itself: its parameters, and a digest for its topic."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from key_rotation.adapters.clients import DeploymentClients, MemberClients
from key_rotation.adapters.ledger_items import Partitions
from key_rotation.adapters.owner_mails import OwnerMails
from key_rotation.adapters.parameter_store import read_settings
from key_rotation.adapters.sns_topic import SnsTopic
from key_rotation.domain.model import RunEnvironment
from key_rotation.domain.watch import WatchChange, Watches
from key_rotation.reporting.report import FinishedPart, Report
from key_rotation.service_layer.chat_notifier import ChatNotifier
from key_rotation.service_layer.notify import DigestNotifier
from key_rotation.service_layer.owner_mail_environment import OwnerMailEnvironment
from key_rotation.service_layer.owners import NO_OWNERS
from key_rotation.service_layer.parameter_editors import ParameterEditorReader
from key_rotation.service_layer.run_context import RunContext
from key_rotation.service_layer.run_services import RunRecords, RunServices
from key_rotation.service_layer.save_run import save_run

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


def single_account_services(
    member: MemberClients,
    deployment: DeploymentClients,
    environment: RunEnvironment,
    owner_mail: OwnerMailEnvironment | None = None,
) -> RunServices:
    """Return the services of a run in the account of the deployment.

    owner_mail: None if owners get no mail
    """
    path = environment.parameter_path
    mails = OwnerMails(deployment.table, lambda _: Partitions(environment.ledger_account))
    return RunServices(
        member=member,
        table=deployment.table,
        read_settings=partial(read_settings, deployment.ssm, path, owners=owner_mail is not None),
        owners=owner_mail.owners(mails, environment.account_id) if owner_mail else NO_OWNERS,
        notifier=TopicNotifier(
            topic=SnsTopic(deployment.sns, environment.topic_arn),
            chat=ChatNotifier.of(deployment.sns, environment.chat_topic_arn),
            ssm=deployment.ssm,
            parameter_path=path,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicNotifier:
    """Publishes the digest of a run at its end."""

    topic: SnsTopic
    chat: ChatNotifier
    ssm: "SSMClient"
    parameter_path: str

    def require_listener(self) -> None:
        """Raise NoListenerError if the topic has no listener."""
        self.topic.require_listener()

    def read_editors(self, report: Report, context: RunContext) -> Mapping[str, str | None]:
        """Return who last edited the parameters that changed, by name; None for not known."""
        return ParameterEditorReader(self.ssm, self.parameter_path, context).read(report)

    def read_undelivered(self, part: int) -> tuple[WatchChange, ...]:
        """Return nothing: the digest of each part was delivered before the next one began."""
        del part
        return ()

    def finish(self, finished: FinishedPart, watches: Watches, records: RunRecords) -> FinishedPart:
        """Publish the digest if one is needed, save the run, and publish the digest in short.

        Raises PublishError, LedgerError and LeaseLostError.
        """
        notifier = DigestNotifier(self.topic, records.ledger, records.context)
        finished = replace(finished, report=notifier.send(finished, watches))
        state = save_run(finished, records.ledger, records.history, records.context.lease)
        return self.chat.send_digest(finished, state, records)
