"""The default quotas of AWS, and what a calculated day needs of each."""

from dataclasses import dataclass

from bench.organisation.assumptions import LAMBDA_GUIDE
from bench.organisation.paper import Paper

STATES_GUIDE = "Step Functions Developer Guide, Quotas"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A default limit of AWS."""

    what: str
    value: int
    source: str


PAYLOAD = Quota(what="bytes of state", value=256 * 1024, source=STATES_GUIDE)
CHILDREN = Quota(
    what="children started a second", value=100, source=f"{STATES_GUIDE}: StartExecution by a map"
)
CONCURRENCY = Quota(
    what="concurrent executions of Lambda",
    value=1000,
    source=f"{LAMBDA_GUIDE}, Quotas; new accounts have fewer",
)
PARAMETERS = Quota(
    what="SSM calls a second", value=40, source="Systems Manager endpoints and quotas"
)
WRITES = Quota(
    what="DynamoDB writes a second",
    value=4000,
    source="DynamoDB Developer Guide: a new on-demand table",
)
SESSIONS = Quota(
    what="STS calls a second", value=600, source="IAM User Guide, quotas of STS; from memory"
)
TIME = Quota(what="seconds of a function", value=900, source=f"{LAMBDA_GUIDE}, Quotas")


def quotas(paper: Paper) -> list[tuple[Quota, float]]:
    """Return the default quotas, and what the calculated day needs of each."""
    preparing = paper.prepare_seconds
    return [
        (PAYLOAD, paper.state_bytes),
        (CHILDREN, paper.children_a_second),
        (CONCURRENCY, paper.assumed.at_once.value),
        (SESSIONS, paper.children_a_second),
        (PARAMETERS, min(paper.parameter_calls, 1 / paper.assumed.latency.value)),
        (WRITES, paper.write_units / paper.seconds),
        (TIME, max(preparing, paper.account_seconds, paper.digest_seconds)),
    ]
