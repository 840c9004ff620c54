"""The throttle of one API action."""

import time


class TokenBucket:
    """A token bucket that holds the tokens of one second."""

    def __init__(self, rate: float) -> None:
        """Start full; `rate` tokens are added per second."""
        self._rate = rate
        self._tokens = rate
        self._updated = time.monotonic()

    def take(self) -> bool:
        """Take a token; return whether there was one."""
        now = time.monotonic()
        self._tokens = min(self._rate, self._tokens + (now - self._updated) * self._rate)
        self._updated = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
