"""An account in which each day brings one notice, one deactivation and one deletion.

With one day of notice and one grace day, a user who is created each day has a key in each of these
stages on three days in a row.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import boto3.dynamodb.types

from local.demo.actors import Actors
from local.demo.playback import document
from local.emulator.account import LocalAccount
from local.emulator.records import Invocation, PublishedMessage

STALE = timedelta(days=400)
SECTIONS = ("noticed", "deactivated", "deleted", "extended", "withdrawn", "closed", "held")
_LEASE = {"pk": {"S": "RUN"}, "sk": {"S": "LEASE"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class DayState:
    """The state after the runs of a day, by the stage that a key had in the morning.

    state: the status in IAM, the watch with the days until its due day, and the history
    reported: how often each section of the digests lists each key
    lease_held: whether a run still holds the lease
    """

    state: dict[str, Any]
    reported: Counter[tuple[str, str]]
    lease_held: bool


class DailyRuns:
    """The runs of an account whose schedule is disabled."""

    def __init__(self, account: LocalAccount) -> None:
        """Disable the schedule, and run on three days, so that each stage has a key."""
        self.account = account
        self._actors = Actors(account)
        self._iam = account.client("iam")
        self._ledger = account.client("dynamodb")
        self._table = account.outputs["TableName"]
        self._count = 0
        self._messages = 0
        self._today: dict[str, str] = {}
        disable_schedule(account)
        for parameter in ("notice-days", "grace-days"):
            self._actors.set_parameter(parameter, "1")
        for _ in range(3):
            self.start_day()
            self.run()

    def start_day(self) -> None:
        """Move to the next day, and create a user with a stale key."""
        self.account.move_clock(to=self.account.now + timedelta(days=1))
        self._count += 1
        users = [f"user-{self._count - age}" for age in range(4)]
        self.account.create_user(users[0])
        self._actors.create_key(users[0], created=self.account.now - STALE)
        if users[3] in self._actors.key_ids:
            self._iam.delete_user(UserName=users[3])
            del self._actors.key_ids[users[3]]
        ids = [self._actors.key_ids.get(user, "") for user in users]
        self._today = {"new": ids[0], "noticed": ids[1], "deactivated": ids[2]}
        self._messages = len(self.account.outbox())

    def run(self) -> Invocation:
        """Invoke the function once."""
        return self.account.invoke({})

    def state(self) -> DayState:
        """Return the state of the day."""
        statuses = self._actors.statuses()
        state = {
            stage: {
                "iam": statuses.get(key_id, "gone"),
                "watch": self._watch(key_id),
                "history": [e["action"] for e in self._items(f"HISTORY#{key_id}")],
            }
            for stage, key_id in self._today.items()
        }
        lease_held = any(item["sk"] == "LEASE" for item in self._items("RUN"))
        return DayState(state=state, reported=self._reported(), lease_held=lease_held)

    def _watch(self, key_id: str) -> tuple[Any, ...] | None:
        for item in self._items("WATCH"):
            if item["sk"] == key_id:
                due = date.fromisoformat(item["state"]["due"]) - self.account.now.date()
                return (
                    item["state"]["kind"],
                    due.days,
                    int(item["reactivations"]),
                    item["unreported_events"],
                )
        return None

    def _reported(self) -> Counter[tuple[str, str]]:
        stages = {key_id: stage for stage, key_id in self._today.items()}
        return Counter(
            (section, stages.get(entry["access_key_id"], entry["access_key_id"]))
            for message in self.messages()
            for section in SECTIONS
            for entry in document(message).get(section, ())
        )

    def messages(self) -> list[PublishedMessage]:
        """List the messages of the runs of the day; one that was held back may arrive later."""
        today = self.account.now.date().isoformat()
        new = self.account.outbox()[self._messages :]
        return [message for message in new if document(message)["at"].startswith(today)]

    def _items(self, pk: str) -> list[dict[str, Any]]:
        answer = self._ledger.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            ConsistentRead=True,
        )
        read = boto3.dynamodb.types.TypeDeserializer().deserialize
        return [{name: read(value) for name, value in item.items()} for item in answer["Items"]]


def delete_lease(account: LocalAccount) -> None:
    """Delete the lease of a killed run, for which the next run would wait ten seconds."""
    account.client("dynamodb").delete_item(TableName=account.outputs["TableName"], Key=_LEASE)


def disable_schedule(account: LocalAccount) -> None:
    """Disable the schedule, so that only the test invokes the function."""
    scheduler = account.client("scheduler")
    listed = scheduler.list_schedules()["Schedules"][0]
    found = scheduler.get_schedule(Name=listed["Name"], GroupName=listed["GroupName"])
    scheduler.update_schedule(
        Name=found["Name"],
        GroupName=found["GroupName"],
        ScheduleExpression=found["ScheduleExpression"],
        FlexibleTimeWindow=found["FlexibleTimeWindow"],
        Target=found["Target"],
        State="DISABLED",
    )
