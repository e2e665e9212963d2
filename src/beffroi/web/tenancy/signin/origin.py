"""Where a session comes from, when an identity provider opened it: which territory's, and what it said.

Kept in the session (on the server); written once the person is in, so that a failed sign-in leaves nothing.
"""

import time
from typing import TypedDict

from django.http import HttpRequest

KEY = "beffroi_provider"


class ProviderSession(TypedDict):
    """What opened the session; `id_token` is kept for the provider's own sign-out."""

    provider: str
    territory: int
    person: int
    second_factor: bool
    at: float
    id_token: str
    sid: str
    sub: str
    end_session: str


def provider_session(request: HttpRequest) -> ProviderSession | None:
    stored = request.session.get(KEY)
    if not isinstance(stored, dict) or stored.get("person") != request.user.pk:
        return None
    return stored  # type: ignore[return-value]


def write(request: HttpRequest, opened: ProviderSession) -> None:
    request.session[KEY] = opened


def now() -> float:
    return time.time()
