"""The control endpoint: what a person or a test may do to the account from outside of AWS.

It answers under `/_local/` on the emulator's own port: JSON in, JSON out, and a failure as
`{"error": ...}` with status 400.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from local.emulator import innards
from local.emulator.records import LastUse
from local.emulator.workings import Workings

PREFIX = "/_local/"

# What ASGI calls these; it has no types of its own.
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Asked = Mapping[str, Any]


class Control:
    """What can be asked; each public method is one path."""

    def __init__(self, parts: Workings) -> None:
        """Serve these."""
        self._parts = parts

    def now(self, _: Asked) -> str:
        """Tell the emulated instant."""
        return self._parts.clock.now().isoformat()

    def move_clock(self, asked: Asked) -> None:
        """Move the clock, and fire what is due on the way."""
        self._parts.timetable.move_to(datetime.fromisoformat(asked["to"]))

    def wait(self, _: Asked) -> None:
        """Return when no asynchronous invocation runs any more."""
        self._parts.background.wait()

    def backdate_key(self, asked: Asked) -> None:
        """Make a key as old as said."""
        innards.backdate_key(asked["access_key_id"], datetime.fromisoformat(asked["created"]))

    def set_last_used(self, asked: Asked) -> None:
        """Set when and by what a key was last used; a missing time says never."""
        key_id = asked["access_key_id"]
        self._parts.journal.last_uses.pop(key_id, None)
        if asked["at"]:
            use = LastUse(
                at=datetime.fromisoformat(asked["at"]),
                service=asked["service"],
                region=asked["region"],
            )
            self._parts.journal.last_uses[key_id] = use

    def set_confirmed(self, asked: Asked) -> None:
        """Confirm a subscription, or let it wait for it."""
        innards.set_confirmed(asked["endpoint"], confirmed=asked["confirmed"])

    def set_function_endpoint(self, asked: Asked) -> None:
        """Send functions to AWS by another way, such as a proxy."""
        self._parts.hosting.endpoint = asked["url"]

    def set_haste(self, asked: Asked) -> None:
        """Shorten the pauses that functions make, so many times."""
        self._parts.hosting.haste = asked["times"]

    def kill_functions(self, _: Asked) -> int:
        """Kill the functions that run, wherever they are in their work; tell how many."""
        return self._parts.hosting.kill()

    def role_credentials(self, asked: Asked) -> dict[str, str]:
        """Give the credentials of a function's execution role."""
        return innards.role_credentials(innards.function_record(asked["function"]))

    def invocations(self, _: Asked) -> list[dict[str, Any]]:
        """List what ran."""
        return [each.to_wire() for each in self._parts.journal.invocations]

    def outbox(self, _: Asked) -> list[dict[str, Any]]:
        """List the messages that SNS took."""
        return [each.to_wire() for each in self._parts.journal.mails]


def with_control(app: App, control: Control) -> App:
    """Put the control endpoint in front of an application."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if not path.startswith(PREFIX):
            await app(scope, receive, send)
            return
        asked = json.loads(await _body(receive) or b"{}")
        status, answer = await asyncio.to_thread(_answer, control, path, asked)
        await _respond(send, status, answer)

    return serve


def _answer(control: Control, path: str, asked: Asked) -> tuple[HTTPStatus, Any]:
    name = path.removeprefix(PREFIX)
    if name.startswith("_") or not hasattr(control, name):
        return HTTPStatus.NOT_FOUND, {"error": f"no control {name}"}
    try:
        return HTTPStatus.OK, getattr(control, name)(asked)
    except ValueError as error:
        return HTTPStatus.BAD_REQUEST, {"error": str(error)}


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _respond(send: Send, status: HTTPStatus, answer: object) -> None:
    body = json.dumps(answer).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
