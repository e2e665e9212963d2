"""Fair queue of the query processes: one queue a territory, served in rotation.

In: callers, each with its territory; which territories are being served. Out: the next caller, or a French refusal when
its queue is full. A territory never takes every process, unless there is only one; while others are active, a single one.
"""

import select
import socket
import struct
import time
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence

from beffroi.recipes import wire
from beffroi.recipes.errors import QueryRefused

MAX_WAITING = 16
MAX_WAITING_TOTAL = 200
ACTIVE_SECONDS = 10.0
"""Seconds after its last request during which a territory counts as active."""
_HEAD = struct.calcsize(">Q")


class Caller:
    """Incoming connection: it sends its territory first; the rest is left for the process that serves it."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.territory = ""
        self._buffer = bytearray()

    def read_territory(self) -> bool | None:
        """True once the territory is known, None when more is to come, False for a disconnected or invalid client."""
        try:
            while len(self._buffer) < (wanted := self._expected_length()):
                if wanted > _HEAD + wire.MAX_NAME_BYTES:
                    return False
                part = self.connection.recv(wanted - len(self._buffer))
                if not part:
                    return False
                self._buffer += part
        except BlockingIOError:
            return None
        except OSError:
            return False
        self.territory = self._buffer[_HEAD:].decode("utf-8", "replace")
        return True

    def _expected_length(self) -> int:
        """Length of the name, never a byte more: what follows is for the serving process."""
        known = len(self._buffer) >= _HEAD
        return _HEAD + (struct.unpack_from(">Q", self._buffer)[0] if known else 0)

    @property
    def is_disconnected(self) -> bool:
        """Whether the other side closed: nobody would read an answer."""
        watch = select.poll()
        watch.register(self.connection, select.POLLRDHUP)
        return any(event & (select.POLLRDHUP | select.POLLHUP | select.POLLERR) for _, event in watch.poll(0))

    def refuse(self, message: str) -> None:
        with self.connection:
            self.connection.settimeout(0.5)  # its answer is small: the socket's own buffer takes it
            try:
                wire.send_error(self.connection, QueryRefused(message))
            except OSError:
                return


class FairQueue:
    """Waiting callers by territory. `processes`: how many there are to serve them."""

    def __init__(self, processes: int) -> None:
        self._max_share = max(1, processes - 1)
        self._last_request: dict[str, float] = {}
        self._waiting: OrderedDict[str, deque[Caller]] = OrderedDict()

    def enqueue(self, caller: Caller) -> str | None:
        """Add a caller; returns a French refusal when its queue is full."""
        self._last_request[caller.territory] = time.monotonic()
        callers = self._waiting.setdefault(caller.territory, deque())
        if len(callers) >= MAX_WAITING or sum(map(len, self._waiting.values())) >= MAX_WAITING_TOTAL:
            self._drop_empty()
            return (
                "Trop d'analyses de votre territoire attendent déjà : celle-ci n'a pas été lancée. Vos données sont "
                "intactes. Recommencez dans un moment."
            )
        callers.append(caller)
        return None

    def dequeue(self, served: Sequence[str]) -> Caller | None:
        """First caller of the territory served least recently, among those below their share."""
        share = self._share()
        for name in list(self._waiting):
            if served.count(name) >= share:
                continue
            while callers := self._waiting[name]:
                caller = callers.popleft()
                if caller.is_disconnected:
                    caller.connection.close()
                    continue
                self._waiting.move_to_end(name)
                self._drop_empty()
                return caller
        self._drop_empty()
        return None

    def _share(self) -> int:
        """How many processes one territory may use now."""
        since = time.monotonic() - ACTIVE_SECONDS
        self._last_request = {name: at for name, at in self._last_request.items() if at > since}
        return 1 if len(self._last_request) > 1 else self._max_share

    def drop_disconnected(self) -> None:
        """Remove the callers that disconnected."""
        for callers in self._waiting.values():
            for caller in [one for one in callers if one.is_disconnected]:
                callers.remove(caller)
                caller.connection.close()
        self._drop_empty()

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting)

    def waiting_callers(self) -> Iterator[Caller]:
        for callers in self._waiting.values():
            yield from callers

    def _drop_empty(self) -> None:
        for name in [name for name, callers in self._waiting.items() if not callers]:
            del self._waiting[name]
