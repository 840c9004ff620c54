"""The function, its schedule, and what happens to a run that fails."""

import json

from tests.infra.template import Synthesise, Template


def test_the_function_runs_python_3_13_on_arm64_for_up_to_15_minutes(template: Template) -> None:
    function = template.properties("AWS::Lambda::Function")
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]
    assert function["Timeout"] == 15 * 60
    assert function["MemorySize"] == 256
    assert function["Handler"] == "key_rotation.handler.handler"


def test_the_function_is_told_where_things_are_and_nothing_secret(template: Template) -> None:
    environment = template.properties("AWS::Lambda::Function")["Environment"]["Variables"]
    assert environment == {
        "TABLE_NAME": {"Ref": template.id_of("AWS::DynamoDB::Table")},
        "TOPIC_ARN": {"Ref": template.id_of("AWS::SNS::Topic")},
        "PARAMETER_PATH": "/key-rotation",
        "TIMEZONE": "UTC",
        "ACCOUNT_ID": {"Ref": "AWS::AccountId"},
        "POWERTOOLS_SERVICE_NAME": "key-rotation",
        "POWERTOOLS_METRICS_NAMESPACE": "KeyRotation",
    }


def test_the_function_logs_to_the_group_that_is_kept(template: Template) -> None:
    function = template.properties("AWS::Lambda::Function")
    assert function["LoggingConfig"] == {"LogGroup": {"Ref": template.id_of("AWS::Logs::LogGroup")}}


def test_the_function_is_not_made_before_it_has_its_permissions(template: Template) -> None:
    waits_for = template.the("AWS::Lambda::Function")["DependsOn"]
    assert "PermissionsRoleDefaultPolicyFEA286AC" in waits_for


def test_a_failed_run_is_tried_twice_more_and_then_left_in_the_queue(template: Template) -> None:
    config = template.properties("AWS::Lambda::EventInvokeConfig")
    queue = {"Fn::GetAtt": [template.id_of("AWS::SQS::Queue"), "Arn"]}
    assert config["MaximumRetryAttempts"] == 2
    assert config["DestinationConfig"] == {"OnFailure": {"Destination": queue}}


def test_a_schedule_that_cannot_reach_the_function_leaves_its_event_in_the_queue(
    template: Template,
) -> None:
    target = template.properties("AWS::Scheduler::Schedule")["Target"]
    queue = {"Fn::GetAtt": [template.id_of("AWS::SQS::Queue"), "Arn"]}
    assert target["DeadLetterConfig"] == {"Arn": queue}
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 3 * 3600


def test_it_runs_daily_at_9_utc_unless_told_otherwise(template: Template) -> None:
    schedule = template.properties("AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "cron(0 9 * * ? *)"
    assert schedule["ScheduleExpressionTimezone"] == "UTC"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert schedule["State"] == "ENABLED"


def test_the_schedule_and_the_calendar_days_follow_the_context(synthesise: Synthesise) -> None:
    template = synthesise(schedule="rate(12 hours)", timezone="Europe/Berlin")
    schedule = template.properties("AWS::Scheduler::Schedule")
    function = template.properties("AWS::Lambda::Function")
    assert schedule["ScheduleExpression"] == "rate(12 hours)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert function["Environment"]["Variables"]["TIMEZONE"] == "Europe/Berlin"


def test_a_run_is_told_the_time_it_was_scheduled_for_and_nothing_else(template: Template) -> None:
    target = template.properties("AWS::Scheduler::Schedule")["Target"]
    assert json.loads(target["Input"]) == {"scheduled_time": "<aws.scheduler.scheduled-time>"}


def test_no_concurrency_is_reserved_by_default_as_new_accounts_have_none_to_spare(
    template: Template,
) -> None:
    function = template.properties("AWS::Lambda::Function")
    assert "ReservedConcurrentExecutions" not in function


def test_one_concurrency_is_reserved_if_asked_for(synthesise: Synthesise) -> None:
    function = synthesise(reserved_concurrency="1").properties("AWS::Lambda::Function")
    assert function["ReservedConcurrentExecutions"] == 1


def test_a_run_that_goes_on_in_many_parts_is_not_taken_for_a_loop(template: Template) -> None:
    assert template.properties("AWS::Lambda::Function")["RecursiveLoop"] == "Allow"
