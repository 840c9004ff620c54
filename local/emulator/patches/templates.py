"""CloudFormation: properties of a template that ministack drops."""

from collections.abc import Callable, Mapping
from typing import Any

from local.emulator.innards import Untyped, checked

_PROVISIONERS = "services.cloudformation.provisioners"
Declared = Mapping[str, Any]


def keep_the_schedules_time_zone() -> None:
    """Keep the time zone of a schedule.

    ministack drops it, and its Scheduler reads every cron expression in UTC; the timetable reads it
    in the schedule's own zone, as AWS does.
    """

    def keep(name: str, declared: Declared) -> None:
        group = declared.get("GroupName", "default")
        schedule = checked("services.scheduler", "_schedules")[f"{group}/{name}"]
        zone = declared.get("ScheduleExpressionTimezone", "UTC")
        schedule["ScheduleExpressionTimezone"] = zone

    _after_provisioning("AWS::Scheduler::Schedule", keep)


def keep_the_topics_key() -> None:
    """Keep the KMS key of a topic.

    ministack drops it; `requests.check_the_topics_key` needs it, as AWS does to encrypt.
    """

    def keep(arn: str, declared: Declared) -> None:
        attributes = checked("services.sns", "_topics")[arn]["attributes"]
        attributes["KmsMasterKeyId"] = declared.get("KmsMasterKeyId", "")

    _after_provisioning("AWS::SNS::Topic", keep)


def _after_provisioning(resource_type: str, keep: Callable[[str, Declared], None]) -> None:
    """Do more when a resource was created or updated, with its id and its declared properties."""

    def make(original: Callable[..., tuple[str, Any]]) -> Callable[..., tuple[str, Any]]:
        def provision(*arguments: Untyped, **options: Untyped) -> tuple[str, Untyped]:
            answer = original(*arguments, **options)
            keep(answer[0], arguments[-2])  # (..., properties, stack's name) in both steps
            return answer

        return provision

    steps = checked(_PROVISIONERS, "_RESOURCE_HANDLERS")[resource_type]
    for step in ("create", "update"):
        steps[step] = make(steps[step])
