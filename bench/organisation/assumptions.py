"""What the calculation for a large organization assumes, and where each value is from."""

from dataclasses import dataclass, fields
from typing import Any

STEP_FUNCTIONS_PRICE = "aws.amazon.com/step-functions/pricing, us-east-1"
LAMBDA_PRICE = "aws.amazon.com/lambda/pricing, us-east-1, arm64; read in a copy of a third party"
DYNAMODB_PRICE = (
    "aws.amazon.com/dynamodb/pricing/on-demand, us-east-1; read in a third party's copy"
)
LOGS_PRICE = "aws.amazon.com/cloudwatch/pricing, us-east-1; from memory"
XRAY_PRICE = "aws.amazon.com/xray/pricing, us-east-1; from memory"
LAMBDA_GUIDE = "Lambda Developer Guide"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """A value, its unit and its source."""

    what: str
    value: float
    source: str

    def __str__(self) -> str:
        """Return the value without needless digits."""
        return f"{self.value:,.10g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """Everything that is not measured."""

    accounts: Assumption = Assumption(what="accounts", value=1000, source="the organization")
    at_once: Assumption = Assumption(
        what="accounts at once", value=40, source="the default of `accounts-at-once`"
    )
    latency: Assumption = Assumption(
        what="seconds of a call to AWS", value=0.04, source="assumed, as in the bench"
    )
    report: Assumption = Assumption(
        what="seconds until a credential report is ready",
        value=2.0,
        source="observed on AWS in an account of 52 users",
    )
    start: Assumption = Assumption(
        what="seconds that Step Functions and Lambda add to an account",
        value=0.3,
        source="assumed: a start, three states and an invocation of some 50 ms each",
    )
    connections: Assumption = Assumption(
        what="calls at once of one step", value=8, source="adapters/clients.py, CONNECTIONS"
    )
    account_memory: Assumption = Assumption(
        what="MB of the account step",
        value=256,
        source="infra/organisation/steps.py",
    )
    prepare_memory: Assumption = Assumption(
        what="MB of prepare", value=1024, source="infra/organisation/steps.py"
    )
    digest_memory: Assumption = Assumption(
        what="MB of the digest step", value=2048, source="infra/organisation/steps.py"
    )
    memory_of_a_processor: Assumption = Assumption(
        what="MB of a function that has one whole processor",
        value=1769,
        source=f"{LAMBDA_GUIDE}, Memory; a processor of Lambda is taken for one of this machine",
    )
    states_of_an_account: Assumption = Assumption(
        what="transitions of an account",
        value=5,
        source="infra/organisation/run_definition.py: Account, UsersRemain, LookedAt; its start and"
        " its end are counted too, as the pricing examples do, from memory; the least would be 3",
    )
    states_of_a_run: Assumption = Assumption(
        what="transitions of the execution itself",
        value=6,
        source="Prepare, LeftToAnother, Accounts, Digest, start and end",
    )
    log_bytes: Assumption = Assumption(
        what="bytes of logs of an account",
        value=8_000,
        source="estimated: eleven events of the state machine without their data, and four lines of"
        " the function",
    )
    traced: Assumption = Assumption(
        what="share of the accounts that X-Ray traces",
        value=0.2,
        source="X-Ray Developer Guide: the default rule, one a second and 5 % beyond; rounded up",
    )
    transition_price: Assumption = Assumption(
        what="USD of a transition", value=0.025 / 1000, source=STEP_FUNCTIONS_PRICE
    )
    gigabyte_second_price: Assumption = Assumption(
        what="USD of a GB-second", value=0.0000133334, source=LAMBDA_PRICE
    )
    invocation_price: Assumption = Assumption(
        what="USD of an invocation", value=0.20 / 1e6, source=LAMBDA_PRICE
    )
    write_price: Assumption = Assumption(
        what="USD of a write unit", value=0.625 / 1e6, source=DYNAMODB_PRICE
    )
    read_price: Assumption = Assumption(
        what="USD of a read unit", value=0.125 / 1e6, source=DYNAMODB_PRICE
    )
    log_price: Assumption = Assumption(what="USD of a GB of logs", value=0.50, source=LOGS_PRICE)
    trace_price: Assumption = Assumption(what="USD of a trace", value=5 / 1e6, source=XRAY_PRICE)

    def rows(self) -> list[Assumption]:
        """All of them, in this order."""
        values: list[Any] = [getattr(self, each.name) for each in fields(self)]
        return values
