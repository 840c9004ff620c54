"""The functions of the steps account and digest, as the state machine invokes them."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from key_rotation.errors import InvalidEventError, LeaseLostError, LedgerError
from tests.aws.organisation.hub import FIRST, ORGANIZATION_ID, OWN, SECOND, THIRD
from tests.aws.organisation.organisation import Organisation

CONTEXT = SimpleNamespace(
    function_name="step",
    memory_limit_in_mb=256,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:step",
    aws_request_id="request-1",
    get_remaining_time_in_millis=lambda: 900_000,
)
Step = Callable[[dict[str, Any]], dict[str, Any]]


def load(name: str) -> ModuleType:
    """Import a handler anew, so that it reads the environment of this test."""
    sys.modules.pop(f"key_rotation.organisation.{name}", None)
    return importlib.import_module(f"key_rotation.organisation.{name}")


def invoke(module: ModuleType, event: dict[str, Any]) -> dict[str, Any]:
    """Invoke a handler as Lambda does."""
    answer: dict[str, Any] = module.handler(event, CONTEXT)
    return answer


def set_variables(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the variables of both functions."""
    variables = {
        "ACCOUNT_ID": OWN,
        "ACCOUNT_TOPIC_ARN": organisation.account_topic_arn,
        "EXTERNAL_ID": ORGANIZATION_ID,
        "LONGEST_GAP_HOURS": "24",
        "MEMBER_ROLE": "key-rotation/KeyRotationMember",
        "ORGANIZATION_ID": ORGANIZATION_ID,
        "PARAMETER_PATH": "/key-rotation",
        "PARTITION": "aws",
        "POWERTOOLS_METRICS_NAMESPACE": "KeyRotation",
        "POWERTOOLS_SERVICE_NAME": "key-rotation",
        "TABLE_NAME": "ledger",
        "TIMEZONE": "UTC",
        "TOPIC_ARN": organisation.account.environment.topic_arn,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def loaded(*names: str) -> Iterator[dict[str, ModuleType]]:
    """Yield the modules of handlers, imported anew."""
    yield {name: load(name) for name in names}
    for name in names:
        sys.modules.pop(f"key_rotation.organisation.{name}", None)


@pytest.fixture
def modules(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, ModuleType]]:
    """Import the two handlers."""
    set_variables(organisation, monkeypatch)
    yield from loaded("account", "digest")


@pytest.fixture
def steps(modules: dict[str, ModuleType]) -> dict[str, Step]:
    """Return the two handlers, each as a function of its event."""
    return {name: partial(invoke, module) for name, module in modules.items()}


def do_after_publication(digest: ModuleType, action: Callable[[], object]) -> None:
    """Do something when SNS has accepted a message of the digest step."""
    events = digest._sns.meta.events  # noqa: SLF001
    events.register("after-call.sns.Publish", lambda **_: action())


@pytest.fixture
def run_id(organisation: Organisation) -> str:
    """Prepare a run in which one account is left out; returns its id."""
    organisation.put("organisation/leave-out", THIRD)
    return organisation.hub.prepare().run.run_id


def test_an_execution_runs_in_the_accounts_and_publishes_one_digest(
    organisation: Organisation, steps: dict[str, Step], run_id: str
) -> None:
    organisation.create_key("alice", age=400, account_id=FIRST)
    for account_id in (OWN, FIRST, SECOND):
        found = steps["account"]({"account_id": account_id, "run_id": run_id})
        assert found == {"account_id": account_id, "looked": True}
    answer = steps["digest"]({"run_id": run_id, "mode": "enforce"})
    assert (answer["accounts"], answer["looked_at"], answer["noticed"]) == (3, 3, 1)
    assert (answer["left_out"], answer["messages"]) == (1, 1)
    assert json.loads(json.dumps(answer)) == answer


def test_a_digest_whose_answer_was_lost_answers_again_and_publishes_nothing(
    organisation: Organisation, steps: dict[str, Step], run_id: str
) -> None:
    organisation.create_key("alice", age=400, account_id=FIRST)
    for account_id in (OWN, FIRST, SECOND):
        steps["account"]({"account_id": account_id, "run_id": run_id})
    first = steps["digest"]({"run_id": run_id, "mode": "enforce"})
    assert steps["digest"]({"run_id": run_id, "mode": "enforce"}) == first
    assert len(organisation.account.messages) == 1


@pytest.mark.parametrize("account_id", [THIRD, "999999999999"])
def test_an_account_that_the_register_does_not_name_for_the_run_is_refused(
    organisation: Organisation, steps: dict[str, Step], run_id: str, account_id: str
) -> None:
    """Left out, or foreign: STS is not asked."""
    with pytest.raises(InvalidEventError, match="the register does not name it"):
        steps["account"]({"account_id": account_id, "run_id": run_id})
    assert organisation.account.items(f"{account_id}#RUN") == []


def test_an_old_run_is_refused(steps: dict[str, Step], run_id: str) -> None:
    for account_id in (OWN, FIRST, SECOND):
        steps["account"]({"account_id": account_id, "run_id": run_id})
    steps["digest"]({"run_id": run_id, "mode": "enforce"})
    for old in (run_id, "run-0"):
        with pytest.raises(InvalidEventError, match="not under way"):
            steps["account"]({"account_id": FIRST, "run_id": old})
    with pytest.raises(InvalidEventError, match="There was no run run-0"):
        steps["digest"]({"run_id": "run-0", "mode": "enforce"})


def test_a_run_that_another_one_took_over_has_not_failed(
    organisation: Organisation, steps: dict[str, Step]
) -> None:
    """A person named accounts, and the day's run waited for long enough: it does the work."""
    organisation.create_key("alice", age=400, account_id=FIRST)
    run_id = organisation.hub.prepare({"accounts": [FIRST]}).run.run_id
    steps["account"]({"account_id": FIRST, "run_id": run_id})
    whole = organisation.hub.prepare().run
    answer = steps["digest"]({"run_id": run_id, "mode": "enforce"})
    assert answer == {"run_id": run_id, "left_to": whole.execution_arn}
    assert organisation.account.messages == []
    assert organisation.account.items(f"{FIRST}#WATCH") == []


def test_a_run_that_is_taken_over_while_it_publishes_has_not_failed(
    organisation: Organisation,
    modules: dict[str, ModuleType],
    steps: dict[str, Step],
    run_id: str,
) -> None:
    """What it has published is recorded; the other run reports the rest."""
    key_id = organisation.create_key("alice", age=400, account_id=FIRST)
    for account_id in (OWN, FIRST, SECOND):
        steps["account"]({"account_id": account_id, "run_id": run_id})
    assert organisation.hub.run
    organisation.hub.stop(organisation.hub.run.execution_arn)
    do_after_publication(modules["digest"], organisation.hub.prepare)
    answer = steps["digest"]({"run_id": run_id, "mode": "enforce"})
    assert answer == {"run_id": run_id, "left_to": organisation.hub.run.execution_arn}
    assert [item["sk"] for item in organisation.account.items(f"{FIRST}#WATCH")] == [key_id]


def test_a_digest_step_that_outlived_its_retry_is_no_run_that_was_taken_over(
    organisation: Organisation,
    modules: dict[str, ModuleType],
    steps: dict[str, Step],
    run_id: str,
) -> None:
    """The retry ended the run. An answer that named the run itself would say nothing."""
    organisation.create_key("alice", age=400, account_id=FIRST)
    for account_id in (OWN, FIRST, SECOND):
        steps["account"]({"account_id": account_id, "run_id": run_id})
    do_after_publication(modules["digest"], organisation.publish)
    with pytest.raises(LeaseLostError):
        steps["digest"]({"run_id": run_id, "mode": "enforce"})


def test_an_account_that_was_not_named_is_refused(
    organisation: Organisation, steps: dict[str, Step]
) -> None:
    organisation.run()
    run_id = organisation.hub.prepare({"accounts": [FIRST]}).run.run_id
    with pytest.raises(InvalidEventError):
        steps["account"]({"account_id": SECOND, "run_id": run_id})


def test_a_run_whose_first_step_failed_is_told_once_a_day(
    organisation: Organisation, steps: dict[str, Step]
) -> None:
    cause = {"errorMessage": "The parameter /key-rotation/max-age-days has the value 'x'."}
    event = {
        "stopped": {"Error": "InvalidSettingsError", "Cause": json.dumps(cause)},
        "execution_arn": f"arn:aws:states:eu-west-1:{OWN}:execution:machine:1",
    }
    assert steps["digest"](event) == {"published": True}
    assert steps["digest"](event) == {"published": False}
    [message] = organisation.account.messages
    assert "STOPPED" in message["subject"]
    assert "max-age-days has the value 'x'" in " ".join(message["text"].split())


def test_an_input_that_was_not_accepted_is_told_to_its_sender_only(
    organisation: Organisation, steps: dict[str, Step]
) -> None:
    event = {
        "stopped": {"Error": "InvalidEventError", "Cause": "{}"},
        "execution_arn": f"arn:aws:states:eu-west-1:{OWN}:execution:machine:1",
    }
    assert steps["digest"](event) == {"published": False}
    assert organisation.account.messages == []


def test_a_key_whose_report_the_ledger_refuses_counts_as_failed(
    organisation: Organisation,
    steps: dict[str, Step],
    run_id: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Somebody wrote its watch meanwhile. Refused each day, its notice would never count."""
    key_id = organisation.create_key("alice", age=400, account_id=FIRST)
    for account_id in (OWN, FIRST, SECOND):
        steps["account"]({"account_id": account_id, "run_id": run_id})
    watch: dict[str, Any] = {"pk": f"{FIRST}#WATCH", "sk": key_id, "version": 5}
    organisation.account.clients.table.put_item(Item=watch)
    capsys.readouterr()
    steps["digest"]({"run_id": run_id, "mode": "enforce"})
    lines = [line for line in capsys.readouterr().out.splitlines() if '"KeysFailed"' in line]
    assert [json.loads(line)["KeysFailed"] for line in lines] == [[1.0]]


def test_a_digest_without_the_parameters_of_its_run_publishes_nothing(
    organisation: Organisation, steps: dict[str, Step], run_id: str
) -> None:
    """All of them would seem to be removed."""
    key = {"pk": f"RUN#{run_id}", "sk": "SETTINGS"}
    organisation.account.clients.table.delete_item(Key=key)
    with pytest.raises(LedgerError, match="are not in the ledger"):
        steps["digest"]({"run_id": run_id, "mode": "enforce"})
    assert organisation.account.messages == []
