"""The alarms: on failed runs, on failed keys, and on the absence of completed runs."""

from collections.abc import Sequence

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.alarms import PERIOD, Alarms
from infra.metrics import run_metric

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
NO_RUN = (
    "No key-rotation run completed in the last {hours} h, so keys are probably not rotated."
    " First: check that the schedule is enabled and read the function's log, then see"
    " docs/runbook.md."
)


class Monitoring(Alarms):
    """The four alarms of a single account, and one of the mail to owners."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.Function,
        dead_letter_queue: sqs.Queue,
        topics: Sequence[sns.ITopic],
        silence_hours: int,
        owners: bool = False,
    ) -> None:
        """Create the alarms; without a completed run for `silence_hours` the last one goes off.

        owners: whether owners get mail
        """
        super().__init__(scope, construct_id, topics=topics)
        failed_keys = run_metric("KeysFailed", statistic="Sum", period=PERIOD)
        dead_letters = dead_letter_queue.metric_approximate_number_of_messages_visible(
            period=PERIOD
        )
        self.alarms = [
            self._alarm_on_first("RunFailed", function.metric_errors(period=PERIOD), _RUN_FAILED),
            self._alarm_on_first("KeyFailed", failed_keys, _KEY_FAILED),
            self._alarm_on_first("DeadLetter", dead_letters, _DEAD_LETTER),
            *([self._owner_alarm()] if owners else []),
            self._silence_alarm(silence_hours, NO_RUN.format(hours=silence_hours)),
        ]
