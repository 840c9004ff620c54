"""Promise 10: silence is alarming."""

import pytest

from tests.infra.template import Synthesise, Template, text

_METRICS = [
    "ActiveKeys",
    "StaleKeys",
    "KeysNoticed",
    "KeysDeactivated",
    "KeysInGrace",
    "KeysDeleted",
    "KeysHeld",
    "KeysExempt",
    "KeysDeferred",
    "KeysFailed",
    "OldestActiveKeyAge",
    "RunCompleted",
]


def test_an_alarm_rings_at_the_first_failed_run(template: Template) -> None:
    alarm = template.alarm("Errors")
    assert alarm["Namespace"] == "AWS/Lambda"
    assert alarm["Dimensions"] == [
        {"Name": "FunctionName", "Value": {"Ref": template.id_of("AWS::Lambda::Function")}}
    ]


def test_an_alarm_rings_at_the_first_key_that_failed(template: Template) -> None:
    alarm = template.alarm("KeysFailed")
    assert alarm["Namespace"] == "KeyRotation"
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "key-rotation"}]


def test_an_alarm_rings_at_the_first_dead_letter(template: Template) -> None:
    alarm = template.alarm("ApproximateNumberOfMessagesVisible")
    queue = {"Fn::GetAtt": [template.id_of("AWS::SQS::Queue"), "QueueName"]}
    assert alarm["Namespace"] == "AWS/SQS"
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": queue}]
    assert alarm["Statistic"] == "Maximum"


@pytest.mark.parametrize("metric", ["Errors", "KeysFailed", "ApproximateNumberOfMessagesVisible"])
def test_one_is_enough_and_none_at_all_is_good(template: Template, metric: str) -> None:
    alarm = template.alarm(metric)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["Threshold"] == 1
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (300, 1)
    assert alarm["TreatMissingData"] == "notBreaching"


def test_an_alarm_rings_when_no_run_finished_for_26_hours_and_when_none_ever_did(
    template: Template,
) -> None:
    alarm = template.alarm("RunCompleted")
    assert alarm["Namespace"] == "KeyRotation"
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "key-rotation"}]
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 1)
    assert alarm["ComparisonOperator"] == "LessThanThreshold"
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (3600, 26)
    assert "DatapointsToAlarm" not in alarm  # every hour of them
    assert alarm["TreatMissingData"] == "breaching"


@pytest.mark.parametrize("hours", [1, 168])
def test_the_silence_that_rings_can_be_set_within_what_cloudwatch_looks_back(
    synthesise: Synthesise, hours: int
) -> None:
    alarm = synthesise(silence_hours=hours).alarm("RunCompleted")
    # Seven days at most, and only with periods of an hour or more.
    assert alarm["Period"] == 3600
    assert alarm["Period"] * alarm["EvaluationPeriods"] == hours * 3600 <= 7 * 24 * 3600


def test_every_alarm_goes_to_the_topic_and_says_what_it_means(template: Template) -> None:
    alarms = template.all("AWS::CloudWatch::Alarm").values()
    assert len(alarms) == 4
    for alarm in alarms:
        properties = alarm["Properties"]
        assert properties["AlarmActions"] == [{"Ref": template.id_of("AWS::SNS::Topic")}]
        assert properties["AlarmDescription"]
        assert properties.get("ActionsEnabled", True)


@pytest.mark.parametrize("metric", _METRICS)
def test_the_dashboard_shows_every_metric_of_a_run(template: Template, metric: str) -> None:
    body = text(template.properties("AWS::CloudWatch::Dashboard")["DashboardBody"])
    assert f'["KeyRotation","{metric}","service","key-rotation"' in body


def test_the_dashboard_shows_every_alarm(template: Template) -> None:
    body = text(template.properties("AWS::CloudWatch::Dashboard")["DashboardBody"])
    for alarm in template.all("AWS::CloudWatch::Alarm"):
        assert f"${{{alarm}.Arn}}" in body
