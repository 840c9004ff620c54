"""The metrics that the function publishes (with Powertools, in EMF)."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

SERVICE = "key-rotation"
NAMESPACE = "KeyRotation"


def run_metric(name: str, *, statistic: str, period: Duration) -> cloudwatch.Metric:
    """Return a metric of the function, with the dimension that Powertools adds."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"service": SERVICE},
        statistic=statistic,
        period=period,
    )
