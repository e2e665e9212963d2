"""Fair queueing of requests: each takes a slot in its lane, so that the load of one territory does not delay the others.

The lane of `/t/<slug>/` is the territory's for who was let in there before; for anyone else it is that of their address:
strangers who flood a territory's addresses take no place from its people. Too many: 429, with a plain French page.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from ..http.client_address import address_of
from ..http.request_body import content_length, discard_unread
from ..jobs import TooManyJobs
from .fair_queue import FairQueue, Full, Ticket

EXEMPT = ("/sante/",)
LIGHT = "/cartes/"  # tiles are read from one file like static ones; a map asks for a dozen at once and never again
RETRY_AFTER = "2"  # seconds
LARGE = 256 << 10  # bytes: a file that is being sent takes its time, in a lane beside
MAX_SESSIONS = 20_000
BUSY = (
    "Beaucoup de demandes arrivent en même temps. La vôtre n'a pas été traitée ; ce qui était enregistré l'est toujours. "
    "Rechargez la page dans quelques secondes."
)
queue = FairQueue()
_ticket: ContextVar[Ticket | None] = ContextVar("ticket", default=None)


class KnownSessions:
    """Which territories each session was let into, as this process has seen it: the lanes that it may use."""

    def __init__(self, most: int = MAX_SESSIONS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._slugs: OrderedDict[str, tuple[str, ...]] = OrderedDict()

    def learn(self, session: str, slug: str) -> None:
        with self._lock:
            known = self._slugs.get(session, ())
            if slug not in known:
                self._slugs[session] = (*known, slug)
            self._slugs.move_to_end(session)
            if len(self._slugs) > self._most:
                self._slugs.popitem(last=False)

    def of(self, session: str) -> tuple[str, ...]:
        with self._lock:
            return self._slugs.get(session, ())


known = KnownSessions()


@contextmanager
def release_slot() -> Iterator[None]:
    """While another process works for this request, others may work here."""
    ticket = _ticket.get()
    if ticket is None:
        yield
        return
    with queue.released(ticket):
        yield


def lane_of(request: HttpRequest) -> str:
    session = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    slugs = known.of(session) if session else ()
    slug = _slug(request)
    if slug and slug in slugs:
        lane = f"t/{slug}"
    elif slugs and not slug:
        lane = f"t/{slugs[0]}"  # one's account, the way in: pages of a person who is at home somewhere
    else:
        lane = f"visitor/{address_of(request)}"
    return f"{lane}/files" if content_length(request) > LARGE else lane


def _slug(request: HttpRequest) -> str:
    root, _, rest = request.path_info.lstrip("/").partition("/")
    return rest.partition("/")[0] if root == "t" else ""


class InTurn:
    """The chunks of a long answer, each made in its turn; while the visitor reads one, others work."""

    def __init__(self, chunks: Iterator[bytes], ticket: Ticket) -> None:
        self._chunks, self._ticket, self._over = chunks, ticket, False

    def __iter__(self) -> "InTurn":
        return self

    def __next__(self) -> bytes:
        queue.resume(self._ticket)
        token = _ticket.set(self._ticket)
        try:
            return next(self._chunks)
        finally:
            _ticket.reset(token)
            queue.pause(self._ticket)

    def close(self) -> None:
        if not self._over:
            self._over = True
            queue.leave_paused(self._ticket)


def _in_turn(response: HttpResponse, ticket: Ticket) -> HttpResponse:
    try:
        queue.move_to_downloads(ticket, f"{ticket.lane.name}/files")
    except Full:
        response.close()
        return _too_many_requests(BUSY)
    response.streaming_content = InTurn(iter(response.streaming_content), ticket)  # type: ignore[attr-defined]
    return response


def _discard_unread(request: HttpRequest, ticket: Ticket) -> None:
    """What nobody read of the body, at its sender's pace while others work; not beyond the long transfers of one lane."""
    try:
        queue.move_to_downloads(ticket, f"{ticket.lane.name}/files")
    except Full:
        return
    try:
        discard_unread(request)
    finally:
        queue.leave_paused(ticket)


class FairQueueMiddleware:
    """After the static files, before all the rest."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in EXEMPT or request.path_info.startswith(LIGHT):
            return self.get_response(request)
        try:
            ticket = queue.enter(lane_of(request))
        except Full:
            return _too_many_requests(BUSY)
        token = _ticket.set(ticket)
        owns_slot = True
        try:
            response = self.get_response(request)
            if response.streaming:
                owns_slot = False
                response = _in_turn(response, ticket)
            elif content_length(request):
                owns_slot = False
                _discard_unread(request, ticket)
        finally:
            _ticket.reset(token)
            if owns_slot:
                queue.leave(ticket)
        self._learn(request)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A queue that is full is told on a page of its own, whatever asked for the work."""
        return _too_many_requests(str(error)) if isinstance(error, TooManyJobs) else None

    def _learn(self, request: HttpRequest) -> None:
        """Who was let into a territory's pages, by the guard that opened them."""
        slug, territory = _slug(request), getattr(request, "territory", None)
        if slug and territory is not None and request.user.is_authenticated and request.session.session_key:
            known.learn(request.session.session_key, territory.slug)


@lru_cache(maxsize=4)
def _page(message: str) -> str:
    """Made once: to refuse must cost next to nothing."""
    return render_to_string("429.html", {"message": message})


def _too_many_requests(message: str) -> HttpResponse:
    response = HttpResponse(_page(message), status=429)
    response.headers["Retry-After"] = RETRY_AFTER
    response.headers["Cache-Control"] = "no-store"
    return response
