"""The HTTP server of the emulator."""

import asyncio
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Any, cast

# mypy does not read .venv-emulator, which has hypercorn.
from hypercorn.asyncio import serve as serve_asgi  # type: ignore[import-not-found,unused-ignore]
from hypercorn.config import Config  # type: ignore[import-not-found,unused-ignore]

from local.emulator.control import App
from local.emulator.lambda_pool import ExecutionEnvironmentPool


async def serve(
    app: App, listener: socket.socket, pool: ExecutionEnvironmentPool, *, stop_with_stdin: bool
) -> None:
    """Serve an application until a signal or, if wanted, the end of stdin; then close the pool."""
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.2
    config.accesslog = None
    try:
        await serve_asgi(
            cast("Any", app),  # hypercorn has a type for each kind of message
            config,
            shutdown_trigger=_stop_trigger(until_stdin_closes=stop_with_stdin),
        )
    finally:
        # Running functions are killed first. Their requests would get no response, and the threads
        # that wait for the functions would keep this process alive.
        pool.close()


def _stop_trigger(*, until_stdin_closes: bool) -> Callable[[], Awaitable[object]]:
    """Return a coroutine function that waits for a signal or, if wanted, the end of stdin."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if until_stdin_closes:

        def watch() -> None:
            sys.stdin.read()
            loop.call_soon_threadsafe(stop.set)

        threading.Thread(target=watch, daemon=True).start()
    return stop.wait
