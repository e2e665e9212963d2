"""Token authentication: a secret matched to its token, its scope restricted, its rate limited.

A request that bears a token works with the rights of the token's person now, cut down to the token's acts and resources,
in the token's territory only. `may` asks `within` for every act, so that services are held to it as pages are.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, Final

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from beffroi.hashing import hash_secret

from .. import scope
from ..access_log.refusals import note_denied
from ..models import ApiToken, Person, Territory

PREFIX: Final = "bft_"  # so that a leaked one can be searched for
TOKEN_ACTS: Final = (
    "territory.enter",
    "dataset.read",
    "dataset.read_personal",
    "dataset.deposit",
    "source.read",
    "board.read",
    "system.read",
    "proposal.read",
    "ledger.read",
)
"""All that a token may ever carry: nothing that decides, publishes, or lets anyone in."""

SERVICE_ACTS: Final = frozenset(TOKEN_ACTS) - {"dataset.read_personal"}
"""All that a service account may ever do, whatever its role: a human reads personal data, for a purpose."""

MAX_PER_MINUTE: Final = 120  # requests that one token may make

_current_token: ContextVar[ApiToken | None] = ContextVar("beffroi_token", default=None)


def find(secret: str) -> ApiToken | None:
    """The token of this secret, if it opens anything today."""
    token = ever_issued(secret)
    return token if token is not None and token.live() else None


def ever_issued(secret: str) -> ApiToken | None:
    """The token of this secret, dead ones included."""
    if not secret.startswith(PREFIX):
        return None
    with scope.nowhere(), scope.host():
        return (
            ApiToken.objects.select_related("person", "territory").filter(digest=hash_secret(secret)).first()
        )


def record_use(token: ApiToken) -> None:
    """Remember the day of the last use: a day is enough to find tokens that serve no more."""
    today = timezone.localdate()
    if token.last_used != today:
        with scope.nowhere(), scope.inside(token.territory):
            ApiToken.objects.filter(pk=token.pk).update(last_used=today)
        token.last_used = today


@contextmanager
def using_token(token: ApiToken | None) -> Iterator[None]:
    """Everything asked inside is asked through this token."""
    previous = _current_token.set(token)
    try:
        yield
    finally:
        _current_token.reset(previous)


def iterate_with_token[T](chunks: Iterable[T], token: ApiToken) -> Iterator[T]:
    """The chunks of an answer that is made while it is sent, each asked for through the token."""
    iterator, end = iter(chunks), object()
    while True:
        with using_token(token):
            chunk = next(iterator, end)
        if chunk is end:
            return
        yield chunk  # type: ignore[misc]


def within(person: Person, act: str, resource: Any) -> bool:
    """Whether this act is within the reach of a service account, and of the token in use, if any."""
    if person.kind == Person.Kind.SERVICE and act not in SERVICE_ACTS:
        return False
    token = _current_token.get()
    if token is None or person.pk != token.person_id:
        return True  # a question about someone else's rights, such as « has this system a supervisor? »
    territory = resource if isinstance(resource, Territory) else resource.territory
    if territory.pk != token.territory_id or act not in TOKEN_ACTS or act not in token.acts:
        return False
    key = key_of(resource)
    return not token.resources or key is None or key in token.resources


def key_of(resource: Any) -> str | None:
    """The key of what a token may be limited to: a dataset, or what belongs to one. None for anything else."""
    if isinstance(resource, Model) and resource._meta.model_name == "dataset":
        return f"dataset:{resource.pk}"
    owner = getattr(resource, "dataset_id", None)
    return f"dataset:{owner}" if owner is not None else None


def check_token_scope(request: HttpRequest, territory: Territory, act: str) -> HttpResponse | None:
    """A token elsewhere than in its territory, or for an act that it does not carry, finds nothing (`guards.register_check`)."""
    token: ApiToken | None = getattr(request, "token", None)
    if token is None or (token.territory_id == territory.pk and act in token.acts and act in TOKEN_ACTS):
        return None
    note_denied(request, territory)
    return HttpResponse(status=404)


class RateLimit:
    """How many requests each token, or another row that lets programs in, made in the running minute, in this process."""

    def __init__(self, max_requests: int = MAX_PER_MINUTE) -> None:
        self.max_requests = max_requests
        self._minute = 0
        self._counts: dict[int, int] = {}
        self._lock = Lock()

    def retry_after(self, token: Model, now: float | None = None) -> int:
        """0 when the request may pass, else the seconds to wait."""
        now = time.time() if now is None else now
        minute = int(now // 60)
        with self._lock:
            if minute != self._minute:
                self._minute, self._counts = minute, {}
            count = self._counts[token.pk] = self._counts.get(token.pk, 0) + 1
        return 0 if count <= self.max_requests else max(1, round((minute + 1) * 60 - now))


rate_limit = RateLimit()
