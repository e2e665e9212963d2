"""How often an address may write to a territory without an account: enough for a family, too little for a flood.

Kept in the memory of this process, never written down. In: an address. Out: the seconds to wait, 0 when it may pass.
"""

import time
from threading import Lock

A_WINDOW = 3600  # seconds


class RateLimit:
    """At most `most` marks an address within the running window."""

    def __init__(self, most: int, window: int = A_WINDOW) -> None:
        self.most, self.window = most, window
        self._current = 0
        self._counts: dict[str, int] = {}
        self._lock = Lock()

    def wait(self, address: str, now: float | None = None) -> int:
        """Seconds before this address may try again; counts nothing."""
        now = time.time() if now is None else now
        with self._lock:
            self._turn(now)
            full = self._counts.get(address, 0) >= self.most
            return max(1, round((self._current + 1) * self.window - now)) if full else 0

    def mark(self, address: str, now: float | None = None) -> None:
        with self._lock:
            self._turn(time.time() if now is None else now)
            self._counts[address] = self._counts.get(address, 0) + 1

    def _turn(self, now: float) -> None:
        current = int(now // self.window)
        if current != self._current:
            self._current, self._counts = current, {}


contestations = RateLimit(10)
wrong_codes = RateLimit(20)
