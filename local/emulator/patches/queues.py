"""SQS: how long a call waits for messages."""

from collections.abc import Callable
from typing import Any

from local.emulator.patches.monkeypatch import Params, replace_entry


def answer_empty_queues_at_once() -> None:
    """Answer at once that a queue has no message, also to a call that waits for one.

    ministack waits by the real clock, though the time of the account is another one: a function
    that asks once a day, in sixty emulated days, would take a minute longer. A call that waits asks
    all servers of a queue (SQS Developer Guide, "Short and long polling"); here is one server only.
    """

    def make(original: Callable[[Params, str], Any]) -> Callable[[Params, str], Any]:
        def receive(data: Params, queue_url: str) -> Any:  # noqa: ANN401 - ministack has no types
            return original({**data, "WaitTimeSeconds": 0}, queue_url)

        return receive

    replace_entry("services.sqs", "_HANDLERS", "ReceiveMessage", make)
