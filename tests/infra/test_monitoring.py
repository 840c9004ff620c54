"""Promise 10: alarms on failed runs, on failed keys, and on the absence of completed runs."""

from typing import Any

import pytest

from tests.infra.template import Template, render

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
_ALARM_METRICS = ["Errors", "KeysFailed", "ApproximateNumberOfMessagesVisible", "RunCompleted"]


def test_an_alarm_watches_failed_runs(template: Template) -> None:
    alarm = template.alarm("Errors")
    assert alarm["Namespace"] == "AWS/Lambda"
    assert alarm["Dimensions"] == [
        {"Name": "FunctionName", "Value": {"Ref": template.logical_id("AWS::Lambda::Function")}}
    ]


def test_an_alarm_watches_failed_keys(template: Template) -> None:
    alarm = template.alarm("KeysFailed")
    assert alarm["Namespace"] == "KeyRotation"
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "key-rotation"}]


def test_an_alarm_watches_the_dead_letter_queue(template: Template) -> None:
    alarm = template.alarm("ApproximateNumberOfMessagesVisible")
    queue = {"Fn::GetAtt": [template.logical_id("AWS::SQS::Queue"), "QueueName"]}
    assert alarm["Namespace"] == "AWS/SQS"
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": queue}]
    assert alarm["Statistic"] == "Maximum"


@pytest.mark.parametrize("metric", ["Errors", "KeysFailed", "ApproximateNumberOfMessagesVisible"])
def test_an_alarm_goes_off_at_the_first_occurrence_and_missing_data_is_not_breaching(
    template: Template, metric: str
) -> None:
    alarm = template.alarm(metric)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["Threshold"] == 1
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (300, 1)
    assert alarm["TreatMissingData"] == "notBreaching"


def test_an_alarm_goes_off_after_26_hours_without_a_completed_run_or_before_the_first_one(
    template: Template,
) -> None:
    alarm = template.alarm("RunCompleted")
    assert alarm["Namespace"] == "KeyRotation"
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "key-rotation"}]
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 1)
    assert alarm["ComparisonOperator"] == "LessThanThreshold"
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (3600, 26)
    assert "DatapointsToAlarm" not in alarm  # so all of them must breach
    assert alarm["TreatMissingData"] == "breaching"


def test_silence_hours_set_the_evaluation_period_up_to_cloudwatchs_limit_of_seven_days(
    customised: Template,
) -> None:
    alarm = customised.alarm("RunCompleted")
    # CloudWatch evaluates seven days only with periods of at least one hour.
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (3600, 168)


def _alarms(template: Template) -> list[dict[str, Any]]:
    return [found["Properties"] for found in template.resources("AWS::CloudWatch::Alarm").values()]


def test_every_alarm_notifies_the_topic(template: Template) -> None:
    topic = {"Ref": template.logical_id("AWS::SNS::Topic")}
    assert [alarm["AlarmActions"] for alarm in _alarms(template)] == [[topic]] * 4
    assert all(alarm.get("ActionsEnabled", True) for alarm in _alarms(template))


def test_the_alarm_topic_of_the_context_gets_every_alarm_as_well(customised: Template) -> None:
    topic = {"Ref": customised.logical_id("AWS::SNS::Topic")}
    both = [topic, "arn:aws:sns:eu-central-1:123456789012:on-call"]
    assert [alarm["AlarmActions"] for alarm in _alarms(customised)] == [both] * 4


def test_the_alarms_have_names_that_people_can_read(template: Template) -> None:
    assert {alarm["AlarmName"] for alarm in _alarms(template)} == {
        "KeyRotation-RunFailed",
        "KeyRotation-KeyFailed",
        "KeyRotation-Silence",
        "KeyRotation-DeadLetter",
    }


@pytest.mark.parametrize("metric", _ALARM_METRICS)
def test_every_alarm_says_whether_keys_are_rotated_and_what_to_do_first(
    template: Template, metric: str
) -> None:
    description = template.alarm(metric)["AlarmDescription"]
    assert "not rotated" in description
    assert "First: " in description
    assert description.endswith("see docs/runbook.md.")


@pytest.mark.parametrize("metric", _METRICS)
def test_the_dashboard_shows_every_metric(template: Template, metric: str) -> None:
    body = render(template.properties("AWS::CloudWatch::Dashboard")["DashboardBody"])
    assert f'["KeyRotation","{metric}","service","key-rotation"' in body


def test_the_dashboard_shows_every_alarm(template: Template) -> None:
    body = render(template.properties("AWS::CloudWatch::Dashboard")["DashboardBody"])
    for alarm in template.resources("AWS::CloudWatch::Alarm"):
        assert f"${{{alarm}.Arn}}" in body


def test_with_mail_to_owners_an_alarm_watches_keys_that_wait_for_an_owner(
    mailing: Template, template: Template
) -> None:
    names = {alarm["AlarmName"] for alarm in _alarms(mailing)}
    assert names - {alarm["AlarmName"] for alarm in _alarms(template)} == {
        "KeyRotation-WaitingForOwner"
    }
    alarm = mailing.alarm("WaitingForOwner")
    assert alarm["Namespace"] == "KeyRotation"
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "key-rotation"}]
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Maximum", 1)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (300, 1)
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["AlarmActions"] == [{"Ref": mailing.logical_id("AWS::SNS::Topic")}]


def test_the_alarm_on_waiting_keys_says_what_is_not_rotated_and_what_to_do_first(
    mailing: Template,
) -> None:
    description = mailing.alarm("WaitingForOwner")["AlarmDescription"]
    assert "not rotated" in description
    assert "First: " in description
    assert description.endswith("see docs/runbook.md.")


@pytest.mark.parametrize("metric", [*_METRICS, "OwnersUnreachable", "WaitingForOwner"])
def test_the_dashboard_of_mail_to_owners_shows_two_metrics_more(
    mailing: Template, metric: str
) -> None:
    body = render(mailing.properties("AWS::CloudWatch::Dashboard")["DashboardBody"])
    assert f'["KeyRotation","{metric}","service","key-rotation"' in body
    for alarm in mailing.resources("AWS::CloudWatch::Alarm"):
        assert f"${{{alarm}.Arn}}" in body


def test_addresses_that_mail_did_not_reach_set_off_no_alarm(mailing: Template) -> None:
    """The digest names them, and the mail goes to the fallback."""
    assert "OwnersUnreachable" not in {alarm["MetricName"] for alarm in _alarms(mailing)}
