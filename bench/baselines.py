"""What people write in an afternoon, and the least that the job needs: one process for each.

`python -m bench.baselines sequential` deactivates every active key over 90 days old. It prints one
line of JSON: how many errors were left unhandled.
"""

import csv
import io
import json
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

LIMIT = timedelta(days=90)
THREADS = 32
CONNECTIONS = 8


def sequential() -> Iterable[BaseException]:
    """One user after the other, with boto's defaults."""
    iam = boto3.client("iam")
    for user in _users(iam):
        _enforce(iam, user)
    return []


def thread_pool() -> Iterable[BaseException]:
    """All users at once on a pool of threads, with boto's default retries."""
    iam = boto3.client("iam", config=Config(max_pool_connections=THREADS))
    with ThreadPoolExecutor(THREADS) as executor:
        futures = [executor.submit(_enforce, iam, user) for user in _users(iam)]
    return _errors(futures)


def minimal() -> Iterable[BaseException]:
    """Ask only about the keys that the credential report calls old, over a few connections.

    It has no notice, no memory and no digest: the floor under any tool that does the job at all.
    """
    patient = Config(
        max_pool_connections=CONNECTIONS, retries={"mode": "adaptive", "total_max_attempts": 10}
    )
    iam = boto3.client("iam", config=patient)
    while iam.generate_credential_report()["State"] != "COMPLETE":
        time.sleep(1)
    text = iam.get_credential_report()["Content"].decode()
    users = [row["user"] for row in csv.DictReader(io.StringIO(text)) if _has_old_key(row)]
    with ThreadPoolExecutor(CONNECTIONS) as executor:
        futures = [executor.submit(_enforce, iam, user) for user in users]
    return _errors(futures)


BASELINES: dict[str, Callable[[], Iterable[BaseException]]] = {
    "sequential": sequential,
    "thread_pool": thread_pool,
    "minimal": minimal,
}


def _users(iam: "IAMClient") -> Iterator[str]:
    for page in iam.get_paginator("list_users").paginate():
        yield from (user["UserName"] for user in page["Users"])


def _enforce(iam: "IAMClient", user: str) -> None:
    """Deactivate a user's old keys, with a look at their last use as the procedure has it."""
    for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
        if key["Status"] != "Active" or datetime.now(UTC) - key["CreateDate"] <= LIMIT:
            continue
        iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
        iam.update_access_key(UserName=user, AccessKeyId=key["AccessKeyId"], Status="Inactive")


def _has_old_key(row: dict[str, str]) -> bool:
    made = [
        row[f"access_key_{n}_last_rotated"]
        for n in (1, 2)
        if row[f"access_key_{n}_active"] == "true"
    ]
    return any(datetime.now(UTC) - datetime.fromisoformat(each) > LIMIT for each in made)


def _errors(futures: Iterable[Future[None]]) -> list[BaseException]:
    return [error for future in futures if (error := future.exception())]


def main() -> None:
    """Run one, and tell how it ended."""
    try:
        errors = list(BASELINES[sys.argv[1]]())
        status = 0
    except Exception as error:  # noqa: BLE001 - what a script leaves to its caller is what counts
        traceback.print_exc()
        errors, status = [error], 1
    throttled = sum("Throttling" in str(error) for error in errors)
    print(json.dumps({"unhandled": len(errors), "throttling": throttled}), flush=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
