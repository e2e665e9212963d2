"""Each test of the API has an empty home of its own, a town and its people, and calls as a program does."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from beffroi.web.platform.api import authentication
from beffroi.web.platform.models import Person, Territory
from own_home import agent, home, steward, town  # noqa: F401  fixtures
from places import a_person


@pytest.fixture(autouse=True)
def rate_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test counts the requests from nothing."""
    monkeypatch.setattr(authentication, "rate_limit", authentication.RateLimit())


@pytest.fixture
def keeper(town: Territory) -> Person:  # noqa: F811
    return a_person(town, "administrator")


@pytest.fixture
def program(client: Client) -> Callable[..., Any]:
    """`program(secret)` gives get and post that bear this token."""

    class Program:
        def __init__(self, secret: str) -> None:
            self.headers = {"Authorization": f"Bearer {secret}"}

        def get(self, path: str, **query: Any) -> Any:
            return client.get(f"/api/v1/{path}", query, headers=self.headers)

        def post(self, path: str, **data: Any) -> Any:
            return client.post(f"/api/v1/{path}", data, headers=self.headers)

    return Program
