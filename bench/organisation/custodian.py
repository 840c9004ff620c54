"""Runs c7n-org, Cloud Custodian's runner for many accounts, over a seeded organization."""

import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from bench import ROOT
from bench.competitors import CUSTODIAN_POLICIES, VENV, custodian_environment
from bench.organisation.results import RunnerResult
from bench.organisation.seeded_organisation import SeededOrganisation
from bench.proxy import Conditions
from bench.tools import Tool
from local.emulator.account import ACCOUNT

ROLE = "CloudCustodian"
TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        }
    ],
}
ALLOWED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}],
}


def create_roles(organisation: SeededOrganisation) -> None:
    """Create the role that c7n-org assumes, in each account."""
    for iam in organisation.iam.values():
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.put_role_policy(RoleName=ROLE, PolicyName="Iam", PolicyDocument=json.dumps(ALLOWED))


def break_account(organisation: SeededOrganisation, account: str, roles: Sequence[str]) -> None:
    """Let nobody assume roles of an account any more, as after a change of their trust policies."""
    statement = dict(TRUST["Statement"][0]) | {"Effect": "Deny"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for role in roles:
        organisation.iam[account].update_assume_role_policy(RoleName=role, PolicyDocument=document)
    if account not in organisation.broken:
        organisation.broken.append(account)


def run_custodian(
    organisation: SeededOrganisation, tool: Tool, conditions: Conditions, *, at_once: int
) -> RunnerResult:
    """Run a policy in all accounts on the measured day, and undo its deactivations."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        command = _command(organisation, tool, Path(home))
        organisation.start_day(0, conditions)
        start = time.perf_counter()
        process = subprocess.run(
            command,
            cwd=ROOT,
            env=custodian_environment(organisation.proxy.url, home)
            | {"C7N_ORG_PARALLEL": f"{at_once}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        seconds = time.perf_counter() - start
    statistics = organisation.proxy.read()
    stale, fresh = organisation.reactivate_keys()
    return RunnerResult(
        tool=tool,
        accounts=len(organisation.accounts),
        size=organisation.size,
        conditions=conditions,
        seconds=seconds,
        calls=statistics.calls,
        stale_deactivated=stale,
        fresh_deactivated=fresh,
        broken=tuple(organisation.broken),
        status=process.returncode,
        says=[line for line in process.stdout.splitlines() if _is_complaint(line)],
    )


def _command(organisation: SeededOrganisation, tool: Tool, home: Path) -> list[str]:
    policy, accounts = home / "policy.yml", home / "accounts.yml"
    policy.write_text(CUSTODIAN_POLICIES[tool])
    accounts.write_text(yaml.safe_dump({"accounts": list(map(_account, organisation.accounts))}))
    runner = str(VENV / "bin" / "c7n-org")
    output = str(home / "out")
    return [
        runner,
        "run",
        *("-c", str(accounts)),
        *("-s", output),
        *("-u", str(policy)),
        "-r",
        "us-east-1",
    ]


def _account(account: str) -> dict[str, str]:
    role = f"arn:aws:iam::{account}:role/{ROLE}"
    return {"account_id": account, "name": f"account-{account}", "role": role}


def _is_complaint(line: str) -> bool:
    return any(word in line for word in ("WARNING", "ERROR", "Error", "Traceback"))
