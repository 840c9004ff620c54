"""The alarms of promise 10: silence is alarming."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.metrics import run_metric


class Monitoring(Construct):
    """Four alarms, all to the topic. Each description is what the person at night reads."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.Function,
        dead_letter_queue: sqs.Queue,
        topic: sns.Topic,
        silence_hours: int,
    ) -> None:
        """Create the alarms."""
        super().__init__(scope, construct_id)
        self._action = actions.SnsAction(topic)
        five_minutes = Duration.minutes(5)
        self.alarms = [
            self._alarm_on_first(
                "RunFailed",
                function.metric_errors(period=five_minutes),
                "A run of key-rotation failed; Lambda tries twice more. See the function's log.",
            ),
            self._alarm_on_first(
                "KeyFailed",
                run_metric("KeysFailed", statistic="Sum", period=five_minutes),
                "Some keys could not be read or changed; the digest names them under failed.",
            ),
            self._alarm_on_first(
                "DeadLetter",
                dead_letter_queue.metric_approximate_number_of_messages_visible(
                    period=five_minutes
                ),
                "A run of key-rotation was given up. Its event and error are in the dead-letter"
                " queue; start a run by hand, then delete the message.",
            ),
            self._no_run_alarm(silence_hours),
        ]

    def _alarm_on_first(
        self, name: str, metric: cloudwatch.Metric, description: str
    ) -> cloudwatch.Alarm:
        """Ring at the first one counted; that nothing is counted is the good case."""
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_description=description,
            metric=metric,
            threshold=1,
            comparison_operator=(cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD),
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)
        return alarm

    def _no_run_alarm(self, hours: int) -> cloudwatch.Alarm:
        """Ring when no run finished for so many hours, the time before the first run included.

        By the hour, as CloudWatch looks back seven days by periods of an hour or more, by shorter
        ones only one day. Where hours hold no data it also looks a few hours further back, so the
        alarm may ring that much later (metric math could tell it not to).
        """
        alarm = cloudwatch.Alarm(
            self,
            "Silence",
            alarm_description=f"No run of key-rotation finished for {hours} hours: keys are not"
            " being looked after. Is the schedule on, and what does the function's log say?",
            metric=run_metric("RunCompleted", statistic="Sum", period=Duration.hours(1)),
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=hours,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        alarm.add_alarm_action(self._action)
        return alarm
