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

from local.emulator import ministack_internals
from local.emulator.components import Components
from local.emulator.records import LastUse

PREFIX = "/_local/"

# What ASGI calls these; it has no types of its own.
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Arguments = Mapping[str, Any]


class Control:
    """What can be arguments; each public method is one path."""

    def __init__(self, components: Components) -> None:
        """Serve these."""
        self._components = components

    def now(self, _: Arguments) -> str:
        """Tell the emulated instant."""
        return self._components.clock.now().isoformat()

    def move_clock(self, arguments: Arguments) -> None:
        """Move the clock, and fire what is due on the way."""
        self._components.schedule_runner.move_to(datetime.fromisoformat(arguments["to"]))

    def wait(self, _: Arguments) -> None:
        """Return when no asynchronous invocation runs any more."""
        self._components.background_tasks.wait()

    def backdate_key(self, arguments: Arguments) -> None:
        """Make a key as old as said."""
        ministack_internals.backdate_key(
            arguments["access_key_id"], datetime.fromisoformat(arguments["created"])
        )

    def set_last_used(self, arguments: Arguments) -> None:
        """Set when and by what a key was last used; a missing time says never."""
        key_id = arguments["access_key_id"]
        self._components.event_log.last_uses.pop(key_id, None)
        if arguments["at"]:
            use = LastUse(
                at=datetime.fromisoformat(arguments["at"]),
                service=arguments["service"],
                region=arguments["region"],
            )
            self._components.event_log.last_uses[key_id] = use

    def set_confirmed(self, arguments: Arguments) -> None:
        """Confirm a subscription, or let it wait for it."""
        ministack_internals.set_confirmed(arguments["endpoint"], confirmed=arguments["confirmed"])

    def set_function_endpoint(self, arguments: Arguments) -> None:
        """Send functions to AWS by another way, such as a proxy."""
        self._components.pool.endpoint = arguments["url"]

    def set_sleep_speedup(self, arguments: Arguments) -> None:
        """Shorten the pauses that functions make, so many times."""
        self._components.pool.sleep_speedup = arguments["times"]

    def kill_functions(self, _: Arguments) -> int:
        """Kill the functions that run, wherever they are in their work; tell how many."""
        return self._components.pool.kill()

    def role_credentials(self, arguments: Arguments) -> dict[str, str]:
        """Give the credentials of a function's execution role."""
        return ministack_internals.role_credentials(
            ministack_internals.function_record(arguments["function"])
        )

    def invocations(self, _: Arguments) -> list[dict[str, Any]]:
        """List what ran."""
        return [each.to_json() for each in self._components.event_log.invocations]

    def outbox(self, _: Arguments) -> list[dict[str, Any]]:
        """List the messages that SNS took."""
        return [each.to_json() for each in self._components.event_log.messages]


def with_control(app: App, control: Control) -> App:
    """Put the control endpoint in front of an application."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if not path.startswith(PREFIX):
            await app(scope, receive, send)
            return
        arguments = json.loads(await _body(receive) or b"{}")
        status, answer = await asyncio.to_thread(_call, control, path, arguments)
        await _respond(send, status, answer)

    return serve


def _call(control: Control, path: str, arguments: Arguments) -> tuple[HTTPStatus, Any]:
    name = path.removeprefix(PREFIX)
    if name.startswith("_") or not hasattr(control, name):
        return HTTPStatus.NOT_FOUND, {"error": f"no control {name}"}
    try:
        return HTTPStatus.OK, getattr(control, name)(arguments)
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
