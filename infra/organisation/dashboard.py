"""What the dashboard of an organization shows besides that of a single account."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_stepfunctions as stepfunctions

from infra.dashboard import HALF_WIDTH, per_day

_DAY = Duration.days(1)


def account_row() -> list[cloudwatch.IWidget]:
    """Return the graphs of how many accounts were looked at, and of the one left longest."""
    return [
        per_day("Accounts looked at, and not", "Sum", "AccountsLookedAt", "AccountsNotLookedAt"),
        per_day("Days since each account was looked at, the most", "Maximum", "OldestLookDays"),
    ]


def execution_runs(machine: stepfunctions.StateMachine) -> cloudwatch.IWidget:
    """Return the graph of the executions that did not succeed, and of how long they took."""
    return cloudwatch.GraphWidget(
        title="Failed executions, and longest execution (limit: 6 hours)",
        left=[
            machine.metric_failed(period=_DAY),
            machine.metric_timed_out(period=_DAY),
            machine.metric_aborted(period=_DAY),
        ],
        right=[machine.metric_time(period=_DAY, statistic="Maximum")],
        width=HALF_WIDTH,
    )
