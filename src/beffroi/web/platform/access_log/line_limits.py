"""Limits on the lines that refusals write in the access log: enough to see an attack, too few to fill the disk.

In: a kind and an address. Out: whether its line is written; the others are counted, and one line a minute says how many.
The site is one process: its memory is where all are counted.
"""

import time
from collections import Counter
from threading import Lock

A_MINUTE = 20
"""Lines of one kind from one address."""
AN_HOUR = 300
"""Lines of one kind from all addresses."""

type Source = tuple[str, str]
"""The kind and the address; no address for what came from too many of them."""


class LineLimits:
    def __init__(self) -> None:
        self._lock = Lock()
        self._minute = self._hour = 0
        self._written: Counter[Source] = Counter()
        self._in_hour: Counter[str] = Counter()
        self._skipped: Counter[Source] = Counter()

    def admit(self, kind: str, address: str, now: float | None = None) -> bool:
        """Whether this line may be written."""
        with self._lock:
            self._turn(time.time() if now is None else now)
            crowd = self._in_hour[kind] >= AN_HOUR
            if crowd or self._written[kind, address] >= A_MINUTE:
                self._skipped[kind, "" if crowd else address] += 1
                return False
            self._written[kind, address] += 1
            self._in_hour[kind] += 1
            return True

    def take_skipped(self, now: float | None = None) -> Counter[Source]:
        """How many lines were not written in the minutes that are over, told once."""
        with self._lock:
            if int((time.time() if now is None else now) // 60) == self._minute:
                return Counter()
            skipped, self._skipped = self._skipped, Counter()
            return skipped

    def _turn(self, now: float) -> None:
        minute, hour = int(now // 60), int(now // 3600)
        if minute != self._minute:
            self._minute = minute
            self._written.clear()
        if hour != self._hour:
            self._hour = hour
            self._in_hour.clear()
