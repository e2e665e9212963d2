"""Who waits for a query process, and whose turn it is: one line a territory, served in rotation.

In: callers, each with the name of its line; which territories are being served. Out: the next caller, or a French refusal
for who finds its line full. A territory never holds every process, unless there is only one; beside others that ask too, one.
"""

import select
import socket
import struct
import time
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence

from beffroi.recipes import wire
from beffroi.recipes.errors import QueryRefused

MOST_WAITING = 16
MOST_IN_ALL = 200
QUIET = 10.0
"""Seconds after which a territory that asks nothing is not counted as asking."""
_HEAD = struct.calcsize(">Q")


class Caller:
    """A connection that arrives: it says the name of its line first, and is not read any further here."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.line = ""
        self._heard = bytearray()

    def read_name(self) -> bool | None:
        """True once the name is known, None when more is to come, False for who went away or talks nonsense."""
        try:
            while len(self._heard) < (wanted := self._wanted()):
                if wanted > _HEAD + wire.LONGEST_NAME:
                    return False
                part = self.connection.recv(wanted - len(self._heard))
                if not part:
                    return False
                self._heard += part
        except BlockingIOError:
            return None
        except OSError:
            return False
        self.line = self._heard[_HEAD:].decode("utf-8", "replace")
        return True

    def _wanted(self) -> int:
        """Never a byte more than the name: what follows is for the process that will answer."""
        known = len(self._heard) >= _HEAD
        return _HEAD + (struct.unpack_from(">Q", self._heard)[0] if known else 0)

    @property
    def is_disconnected(self) -> bool:
        """Whether the other side closed: nobody is there to read an answer."""
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


class Lines:
    """The callers that wait. `processes`: how many there are to serve them."""

    def __init__(self, processes: int) -> None:
        self._max_share = max(1, processes - 1)
        self._seen: dict[str, float] = {}
        self._waiting: OrderedDict[str, deque[Caller]] = OrderedDict()

    def join(self, caller: Caller) -> str | None:
        """Wait, or be told why not."""
        self._seen[caller.line] = time.monotonic()
        line = self._waiting.setdefault(caller.line, deque())
        if len(line) >= MOST_WAITING or sum(map(len, self._waiting.values())) >= MOST_IN_ALL:
            self._forget_empty()
            return (
                "Trop d'analyses de votre territoire attendent déjà : celle-ci n'a pas été lancée. Vos données sont "
                "intactes. Recommencez dans un moment."
            )
        line.append(caller)
        return None

    def next(self, served: Sequence[str]) -> Caller | None:
        """The first caller of the line served least recently, among those that do not hold their share already."""
        share = self._share()
        for name in list(self._waiting):
            if served.count(name) >= share:
                continue
            while line := self._waiting[name]:
                caller = line.popleft()
                if caller.is_disconnected:
                    caller.connection.close()
                    continue
                self._waiting.move_to_end(name)
                self._forget_empty()
                return caller
        self._forget_empty()
        return None

    def _share(self) -> int:
        """How many processes one line may hold now."""
        since = time.monotonic() - QUIET
        self._seen = {name: at for name, at in self._seen.items() if at > since}
        return 1 if len(self._seen) > 1 else self._max_share

    def drop_disconnected(self) -> None:
        """Those who went away leave their place to others."""
        for line in self._waiting.values():
            for caller in [one for one in line if one.is_disconnected]:
                line.remove(caller)
                caller.connection.close()
        self._forget_empty()

    def everyone(self) -> Iterator[Caller]:
        for line in self._waiting.values():
            yield from line

    def _forget_empty(self) -> None:
        for name in [name for name, line in self._waiting.items() if not line]:
            del self._waiting[name]
