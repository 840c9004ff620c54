"""How an alarm of this product is made: its name, when it goes off, and whom it notifies."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.metrics import NAMESPACE, run_metric

PERIOD = Duration.minutes(5)
"""The period of an alarm that goes off at the first occurrence."""

_WAITING_FOR_OWNER = (
    "Some keys have waited for an owner for 7 days or more. With owner-notice require, they are not"
    " rotated until a mail about their notice was accepted. First: read the reasons in the section"
    " NO OWNER of the last digest e-mail, then see docs/runbook.md."
)


class Alarms(Construct):
    """Alarms that notify the same topics. The engineer on call reads names and descriptions."""

    def __init__(
        self, scope: Construct, construct_id: str, *, topics: Sequence[sns.ITopic]
    ) -> None:
        """Create no alarm yet."""
        super().__init__(scope, construct_id)
        self._actions = [actions.SnsAction(topic) for topic in topics]

    def _alarm_on_first(
        self, construct_id: str, metric: cloudwatch.Metric, description: str, threshold: int = 1
    ) -> cloudwatch.Alarm:
        """Alarm on the first value of at least `threshold`; missing data is not breaching."""
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            alarm_name=_name(construct_id),
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(*self._actions)
        return alarm

    def _owner_alarm(self) -> cloudwatch.Alarm:
        """Alarm on keys that have waited too long for an owner."""
        waiting = run_metric("WaitingForOwner", statistic="Maximum", period=PERIOD)
        return self._alarm_on_first("WaitingForOwner", waiting, _WAITING_FOR_OWNER)

    def _silence_alarm(self, hours: int, description: str) -> cloudwatch.Alarm:
        """Alarm when no run completed for this many hours, also before the first run.

        The period is one hour: with shorter periods CloudWatch evaluates at most one day, with
        this one seven days. Where data is missing, CloudWatch also evaluates some older periods,
        so the alarm can be a few hours late.
        """
        alarm = cloudwatch.Alarm(
            self,
            "Silence",
            alarm_name=_name("Silence"),
            alarm_description=description,
            metric=run_metric("RunCompleted", statistic="Sum", period=Duration.hours(1)),
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=hours,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        alarm.add_alarm_action(*self._actions)
        return alarm


def _name(construct_id: str) -> str:
    """Return the alarm's name in CloudWatch: the same in each deployment."""
    return f"{NAMESPACE}-{construct_id}"
