"""Functions run as on AWS, under AWS's own runtime client."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.emulator.account import LocalAccount
from tests.local.emulator import sample_stack
from tests.local.emulator.conftest import received
from tests.local.proxy import proxy_to


def test_an_error_in_the_handler_is_returned_as_by_lambda(account: LocalAccount) -> None:
    client = account.client("lambda")
    answer = client.invoke(FunctionName=account.function_name, Payload='{"fail": true}')
    assert answer["FunctionError"] == "Unhandled"
    reported = json.load(answer["Payload"])
    assert (reported["errorType"], reported["errorMessage"]) == ("ValueError", "requested failure")


def test_an_invocation_contains_the_output_of_the_function(account: LocalAccount) -> None:
    assert "event {'colour': 'red'}" in account.invoke({"colour": "red"}).log


def test_a_function_is_killed_at_its_timeout(account: LocalAccount) -> None:
    late = account.invoke({"sleep": 10})
    assert late.error is not None
    assert late.error["errorType"] == "Sandbox.Timedout"
    assert account.invoke({}).error is None


@pytest.mark.parametrize("package", ["ministack", "local", "aws_lambda_powertools", "pytest"])
def test_the_function_cannot_import_a_package_that_its_bundle_lacks(
    account: LocalAccount, package: str
) -> None:
    failed = account.invoke({"import": package})
    assert failed.error is not None
    assert failed.error["errorType"] == "ModuleNotFoundError"


def test_the_function_has_the_permissions_of_its_role_only(account: LocalAccount) -> None:
    calls: list[Any] = [["iam", "list_users", {}], ["iam", "create_user", {"UserName": "x"}]]
    answer = account.invoke({"calls": calls}).answer
    assert answer["list_users"] == "allowed"
    assert answer["create_user"] == "AccessDenied"


def test_a_failed_asynchronous_invocation_is_retried_and_then_sent_to_the_queue(
    account: LocalAccount, outputs: dict[str, str]
) -> None:
    before = len(account.invocations())
    name = outputs["FunctionName"]
    payload = '{"fail": "twice"}'
    account.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=payload)
    account.wait()
    assert len(account.invocations()) - before == 2
    assert json.loads(received(account, outputs)[-1])["requestPayload"] == {"fail": "twice"}


def test_a_new_deployment_runs_the_new_version(account: LocalAccount, tmp_path: Path) -> None:
    ran = []
    for version in (2, 1):
        account.deploy(sample_stack.write(tmp_path, version=version), sample_stack.STACK)
        ran.append(account.invoke({}).answer["version"])
    assert ran == [2, 1]


def test_the_function_can_call_through_a_proxy_that_rewrites_the_host(
    account: LocalAccount,
) -> None:
    with proxy_to(account.endpoint) as url:
        account.send_function_through(url)
        answer = account.invoke({"calls": [["iam", "list_users", {}]]}).answer
        account.send_function_through(None)
    assert answer["list_users"] == "allowed"
