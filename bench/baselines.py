"""Three short scripts that deactivate every active key over 90 days old.

`python -m bench.baselines SEQUENTIAL` runs one of them in the account of the environment's
credentials, and prints the number of its unhandled throttling errors as the last line.
"""

import csv
import io
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from bench.tools import Tool

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

MAX_AGE = timedelta(days=90)
THREADS = 32
CONNECTIONS = 8


def sequential() -> list[BaseException]:
    """Process one user after the other, with boto3's default retries."""
    iam = boto3.client("iam")
    for user in _users(iam):
        _deactivate_old_keys(iam, user)
    return []


def thread_pool() -> list[BaseException]:
    """Process all users on a pool of threads, with boto3's default retries."""
    iam = boto3.client("iam", config=Config(max_pool_connections=THREADS))
    with ThreadPoolExecutor(THREADS) as executor:
        futures = [executor.submit(_deactivate_old_keys, iam, user) for user in _users(iam)]
    return _errors(futures)


def minimal_script() -> list[BaseException]:
    """Read only the users whom the credential report shows with an old key.

    The script sends no notice, keeps no state and sends no e-mail, so it makes the fewest calls.
    """
    config = Config(
        max_pool_connections=CONNECTIONS, retries={"mode": "adaptive", "total_max_attempts": 10}
    )
    iam = boto3.client("iam", config=config)
    while iam.generate_credential_report()["State"] != "COMPLETE":
        time.sleep(1)
    report = iam.get_credential_report()["Content"].decode()
    users = [row["user"] for row in csv.DictReader(io.StringIO(report)) if _has_old_key(row)]
    with ThreadPoolExecutor(CONNECTIONS) as executor:
        futures = [executor.submit(_deactivate_old_keys, iam, user) for user in users]
    return _errors(futures)


BASELINES: dict[Tool, Callable[[], list[BaseException]]] = {
    Tool.MINIMAL_SCRIPT: minimal_script,
    Tool.THREAD_POOL: thread_pool,
    Tool.SEQUENTIAL: sequential,
}


def _users(iam: "IAMClient") -> Iterator[str]:
    for page in iam.get_paginator("list_users").paginate():
        yield from (user["UserName"] for user in page["Users"])


def _deactivate_old_keys(iam: "IAMClient", user: str) -> None:
    """Deactivate a user's old keys, after reading their last use."""
    for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
        if key["Status"] != "Active" or datetime.now(UTC) - key["CreateDate"] <= MAX_AGE:
            continue
        iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
        iam.update_access_key(UserName=user, AccessKeyId=key["AccessKeyId"], Status="Inactive")


def _has_old_key(row: dict[str, str]) -> bool:
    created = [
        datetime.fromisoformat(row[f"access_key_{n}_last_rotated"])
        for n in (1, 2)
        if row[f"access_key_{n}_active"] == "true"
    ]
    return any(datetime.now(UTC) - each > MAX_AGE for each in created)


def _errors(futures: Iterable[Future[None]]) -> list[BaseException]:
    return [error for future in futures if (error := future.exception())]


def main() -> None:
    """Run the script that the command line names; exit with 1 if it raises."""
    status = 0
    try:
        errors = BASELINES[Tool[sys.argv[1]]]()
    except Exception as error:  # noqa: BLE001 - every error that ends the script is a result
        traceback.print_exc()
        errors, status = [error], 1
    print(sum("Throttling" in str(error) for error in errors), flush=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
