"""CloudFormation: properties of a template that ministack drops."""

from collections.abc import Callable, Mapping
from typing import Any

from local.emulator.ministack_internals import MinistackValue, private_name

_PROVISIONERS = "services.cloudformation.provisioners"
Declared = Mapping[str, Any]


def keep_schedule_time_zone() -> None:
    """Keep the time zone of a schedule.

    ministack drops it, and its Scheduler reads every cron expression in UTC; the schedule runner
    reads it in the schedule's own zone, as AWS does.
    """

    def keep(name: str, declared: Declared) -> None:
        group = declared.get("GroupName", "default")
        schedule = private_name("services.scheduler", "_schedules")[f"{group}/{name}"]
        zone = declared.get("ScheduleExpressionTimezone", "UTC")
        schedule["ScheduleExpressionTimezone"] = zone

    _after_provisioning("AWS::Scheduler::Schedule", keep)


def keep_topic_kms_key() -> None:
    """Keep the KMS key of a topic.

    ministack drops it; `requests.authorize_topic_kms_key` needs it, as AWS does to encrypt.
    """

    def keep(arn: str, declared: Declared) -> None:
        attributes = private_name("services.sns", "_topics")[arn]["attributes"]
        attributes["KmsMasterKeyId"] = declared.get("KmsMasterKeyId", "")

    _after_provisioning("AWS::SNS::Topic", keep)


def _after_provisioning(resource_type: str, keep: Callable[[str, Declared], None]) -> None:
    """Do more when a resource was created or updated, with its id and its declared properties."""

    def make(original: Callable[..., tuple[str, Any]]) -> Callable[..., tuple[str, Any]]:
        def provision(
            *arguments: MinistackValue, **options: MinistackValue
        ) -> tuple[str, MinistackValue]:
            answer = original(*arguments, **options)
            keep(answer[0], arguments[-2])  # (..., properties, stack's name) in both steps
            return answer

        return provision

    steps = private_name(_PROVISIONERS, "_RESOURCE_HANDLERS")[resource_type]
    for step in ("create", "update"):
        steps[step] = make(steps[step])
