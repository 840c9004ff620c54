"""The alarms of an organization: on runs, on accounts, on keys, and on silence."""

from collections.abc import Sequence

from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from infra.alarms import PERIOD, Alarms
from infra.metrics import run_metric
from infra.monitoring import NO_RUN

_FORGOTTEN_DAYS = 3
_RUN_FAILED = (
    "A key-rotation run of the organization failed. Keys of accounts that it did not reach are not"
    " rotated until a run succeeds. First: read the error in the STOPPED e-mail or in the execution"
    " of the state machine, then see docs/runbook.md."
)
_RUN_TIMED_OUT = (
    "A key-rotation run of the organization did not end within six hours and was stopped. Keys of"
    " accounts that it did not reach are not rotated until a run succeeds, and no digest says what"
    " it did. First: see in the execution of the state machine which accounts took long, then see"
    " docs/runbook.md."
)
_RUN_ABORTED = (
    "Somebody stopped a key-rotation run of the organization. Keys of accounts that it did not"
    " reach are not rotated until a run succeeds, and no digest says what it did. First: find out"
    " who stopped the execution of the state machine and why, then see docs/runbook.md."
)
_ACCOUNT_NOT_LOOKED_AT = (
    "A key-rotation run could not look at some accounts of the organization. Their keys are not"
    " rotated until a later run can; the run looked at all others. First: read the reasons at the"
    " beginning of the last digest e-mail, then see docs/runbook.md."
)
_ACCOUNT_FORGOTTEN = (
    f"An account of the organization was not looked at for {_FORGOTTEN_DAYS} days or more. Its keys"
    " are not rotated. First: read in the last digest e-mail which account it is and since when,"
    " then see docs/runbook.md."
)
_KEY_FAILED = (
    "A key-rotation run could not read or change some users or keys of an account. These keys are"
    " not rotated until a later run succeeds with them; the run processed all others. First: read"
    " the reasons in the section FAILED of the last digest e-mail, then see docs/runbook.md."
)
_DEAD_LETTER = (
    "EventBridge Scheduler could not start a key-rotation run and sent its event to the dead-letter"
    " queue. Keys are not rotated until a later run succeeds. First: read the error in the message"
    " and fix the cause. Then start a run by hand and delete the message; see docs/runbook.md."
)


class OrganisationMonitoring(Alarms):
    """The eight alarms of an organization, four of them with the names of a single account's.

    One more is that of the mail to owners.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        machine: stepfunctions.StateMachine,
        dead_letter_queue: sqs.Queue,
        topics: Sequence[sns.ITopic],
        silence_hours: int,
        owners: bool = False,
    ) -> None:
        """Create the alarms; without a completed run for `silence_hours` the last one goes off.

        owners: whether owners get mail
        """
        super().__init__(scope, construct_id, topics=topics)
        keys = run_metric("KeysFailed", statistic="Sum", period=PERIOD)
        accounts = run_metric("AccountsNotLookedAt", statistic="Sum", period=PERIOD)
        days = run_metric("OldestLookDays", statistic="Maximum", period=PERIOD)
        letters = dead_letter_queue.metric_approximate_number_of_messages_visible(period=PERIOD)
        failed, timed_out, aborted = (
            machine.metric_failed(period=PERIOD),
            machine.metric_timed_out(period=PERIOD),
            machine.metric_aborted(period=PERIOD),
        )
        self.alarms = [
            self._alarm_on_first("RunFailed", failed, _RUN_FAILED),
            self._alarm_on_first("RunTimedOut", timed_out, _RUN_TIMED_OUT),
            self._alarm_on_first("RunAborted", aborted, _RUN_ABORTED),
            self._alarm_on_first("AccountNotLookedAt", accounts, _ACCOUNT_NOT_LOOKED_AT),
            self._alarm_on_first("AccountForgotten", days, _ACCOUNT_FORGOTTEN, _FORGOTTEN_DAYS),
            self._alarm_on_first("KeyFailed", keys, _KEY_FAILED),
            self._alarm_on_first("DeadLetter", letters, _DEAD_LETTER),
            *([self._owner_alarm()] if owners else []),
            self._silence_alarm(silence_hours, NO_RUN.format(hours=silence_hours)),
        ]
