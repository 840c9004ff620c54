"""CloudFormation: properties that ministack drops."""

from collections.abc import Callable, Mapping
from typing import Any

from local.emulator.ministack_internals import MinistackValue, private_name

_PROVISIONERS = "services.cloudformation.provisioners"
Declared = Mapping[str, Any]


def keep_schedule_time_zone() -> None:
    """Keep the time zone of a schedule.

    ministack drops it and evaluates every cron expression in UTC. The schedule runner evaluates it
    in the schedule's time zone, as AWS does.
    """

    def keep(name: str, declared: Declared) -> None:
        group = declared.get("GroupName", "default")
        schedule = private_name("services.scheduler", "_schedules")[f"{group}/{name}"]
        zone = declared.get("ScheduleExpressionTimezone", "UTC")
        schedule["ScheduleExpressionTimezone"] = zone

    _after_provisioning("AWS::Scheduler::Schedule", keep)


def keep_topic_kms_key() -> None:
    """Keep the KMS key of a topic.

    ministack drops it; `authorization.authorize_topic_kms_key` needs it.
    """

    def keep(arn: str, declared: Declared) -> None:
        attributes = private_name("services.sns", "_topics")[arn]["attributes"]
        attributes["KmsMasterKeyId"] = declared.get("KmsMasterKeyId", "")

    _after_provisioning("AWS::SNS::Topic", keep)


def refuse_taken_policy_name() -> None:
    """Refuse to create a managed policy whose name another policy of the account has.

    ministack takes the other policy over. In AWS, IAM refuses it, in every Region, with this text.
    """

    def make(original: Callable[..., tuple[str, Any]]) -> Callable[..., tuple[str, Any]]:
        def create(logical_id: str, declared: Declared, stack: str) -> tuple[str, Any]:
            name = declared.get("ManagedPolicyName")
            existing = private_name("services.iam", "_policies").values()
            if name in [policy["PolicyName"] for policy in existing]:
                message = f"A policy called {name} already exists. Duplicate names are not allowed."
                raise ValueError(message)
            return original(logical_id, declared, stack)

        return create

    steps = private_name(_PROVISIONERS, "_RESOURCE_HANDLERS")["AWS::IAM::ManagedPolicy"]
    steps["create"] = make(steps["create"])


def _after_provisioning(resource_type: str, keep: Callable[[str, Declared], None]) -> None:
    """Call `keep` with the ID and properties of each resource that was created or updated."""

    def make(original: Callable[..., tuple[str, Any]]) -> Callable[..., tuple[str, Any]]:
        def provision(
            *arguments: MinistackValue, **options: MinistackValue
        ) -> tuple[str, MinistackValue]:
            answer = original(*arguments, **options)
            keep(answer[0], arguments[-2])  # both steps take (..., properties, stack name)
            return answer

        return provision

    steps = private_name(_PROVISIONERS, "_RESOURCE_HANDLERS")[resource_type]
    for step in ("create", "update"):
        steps[step] = make(steps[step])
