"""Fair queue with one lane a territory: few requests run at once, granted in rotation; a lane that is too long is refused.

In: the name of a lane. Out: a ticket, held while the request works; or `Full`. Python runs one thread at a time, so that
what matters is not how many wait but how many of one territory are at work beside another's.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class Full(Exception):
    """Too many requests of this lane wait already."""


@dataclass(frozen=True)
class Bounds:
    """`at_work`: requests at work in all. `single_lane`, `each_lane`: those of one lane, when it is the only one that asks or
    not. `in_line`: those of one lane that wait or rest. `inside`: all of them; the threads of the server are a few more.
    """

    at_work: int = 8
    single_lane: int = 4
    each_lane: int = 1
    in_line: int = 8
    inside: int = 28
    crowd: int = 3  # waiting in one lane: it works only while no other does, or once its first has waited for `patience`
    patience: float = 1.0
    downloads: int = 4  # of one lane at a time
    quiet: float = 2.0  # seconds without a request, after which a lane is not counted any more


@dataclass
class Lane:
    name: str
    waiting: deque["Ticket"] = field(default_factory=deque)
    at_work: int = 0
    paused: int = 0
    seen: float = 0.0
    brief: bool = True  # what rests here waits for this machine, not for a visitor who reads a long answer
    served: int = 0  # the rank of its last turn; a lane that just came goes before those that were served

    @property
    def length(self) -> int:
        return len(self.waiting) + self.paused


class Ticket:
    """The place of one request: it waits, works, rests while another process works for it, and leaves."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.since = time.monotonic()
        self.granted = threading.Event()
        self.refused = self.was_paused = False


class FairQueue:
    def __init__(self, bounds: Bounds | None = None) -> None:
        self.bounds = bounds or Bounds()
        self._lock = threading.Lock()
        self._lanes: dict[str, Lane] = {}
        self._turns = 0

    def enter(self, name: str) -> Ticket:
        """Wait for one's turn. Raises Full, at once or when a shorter lane needs the place."""
        with self._lock:
            self._forget_quiet()
            lane = self._lanes.setdefault(name, Lane(name))
            lane.seen = time.monotonic()
            if lane.length >= self.bounds.in_line or not self._room_for(lane):
                raise Full(name)
            ticket = Ticket(lane)
            lane.waiting.append(ticket)
            self._grant()
        ticket.granted.wait()
        if ticket.refused:
            raise Full(name)
        return ticket

    def leave(self, ticket: Ticket) -> None:
        with self._lock:
            ticket.lane.at_work -= 1
            self._grant()

    @contextmanager
    def released(self, ticket: Ticket) -> Iterator[None]:
        """Let others work while this request waits for another process; then be the first of its lane."""
        self.pause(ticket)
        try:
            yield
        finally:
            self.resume(ticket)

    def pause(self, ticket: Ticket) -> None:
        with self._lock:
            ticket.lane.at_work -= 1
            ticket.lane.paused += 1
            ticket.was_paused = True
            ticket.granted.clear()
            self._grant()

    def resume(self, ticket: Ticket) -> None:
        with self._lock:
            ticket.lane.paused -= 1
            ticket.since = time.monotonic()
            ticket.lane.waiting.appendleft(ticket)
            self._grant()
        ticket.granted.wait()

    def move_to_downloads(self, ticket: Ticket, name: str) -> None:
        """Move a ticket, paused, to the lane of the long answers. Raises Full; the ticket is then left."""
        with self._lock:
            ticket.lane.at_work -= 1
            lane = self._lanes.setdefault(name, Lane(name))
            lane.brief = False
            full = lane.length + lane.at_work >= self.bounds.downloads
            if not full:
                ticket.lane, ticket.was_paused = lane, True
                ticket.granted.clear()
                lane.paused += 1
            self._grant()
        if full:
            raise Full(name)

    def leave_paused(self, ticket: Ticket) -> None:
        with self._lock:
            ticket.lane.paused -= 1
            self._grant()

    def _grant(self) -> None:
        """Give the free places: each to the lane that was served least recently."""
        at_work = sum(lane.at_work for lane in self._lanes.values())
        share = self.bounds.each_lane if self._asking() > 1 else self.bounds.single_lane
        while at_work < self.bounds.at_work:
            ready = (
                one
                for one in self._lanes.values()
                if one.waiting
                and one.at_work < share
                and not (self._others_pass(one) and self._gives_way(one))
            )
            lane = min(ready, key=lambda one: one.served, default=None)
            if lane is None:
                return
            self._turns += 1
            lane.served = self._turns
            lane.at_work += 1
            at_work += 1
            lane.waiting.popleft().granted.set()

    def _others_pass(self, lane: Lane) -> bool:
        """Whether another lane works here, or waits for a query process: a page is one with the queries that it asks."""
        return any(
            one.at_work or (one.paused and one.brief) for one in self._lanes.values() if one is not lane
        )

    def _gives_way(self, lane: Lane) -> bool:
        """A crowd lets the others through: for those few, the processor is as if they were alone."""
        waited = time.monotonic() - lane.waiting[0].since
        return len(lane.waiting) >= self.bounds.crowd and waited < self.bounds.patience

    def _asking(self) -> int:
        since = time.monotonic() - self.bounds.quiet
        return sum(1 for lane in self._lanes.values() if lane.at_work or lane.length or lane.seen > since)

    def _room_for(self, lane: Lane) -> bool:
        """When every thread is taken, the longest lane gives up its last place to a shorter one."""
        if sum(one.at_work + one.length for one in self._lanes.values()) < self.bounds.inside:
            return True
        longest = max(self._lanes.values(), key=lambda one: len(one.waiting))
        if not longest.waiting or longest.length <= lane.length + 1:
            return False
        last = longest.waiting[-1]
        if last.was_paused:  # it has begun: it will be let through
            return False
        longest.waiting.pop()
        last.refused = True
        last.granted.set()
        return True

    def _forget_quiet(self) -> None:
        since = time.monotonic() - self.bounds.quiet
        for name in [
            n for n, one in self._lanes.items() if not (one.at_work or one.length) and one.seen < since
        ]:
            del self._lanes[name]
