"""The function, its schedule, and the retries of a failed run."""

import json

from tests.infra.template import Template


def test_the_function_runs_python_3_13_on_arm64_for_up_to_15_minutes(template: Template) -> None:
    function = template.properties("AWS::Lambda::Function")
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]
    assert function["Timeout"] == 15 * 60
    assert function["MemorySize"] == 256
    assert function["Handler"] == "key_rotation.handler.handler"


def test_the_environment_variables_name_the_resources_and_hold_no_secret(
    template: Template,
) -> None:
    environment = template.properties("AWS::Lambda::Function")["Environment"]["Variables"]
    assert environment == {
        "TABLE_NAME": {"Ref": template.logical_id("AWS::DynamoDB::Table")},
        "TOPIC_ARN": {"Ref": template.logical_id("AWS::SNS::Topic")},
        "PARAMETER_PATH": "/key-rotation",
        "TIMEZONE": "UTC",
        "LONGEST_GAP_HOURS": "24",
        "ACCOUNT_ID": {"Ref": "AWS::AccountId"},
        "POWERTOOLS_SERVICE_NAME": "key-rotation",
        "POWERTOOLS_METRICS_NAMESPACE": "KeyRotation",
    }


def test_the_function_logs_to_the_retained_log_group(template: Template) -> None:
    function = template.properties("AWS::Lambda::Function")
    assert function["LoggingConfig"] == {
        "LogGroup": {"Ref": template.logical_id("AWS::Logs::LogGroup")}
    }


def test_the_function_is_created_after_its_permissions(template: Template) -> None:
    dependencies = template.resource("AWS::Lambda::Function")["DependsOn"]
    assert {"PermissionsAccount35985856", "PermissionsPolicyB6C46DEA"} < set(dependencies)


def test_lambda_retries_a_failed_run_twice_and_then_sends_it_to_the_dead_letter_queue(
    template: Template,
) -> None:
    config = template.properties("AWS::Lambda::EventInvokeConfig")
    queue = {"Fn::GetAtt": [template.logical_id("AWS::SQS::Queue"), "Arn"]}
    assert config["MaximumRetryAttempts"] == 2
    assert config["DestinationConfig"] == {"OnFailure": {"Destination": queue}}


def test_an_event_that_scheduler_cannot_deliver_goes_to_the_dead_letter_queue(
    template: Template,
) -> None:
    target = template.properties("AWS::Scheduler::Schedule")["Target"]
    queue = {"Fn::GetAtt": [template.logical_id("AWS::SQS::Queue"), "Arn"]}
    assert target["DeadLetterConfig"] == {"Arn": queue}
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 3 * 3600


def test_by_default_a_run_starts_daily_at_9_utc(template: Template) -> None:
    schedule = template.properties("AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "cron(0 9 * * ? *)"
    assert schedule["ScheduleExpressionTimezone"] == "UTC"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert schedule["State"] == "ENABLED"


def test_the_context_sets_the_schedule_and_the_time_zone_of_the_calendar_days(
    customised: Template,
) -> None:
    schedule = customised.properties("AWS::Scheduler::Schedule")
    function = customised.properties("AWS::Lambda::Function")
    assert schedule["ScheduleExpression"] == "rate(12 hours)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    variables = function["Environment"]["Variables"]
    assert (variables["TIMEZONE"], variables["LONGEST_GAP_HOURS"]) == ("Europe/Berlin", "12")


def test_the_scheduled_event_holds_only_the_scheduled_time(template: Template) -> None:
    target = template.properties("AWS::Scheduler::Schedule")["Target"]
    assert json.loads(target["Input"]) == {"scheduled_time": "<aws.scheduler.scheduled-time>"}


def test_by_default_no_concurrency_is_reserved_because_new_accounts_have_none_to_spare(
    template: Template,
) -> None:
    function = template.properties("AWS::Lambda::Function")
    assert "ReservedConcurrentExecutions" not in function


def test_the_context_can_reserve_a_concurrency_of_1(customised: Template) -> None:
    function = customised.properties("AWS::Lambda::Function")
    assert function["ReservedConcurrentExecutions"] == 1


def test_lambda_does_not_stop_a_run_that_invokes_itself_many_times_where_it_can_be_told(
    template: Template,
) -> None:
    """The property is only in the commercial partition: another may refuse the whole template."""
    property_ = template.properties("AWS::Lambda::Function")["RecursiveLoop"]
    condition, allow, otherwise = property_["Fn::If"]
    assert template.body["Conditions"][condition] == {
        "Fn::Equals": [{"Ref": "AWS::Partition"}, "aws"]
    }
    assert (allow, otherwise) == ("Allow", {"Ref": "AWS::NoValue"})
