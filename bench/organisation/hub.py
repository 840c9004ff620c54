"""Measures the deployed hub on its kinds of days."""

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.organisation.results import HubResult, StepCalls
from bench.organisation.seeded_organisation import SeededOrganisation
from bench.organisation.step_processes import process_figures
from bench.product import DAYS, NOTICE_DAYS
from bench.proxy import Conditions
from bench.tools import Tool
from local.demo.synthesis import STACK

POLL = 0.05
STEPS = ("Prepare", "Account", "Digest")


class Hub:
    """The hub in a seeded organization. Each execution is measured from a cold start."""

    def __init__(self, organisation: SeededOrganisation, template: Path) -> None:
        """Deploy the hub and delete its schedule, so that only `run` starts its state machine."""
        self._organisation = organisation
        self._local = organisation.local
        organisation.start_day(NOTICE_DAYS + 3, Conditions())
        self._outputs = self._local.deploy(template, STACK)
        self._local.wait()
        scheduler = self._local.client("scheduler")
        for schedule in scheduler.list_schedules()["Schedules"]:
            scheduler.delete_schedule(Name=schedule["Name"], GroupName=schedule["GroupName"])
        self._local.send_function_through(organisation.proxy.url)
        self._put_parameters(
            {
                "max-age-days": "1000",
                "max-changes-per-run": "1000",
                "notice-days": f"{NOTICE_DAYS}",
                "organisation/max-changes-per-run": "5000",
            }
        )

    @property
    def member_role(self) -> str:
        """The name of the role that each account has, without its path."""
        return self._outputs["MemberRoleName"].rpartition("/")[2]

    def run(self, day: Tool, conditions: Conditions) -> HubResult:
        """Start an execution on a day and measure it; then undo the deactivations.

        No key is stale until the notice day, which sets `max-age-days` to 90.
        """
        if day is Tool.NOTICE_DAY:
            self._put_parameters({"max-age-days": "90"})
        self._force_cold_start(day.name)
        self._organisation.start_day(DAYS[day], conditions)
        start = time.perf_counter()
        answer = self._execute()
        result = self._result(day, conditions, answer, time.perf_counter() - start)
        stale, fresh = self._organisation.reactivate_keys()
        return replace(result, stale_deactivated=stale, fresh_deactivated=fresh)

    def _result(
        self, day: Tool, conditions: Conditions, answer: Mapping[str, Any], seconds: float
    ) -> HubResult:
        """Return what was measured of an execution, but not yet the keys it deactivated."""
        callers = self._organisation.proxy.read().callers
        accounts = self._organisation.accounts
        members = [Counter(callers.get(account, {})) for account in accounts]
        figures = {
            step: process_figures(self._function(step), self._organisation.proxy.url)
            for step in STEPS
        }
        missed = answer.get("not_looked_at", ())
        return HubResult(
            day=day,
            accounts=len(accounts),
            size=self._organisation.size,
            conditions=conditions,
            seconds=seconds,
            steps=self._step_calls(callers),
            members=dict(sum(members, Counter())),
            most_of_a_member=max(each.total() for each in members),
            memory=figures["Account"].memory,
            cpu={step: each.cpu for step, each in figures.items()},
            item_bytes=self._item_bytes(),
            looked_at=answer.get("looked_at", 0),
            not_looked_at=[f"{each['account_id']}: {each['reason']}" for each in missed],
            broken=tuple(self._organisation.broken),
            note="" if answer else "failed",
        )

    def _execute(self) -> Mapping[str, Any]:
        """Start an execution and wait for its answer; {} if it failed."""
        states = self._local.client("stepfunctions")
        arn = states.start_execution(stateMachineArn=self._outputs["StateMachineArn"], input="{}")[
            "executionArn"
        ]
        while (found := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
            time.sleep(POLL)
        if found["status"] != "SUCCEEDED":
            return {}
        answer: Mapping[str, Any] = json.loads(found["output"])
        return answer

    def _item_bytes(self) -> Mapping[str, float]:
        """Return the mean size of the rows of the register and of the run, about as AWS counts."""
        pages = self._local.client("dynamodb").get_paginator("scan")
        sizes: dict[str, list[int]] = {"register": [], "run": []}
        for page in pages.paginate(TableName=self._outputs["TableName"]):
            for item in page["Items"]:
                partition = item["pk"]["S"]
                name = "register" if partition == "ACCOUNT" else partition.partition("#")[0].lower()
                if name in sizes and partition != "RUN":  # RUN is the run of one account
                    sizes[name].append(sum(map(_attribute_bytes, item.items())))
        return {name: sum(each) / max(len(each), 1) for name, each in sizes.items()}

    def _step_calls(self, callers: Mapping[str, Mapping[str, int]]) -> StepCalls:
        keys = {
            step: self._local.role_credentials(self._function(step))["AWS_ACCESS_KEY_ID"]
            for step in STEPS
        }
        return {step: dict(callers.get(key, {})) for step, key in keys.items()}

    def _function(self, step: str) -> str:
        return self._outputs[f"{step}FunctionName"]

    def _force_cold_start(self, value: str) -> None:
        """Change the configurations: Lambda then starts new execution environments."""
        client = self._local.client("lambda")
        for name in map(self._function, STEPS):
            configuration = client.get_function_configuration(FunctionName=name)
            variables = configuration["Environment"]["Variables"] | {"BENCH_RUN": value}
            client.update_function_configuration(
                FunctionName=name, Environment={"Variables": variables}
            )

    def _put_parameters(self, values: Mapping[str, str]) -> None:
        ssm = self._local.client("ssm")
        for name, value in values.items():
            ssm.put_parameter(
                Name=f"/key-rotation/{name}", Value=value, Type="String", Overwrite=True
            )


def _attribute_bytes(attribute: tuple[str, Mapping[str, Any]]) -> int:
    name, value = attribute
    return len(name) + sum(map(_value_bytes, value.values()))


def _value_bytes(value: object) -> int:
    return len(value) if isinstance(value, bytes) else len(json.dumps(value, default=str))
