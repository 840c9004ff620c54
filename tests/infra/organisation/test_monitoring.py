"""Promise 10 in an organization: alarms on runs, accounts and keys, and on silence."""

from typing import Any

import pytest

from tests.infra.template import Template, render

_MACHINE = [{"Name": "StateMachineArn", "Value": {"Ref": "RunMachineC1454A91"}}]
_FIRST = [
    "RunFailed",
    "RunTimedOut",
    "RunAborted",
    "AccountNotLookedAt",
    "AccountForgotten",
    "KeyFailed",
    "DeadLetter",
]


def _alarms(template: Template) -> dict[str, dict[str, Any]]:
    found = (each["Properties"] for each in template.resources("AWS::CloudWatch::Alarm").values())
    return {each["AlarmName"].removeprefix("KeyRotation-"): each for each in found}


def test_these_are_all_alarms_and_those_of_a_single_account_keep_their_names(
    hub: Template, template: Template
) -> None:
    assert _alarms(hub).keys() == {*_FIRST, "Silence"}
    assert _alarms(template).keys() < _alarms(hub).keys()


@pytest.mark.parametrize(
    ("alarm", "metric"),
    [
        ("RunFailed", "ExecutionsFailed"),
        ("RunTimedOut", "ExecutionsTimedOut"),
        ("RunAborted", "ExecutionsAborted"),
    ],
)
def test_an_alarm_watches_each_way_in_which_an_execution_does_not_succeed(
    hub: Template, alarm: str, metric: str
) -> None:
    properties = _alarms(hub)[alarm]
    assert (properties["Namespace"], properties["MetricName"]) == ("AWS/States", metric)
    assert properties["Dimensions"] == _MACHINE
    assert (properties["Statistic"], properties["Threshold"]) == ("Sum", 1)


@pytest.mark.parametrize(
    ("alarm", "metric", "statistic", "threshold"),
    [
        ("AccountNotLookedAt", "AccountsNotLookedAt", "Sum", 1),
        ("AccountForgotten", "OldestLookDays", "Maximum", 3),
        ("KeyFailed", "KeysFailed", "Sum", 1),
    ],
)
def test_an_alarm_watches_a_metric_of_the_runs(
    hub: Template, alarm: str, metric: str, statistic: str, threshold: int
) -> None:
    properties = _alarms(hub)[alarm]
    assert properties["Namespace"] == "KeyRotation"
    assert properties["Dimensions"] == [{"Name": "service", "Value": "key-rotation"}]
    assert (properties["MetricName"], properties["Statistic"]) == (metric, statistic)
    assert properties["Threshold"] == threshold


@pytest.mark.parametrize("alarm", _FIRST)
def test_an_alarm_goes_off_at_the_first_occurrence_and_missing_data_is_not_breaching(
    hub: Template, alarm: str
) -> None:
    properties = _alarms(hub)[alarm]
    assert properties["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert properties["EvaluationPeriods"] == 1
    assert properties["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize("alarm", ["Silence", "DeadLetter"])
def test_silence_and_dead_letters_are_watched_as_in_a_single_account(
    hub: Template, template: Template, alarm: str
) -> None:
    of_hub, of_single = (dict(_alarms(each)[alarm]) for each in (hub, template))
    for each in (of_hub, of_single):
        each.pop("AlarmActions")
        each.pop("AlarmDescription")
    assert of_hub == of_single


@pytest.mark.parametrize("alarm", [*_FIRST, "Silence"])
def test_every_alarm_notifies_both_topics_and_says_what_is_not_rotated_and_what_to_do_first(
    hub: Template, alarm: str
) -> None:
    properties = _alarms(hub)[alarm]
    assert properties["AlarmActions"] == [
        {"Ref": "NoticesTopic898AF2CD"},
        "arn:aws:sns:eu-central-1:123456789012:on-call",
    ]
    assert "not rotated" in properties["AlarmDescription"]
    assert "First: " in properties["AlarmDescription"]
    assert properties["AlarmDescription"].endswith("see docs/runbook.md.")


def _dashboard(template: Template) -> str:
    return render(template.properties("AWS::CloudWatch::Dashboard")["DashboardBody"])


@pytest.mark.parametrize("metric", ["AccountsLookedAt", "AccountsNotLookedAt", "OldestLookDays"])
def test_the_dashboard_shows_the_metrics_of_the_accounts(hub: Template, metric: str) -> None:
    assert f'["KeyRotation","{metric}","service","key-rotation"' in _dashboard(hub)


def test_the_dashboard_shows_every_alarm_and_the_executions(hub: Template) -> None:
    body = _dashboard(hub)
    for alarm in hub.resources("AWS::CloudWatch::Alarm"):
        assert f"${{{alarm}.Arn}}" in body
    for metric in ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted", "ExecutionTime"):
        assert f'["AWS/States","{metric}","StateMachineArn","${{RunMachineC1454A91}}"' in body
