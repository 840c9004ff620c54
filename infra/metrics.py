"""The metrics that a run emits, as the function names them (Powertools, EMF)."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

SERVICE = "key-rotation"
NAMESPACE = "KeyRotation"


def run_metric(name: str, *, statistic: str, period: Duration) -> cloudwatch.Metric:
    """One metric of a run, in the dimension that Powertools adds."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"service": SERVICE},
        statistic=statistic,
        period=period,
    )
