"""The alarms: on failed runs, on failed keys, and on the absence of completed runs."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.metrics import NAMESPACE, run_metric

_RUN_FAILED = (
    "A key-rotation run failed. Keys that it did not reach are not rotated until a run succeeds."
    " Lambda retries a scheduled run twice. First: read the error in the STOPPED e-mail or in the"
    " function's log, then see docs/runbook.md."
)
_KEY_FAILED = (
    "A key-rotation run could not read or change some users or keys. These keys are not rotated"
    " until a later run succeeds with them; the run processed all others. First: read the reasons"
    " in the section FAILED of the last digest e-mail or in the function's log, then see"
    " docs/runbook.md."
)
_DEAD_LETTER = (
    "Lambda or EventBridge Scheduler gave up on a key-rotation run and sent its event to the"
    " dead-letter queue. Keys that the run did not reach are not rotated until a later run"
    " succeeds. First: read the error in the message and fix the cause. Then start a run by hand"
    " and delete the message; see docs/runbook.md."
)
_NO_RUN = (
    "No key-rotation run completed in the last {hours} h, so keys are probably not rotated."
    " First: check that the schedule is enabled and read the function's log, then see"
    " docs/runbook.md."
)


class Monitoring(Construct):
    """Four alarms that notify the topics. The engineer on call reads names and descriptions."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.Function,
        dead_letter_queue: sqs.Queue,
        topics: Sequence[sns.ITopic],
        silence_hours: int,
    ) -> None:
        """Create the alarms; without a completed run for `silence_hours` the last one goes off."""
        super().__init__(scope, construct_id)
        self._actions = [actions.SnsAction(topic) for topic in topics]
        period = Duration.minutes(5)
        failed_keys = run_metric("KeysFailed", statistic="Sum", period=period)
        dead_letters = dead_letter_queue.metric_approximate_number_of_messages_visible(
            period=period
        )
        self.alarms = [
            self._alarm_on_first("RunFailed", function.metric_errors(period=period), _RUN_FAILED),
            self._alarm_on_first("KeyFailed", failed_keys, _KEY_FAILED),
            self._alarm_on_first("DeadLetter", dead_letters, _DEAD_LETTER),
            self._no_run_alarm(silence_hours),
        ]

    def _alarm_on_first(
        self, construct_id: str, metric: cloudwatch.Metric, description: str
    ) -> cloudwatch.Alarm:
        """Alarm on the first occurrence; missing data is not breaching."""
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            alarm_name=_name(construct_id),
            alarm_description=description,
            metric=metric,
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(*self._actions)
        return alarm

    def _no_run_alarm(self, hours: int) -> cloudwatch.Alarm:
        """Alarm when no run completed for this many hours, also before the first run.

        The period is one hour: with shorter periods CloudWatch evaluates at most one day, with
        this one seven days. Where data is missing, CloudWatch also evaluates some older periods,
        so the alarm can be a few hours late.
        """
        alarm = cloudwatch.Alarm(
            self,
            "Silence",
            alarm_name=_name("Silence"),
            alarm_description=_NO_RUN.format(hours=hours),
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
