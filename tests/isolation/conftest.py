"""The world of the isolation suite, built once and taken back whole at its end."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from beffroi.home import Home
from workshop.tiny import installed

from .visitors import Attempts
from .world import World, build, check_distinct


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker holds the world: it is built once. Each test rolls back what it did in it.

    On PostgreSQL nothing else runs beside: two workers share the tests, each with a cluster and a world of its own.
    """
    worlds = 2 if os.environ.get("BEFFROI_TEST_DATABASE") == "postgresql" else 1
    ours = [item for item in items if "tests/isolation/" in item.nodeid]
    for number, item in enumerate(ours):
        item.add_marker(pytest.mark.xdist_group(f"isolation-{number % worlds}"))
        item.add_marker(pytest.mark.django_db)


@pytest.fixture(scope="package")
def world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Everything happens in one transaction, which is rolled back: the ledger's lines could not be deleted."""
    folder = tmp_path_factory.mktemp("isolation")
    kept, settings.HOME = settings.HOME, Home(folder / "home")
    settings.HOME.create(demo=False)
    whole = transaction.atomic()
    whole._from_testcase = True  # type: ignore[attr-defined]  # a durable transaction may begin inside, as in Django's own tests
    try:
        with installed(folder / "third-party"), django_db_blocker.unblock(), whole:
            made = build()
            check_distinct(made)
            yield made
            transaction.set_rollback(True)
    finally:
        settings.HOME = kept


@pytest.fixture(scope="package")
def everyone(world: World) -> Attempts:
    """The visitors, signed in once."""
    return Attempts(world)


@pytest.fixture
def attempts(everyone: Attempts, record_property: Any) -> Iterator[Attempts]:
    """The visitors; what a test tried is counted for the summary."""
    before = everyone.count
    yield everyone
    record_property("attempts", everyone.count - before)


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many attempts were made."""
    reports = [
        r for rs in terminalreporter.stats.values() for r in rs if getattr(r, "when", "") == "teardown"
    ]
    total = sum(n for r in reports for k, n in r.user_properties if k == "attempts")
    if total:
        terminalreporter.write_line(f"isolation: {total} attempts")
