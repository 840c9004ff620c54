"""The CloudWatch dashboard of all metrics and alarms."""

from collections.abc import Sequence

from aws_cdk import Aws, CfnCondition, Duration, Fn
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.metrics import run_metric

_DAY = Duration.days(1)
_CONSOLE_HOST = "console.aws.amazon.com"
_OTHER_CONSOLE_HOSTS = {
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
_CHANGES = ("KeysNoticed", "KeysDeactivated", "KeysDeleted")
_EXCEPTIONS = ("KeysFailed", "KeysHeld", "KeysDeferred", "KeysExempt")
HALF_WIDTH, _FULL_WIDTH = 12, 24


class Dashboard(Construct):
    """One dashboard: alarms, current keys, changes, exceptions and runs."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        runs: cloudwatch.IWidget,
        alarms: Sequence[cloudwatch.Alarm],
        accounts: Sequence[cloudwatch.IWidget] = (),
        owners: bool = False,
    ) -> None:
        """Create the dashboard; it shows 90 days, because grace windows last weeks.

        `runs` shows the errors and the duration of runs; `accounts` is a row of its own; `owners`
        is whether owners get mail.
        """
        super().__init__(scope, construct_id)
        self._dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            default_interval=Duration.days(90),
            widgets=[
                [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=_FULL_WIDTH)],
                [_latest("ActiveKeys", "StaleKeys", "KeysInGrace", "OldestActiveKeyAge")],
                [
                    per_day("Notices, deactivations and deletions per day", "Sum", *_CHANGES),
                    per_day("Failed, held, deferred and exempt keys", "Maximum", *_EXCEPTIONS),
                ],
                *([list(accounts)] if accounts else []),
                *([_owner_row()] if owners else []),
                [per_day("Completed runs per day", "Sum", "RunCompleted"), runs],
            ],
        )

    def url(self) -> str:
        """The dashboard's address in the console of the partition that the stack is in."""
        host = _CONSOLE_HOST
        for partition, other_host in _OTHER_CONSOLE_HOSTS.items():
            is_partition = CfnCondition(
                self,
                f"In-{partition}",
                expression=Fn.condition_equals(Aws.PARTITION, partition),
            )
            host = Fn.condition_if(is_partition.logical_id, other_host, host).to_string()
        page = f"cloudwatch/home?region={Aws.REGION}#dashboards/dashboard"
        return f"https://{host}/{page}/{self._dashboard.dashboard_name}"


def _latest(*names: str) -> cloudwatch.SingleValueWidget:
    return cloudwatch.SingleValueWidget(
        title="Keys, and age of the oldest active key in days",
        metrics=[run_metric(name, statistic="Maximum", period=_DAY) for name in names],
        width=_FULL_WIDTH,
        sparkline=True,
    )


def _owner_row() -> list[cloudwatch.IWidget]:
    return [
        per_day("Addresses of owners that mail could not reach", "Maximum", "OwnersUnreachable"),
        per_day("Keys that wait for an owner for 7 days or more", "Maximum", "WaitingForOwner"),
    ]


def per_day(title: str, statistic: str, *names: str) -> cloudwatch.GraphWidget:
    """Return a graph of half the width with one value a day of each metric."""
    metrics = [run_metric(name, statistic=statistic, period=_DAY) for name in names]
    return cloudwatch.GraphWidget(title=title, left=metrics, width=HALF_WIDTH)


def function_runs(function: lambda_.Function) -> cloudwatch.GraphWidget:
    """Return the graph of the runs of a single account."""
    return cloudwatch.GraphWidget(
        title="Run errors, and longest run (limit: 15 minutes)",
        left=[function.metric_errors(period=_DAY)],
        right=[function.metric_duration(period=_DAY, statistic="Maximum")],
        width=HALF_WIDTH,
    )
