"""The overview: a dashboard of everything that a run counts."""

from collections.abc import Sequence

from aws_cdk import Aws, CfnCondition, Duration, Fn
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.metrics import run_metric

_DAY = Duration.days(1)
_CONSOLES = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
_TO_LOOK_AT = ("KeysFailed", "KeysHeld", "KeysDeferred", "KeysExempt")
_HALF, _FULL = 12, 24


class Dashboard(Construct):
    """One dashboard: how things stand, what was done, what needs a person, how the runs fare."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.Function,
        alarms: Sequence[cloudwatch.Alarm],
    ) -> None:
        """Create the dashboard over the last quarter, as windows are counted in weeks."""
        super().__init__(scope, construct_id)
        self._dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            default_interval=Duration.days(90),
            widgets=[
                [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=_FULL)],
                [_now("ActiveKeys", "StaleKeys", "KeysInGrace", "OldestActiveKeyAge")],
                [
                    _by_day("Done", "Sum", "KeysNoticed", "KeysDeactivated", "KeysDeleted"),
                    _by_day("To look at", "Maximum", *_TO_LOOK_AT),
                ],
                [_by_day("Runs finished", "Sum", "RunCompleted"), _runs(function)],
            ],
        )

    def url(self) -> str:
        """Where the console of this partition shows it."""
        host = "console.aws.amazon.com"
        for partition, console in _CONSOLES.items():
            here = CfnCondition(
                self,
                f"In-{partition}",
                expression=Fn.condition_equals(Aws.PARTITION, partition),
            )
            host = Fn.condition_if(here.logical_id, console, host).to_string()
        page = f"cloudwatch/home?region={Aws.REGION}#dashboards/dashboard"
        return f"https://{host}/{page}/{self._dashboard.dashboard_name}"


def _now(*names: str) -> cloudwatch.SingleValueWidget:
    metrics = [run_metric(name, statistic="Maximum", period=_DAY) for name in names]
    return cloudwatch.SingleValueWidget(title="Now", metrics=metrics, width=_FULL, sparkline=True)


def _by_day(title: str, statistic: str, *names: str) -> cloudwatch.GraphWidget:
    metrics = [run_metric(name, statistic=statistic, period=_DAY) for name in names]
    return cloudwatch.GraphWidget(title=title, left=metrics, width=_HALF)


def _runs(function: lambda_.Function) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title="Runs: errors, and the longest (of at most 15 minutes)",
        left=[function.metric_errors(period=_DAY)],
        right=[function.metric_duration(period=_DAY, statistic="Maximum")],
        width=_HALF,
    )
