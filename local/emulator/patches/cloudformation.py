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


def refuse_taken_names() -> None:
    """Refuse to create a managed policy or a role whose name another one of the account has.

    ministack takes the other one over. In AWS, IAM refuses it, in every Region, with these texts.
    """

    def policies() -> set[str]:
        return {each["PolicyName"] for each in private_name("services.iam", "_policies").values()}

    def roles() -> set[str]:
        return set(private_name("services.iam", "_roles"))

    _refuse(
        "AWS::IAM::ManagedPolicy",
        lambda declared: declared.get("ManagedPolicyName") in policies(),
        "A policy called {ManagedPolicyName} already exists. Duplicate names are not allowed.",
    )
    _refuse(
        "AWS::IAM::Role",
        lambda declared: declared.get("RoleName") in roles(),
        "Role with name {RoleName} already exists.",
    )


def _refuse(resource_type: str, is_taken: Callable[[Declared], bool], text: str) -> None:
    """Refuse to create a resource whose name is taken; the text names it by its properties."""

    def make(original: Callable[..., tuple[str, Any]]) -> Callable[..., tuple[str, Any]]:
        def create(logical_id: str, declared: Declared, stack: str) -> tuple[str, Any]:
            if is_taken(declared):
                raise ValueError(text.format_map(declared))
            return original(logical_id, declared, stack)

        return create

    steps = private_name(_PROVISIONERS, "_RESOURCE_HANDLERS")[resource_type]
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
