"""The world of the isolation suite, built once and taken back whole at its end."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from beffroi.home import Home
from beffroi.web.platform.jobs import queue
from beffroi.web.platform.rights import active_roles
from rings import LONG
from workshop.tiny import installed

from .pages import Offer, explore, route_of
from .routes import Route
from .visitors import Attempts, strongest
from .world import World, build, check_distinct

# What a room proves of itself besides its own attempts: that nothing was forgotten.
_OF_EVERY_ROOM = (
    "test_every_model_says_whose_its_rows_are",
    "test_every_route_says_the_right_it_needs",
    "test_the_arguments_of_every_kind_of_job",
    "test_no_page_that_links_and_forms_lead_to_reads_a_label_as_markup",
    "test_a_label_of_each_kind_is_shown",
    "test_the_world_holds_rows_of_every_model",
)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups and the rooms are chosen
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker holds the world: it is built once. Each test rolls back what it did in it.

    On PostgreSQL and at length nothing else fills the other worker: two share the tests, each with a world of its own.
    """
    worlds = 2 if LONG or os.environ.get("BEFFROI_TEST_DATABASE") == "postgresql" else 1
    ours = [item for item in items if "tests/isolation/" in item.nodeid]
    for number, item in enumerate(ours):
        item.add_marker(pytest.mark.xdist_group(f"isolation-{number % worlds}"))
    rooms = {item: _rooms_tried(item) for item in ours}
    everywhere = set[str]().union(*rooms.values())
    for item, tried in rooms.items():
        item.add_marker(pytest.mark.room(*(everywhere if item.name.startswith(_OF_EVERY_ROOM) else tried)))


def _rooms_tried(item: pytest.Item) -> set[str]:
    """The rooms where the route, the model or the kind of job that a test tries is written."""
    given = item.callspec.params if hasattr(item, "callspec") else {}
    if isinstance(route := given.get("route"), Route):
        return {_room(route.module)} | ({"api"} if route.api else set())
    if "model" in given:
        return {_room(given["model"].__module__)}
    return {_room(queue._kinds[given["kind"]].__module__)} if "kind" in given else set()


def _room(module: str) -> str:
    """`catalogue`, of `beffroi.web.catalogue.pages`."""
    return module.removeprefix("beffroi.web.").partition(".")[0]


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
            with active_roles.cache_for_request():
                made = build()
            check_distinct(made)
            connection.check_constraints()
            yield made
            transaction.set_rollback(True)
    finally:
        settings.HOME = kept


@pytest.fixture(autouse=True)
def undone_in_the_world(world: World, django_db_blocker: Any) -> Iterator[None]:
    """Each test rolls back what it did, for less than pytest-django's `db`, which checks each key of the whole world after each test."""
    test = transaction.atomic()
    test._from_testcase = True  # type: ignore[attr-defined]
    with django_db_blocker.unblock(), test:
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="package")
def everyone(world: World) -> Iterator[Attempts]:
    """The visitors, signed in once. After their last attempt, nothing of B has moved."""
    made = Attempts(world)
    yield made
    made.compare()


@pytest.fixture(scope="package")
def offers(everyone: Attempts) -> tuple[Offer, Offer]:
    """What A's pages and B's pages offer to who holds every role there."""

    def open_a(url: str) -> str:
        return everyone.page(strongest(route_of(url) or ""), url).html

    def open_b(url: str) -> str:
        return everyone.page("neighbour", url, may_change_b=True).html

    here = explore(open_a, everyone.world.a)
    # In the quick ring, a page where A's offers nothing is not opened in B.
    return here, explore(open_b, everyone.world.b, None if LONG else here.pages)


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
