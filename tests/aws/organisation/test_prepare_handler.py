"""The function of the step `prepare`, as the state machine calls it."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine

from key_rotation.errors import InvalidEventError, InvalidSettingsError
from tests.aws.organisation.hub import FIRST, ORGANIZATION_ID, OWN, ROOT, SECOND, THIRD, Hub
from tests.aws.organisation.test_prepare import put
from tests.aws.test_handler import Context

Handler = Callable[..., dict[str, Any]]


@pytest.fixture
def handler(
    hub: Hub,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Handler]:
    """Import the handler again, as a cold start does; it is called at the hub's time."""
    capsys.readouterr()  # opens the stream first: the logger keeps the one that it finds
    for name, value in {
        "ACCOUNT_ID": OWN,
        "ORGANIZATION_ID": ORGANIZATION_ID,
        "TARGETS": f"ou-root-none0001,{ROOT}",
        "TOPIC_ARN": hub.environment.topic_arn,
        "PARAMETER_PATH": "/key-rotation",
        "TABLE_NAME": "ledger",
        "LONGEST_GAP_HOURS": "24",
        "TIMEZONE": "UTC",
        "POWERTOOLS_SERVICE_NAME": request.node.name,  # one logger each
    }.items():
        monkeypatch.setenv(name, value)
    name = "key_rotation.organisation.prepare"
    sys.modules.pop(name, None)
    module = importlib.import_module(name)
    monkeypatch.setattr(module, "_clients", hub.clients)

    def call(input_: object, arn: str) -> dict[str, Any]:
        event = {"execution_arn": arn, "input": input_}
        with time_machine.travel(hub.account.now, tick=False):
            answer: dict[str, Any] = module.handler(event, Context())
        return answer

    yield call
    sys.modules.pop(name, None)


def logged(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """Return what was logged, by its message."""
    return {record.message: record for record in caplog.records}


def test_the_answer_names_the_run_and_its_accounts(
    handler: Handler, hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    answer = handler({}, hub.start())
    run_id = answer.pop("run_id")
    assert run_id.startswith("20261124T090000Z-")
    assert answer == {"mode": "enforce", "accounts": [FIRST, OWN, SECOND, THIRD]}
    json.dumps(answer)
    line = logged(caplog)["run_prepared"]
    assert (line.run_id, line.accounts) == (run_id, {"covered": 4})


def test_the_answer_of_a_run_in_report_mode_says_so(handler: Handler, hub: Hub) -> None:
    answer = handler({"mode": "report", "accounts": [FIRST]}, hub.start())
    assert (answer["mode"], answer["accounts"]) == ("report", [FIRST])


def test_a_retry_of_the_step_answers_the_same(handler: Handler, hub: Hub) -> None:
    arn = hub.start()
    assert handler({}, arn) == handler({}, arn)


def test_the_answer_names_the_execution_to_which_the_work_is_left(
    handler: Handler, hub: Hub
) -> None:
    first = hub.start()
    handler({}, first)
    assert handler({}, hub.start()) == {
        "run_id": None,
        "mode": None,
        "accounts": [],
        "left_to": first,
    }


def test_what_stops_a_run_is_raised_by_its_name(
    handler: Handler, hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    """The state machine does not try these again."""
    with pytest.raises(InvalidEventError):
        handler({"mode": "enforce"}, hub.start())
    put(hub, "mode", "off")
    with pytest.raises(InvalidSettingsError):
        handler({}, hub.start())
    assert "run_not_prepared" in logged(caplog)


def test_what_is_left_alone_is_in_the_log(
    handler: Handler, hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    hub.clients.table.put_item(Item={"pk": "ACCOUNT", "sk": SECOND, "schema": 3})
    put(hub, f"accounts/{FIRST}/mode", "off")
    handler({}, hub.start())
    assert logged(caplog)["register_row_unreadable"].account_id == SECOND
    assert logged(caplog)["overrides_not_accepted"].account_id == FIRST


def test_16_bytes_an_account_fit_into_the_answer(handler: Handler, hub: Hub) -> None:
    """Step Functions passes on at most 256 KiB (Developer Guide, "Quotas")."""
    for number in range(30):
        hub.organization.add(f"{number:012}")
    answer = handler({}, hub.start())
    assert len(json.dumps(answer)) < 100 + 16 * len(answer["accounts"])
