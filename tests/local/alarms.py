"""Evaluates alarms as CloudWatch does, given their definitions and the metric data.

The rules are those of the CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing
data" and "Evaluating an alarm", as far as these alarms need them: M out of N periods, a statistic
for each period, and missing data that is breaching or not breaching. If data is missing, CloudWatch
also evaluates some older periods. That can only delay an alarm and is not implemented here.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import ge, lt
from typing import Any

from local.emulator.records import Invocation

_COMPARISONS = {"GreaterThanOrEqualToThreshold": ge, "LessThanThreshold": lt}
_STATISTICS: Mapping[str, Callable[[list[float]], float]] = {"Sum": sum, "Maximum": max}
_MISSING_IS_BAD = {"breaching": True, "notBreaching": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDatum:
    """One value of one metric."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm as `DescribeAlarms` or a template defines it."""

    definition: Mapping[str, Any]

    def is_in_alarm(self, data: Iterable[MetricDatum], *, at: datetime) -> bool:
        """Return whether the alarm is in state ALARM at a time."""
        alarm = self.definition
        period = timedelta(seconds=alarm["Period"])
        periods = alarm["EvaluationPeriods"]
        values = defaultdict(list)
        for datum in data:
            if self._is_of(datum) and at - periods * period < datum.at <= at:
                values[(at - datum.at) // period].append(datum.value)
        bad = sum(self._is_bad(values.get(number)) for number in range(periods))
        return bad >= int(alarm.get("DatapointsToAlarm", periods))

    def _is_of(self, datum: MetricDatum) -> bool:
        wanted = {each["Name"]: each["Value"] for each in self.definition["Dimensions"]}
        metric = (self.definition["Namespace"], self.definition["MetricName"], wanted)
        return (datum.namespace, datum.name, datum.dimensions) == metric

    def _is_bad(self, values: list[float] | None) -> bool:
        alarm = self.definition
        if values is None:
            return _MISSING_IS_BAD[alarm["TreatMissingData"]]
        value = _STATISTICS[alarm["Statistic"]](values)
        compare = _COMPARISONS[alarm["ComparisonOperator"]]
        return bool(compare(value, alarm["Threshold"]))


def embedded_metrics(invocations: Iterable[Invocation]) -> list[MetricDatum]:
    """Read the metrics in the function's log (embedded metric format)."""
    return [
        datum
        for invocation in invocations
        for line in invocation.log.splitlines()
        if line.startswith("{") and "_aws" in (document := json.loads(line))
        for datum in _embedded(document, invocation.at)
    ]


def _embedded(document: Mapping[str, Any], at: datetime) -> Iterable[MetricDatum]:
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            for metric in directive["Metrics"]:
                values = document[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    yield MetricDatum(
                        namespace=directive["Namespace"],
                        name=metric["Name"],
                        dimensions={name: document[name] for name in names},
                        at=at,
                        value=value,
                    )


def error_metrics(invocations: Iterable[Invocation]) -> list[MetricDatum]:
    """Return Lambda's `Errors` metric: 1 for an invocation that failed, 0 for any other."""
    return [
        MetricDatum(
            namespace="AWS/Lambda",
            name="Errors",
            dimensions={"FunctionName": each.function},
            at=each.at,
            value=float(each.error is not None),
        )
        for each in invocations
    ]


def queue_depth(queue: str, messages: int, at: datetime) -> MetricDatum:
    """Return the SQS metric of the messages that are available in a queue."""
    return MetricDatum(
        namespace="AWS/SQS",
        name="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": queue},
        at=at,
        value=messages,
    )
