"""What every test may ask for: the real files where present, a browser."""

import gc
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

# One browser a process, whichever folder asks: Playwright refuses a second one.
pytest_plugins = ["blank", "browser", "costs", "endings", "house", "selection"]

ROOT = Path(__file__).resolve().parent.parent

MEMORY = Path("/dev/shm")
ROOM = 6 << 30  # of which a run writes one


def _available_memory() -> int:
    told = dict(line.split(":") for line in Path("/proc/meminfo").read_text("ascii").splitlines())
    return int(told["MemAvailable"].split()[0]) * 1024


# The folders of tests are in memory where there is room: the disk makes them wait a fifth of their time, at each file made to last.
if MEMORY.is_dir() and min(shutil.disk_usage(MEMORY).free, _available_memory()) > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# The modules of tests, rewritten by pytest for their assertions, are kept: to do it again takes each worker eight seconds.
sys.dont_write_bytecode = False


if os.environ.get("BEFFROI_TEST_DATABASE") == "postgresql":

    @pytest.fixture(scope="session")
    def django_db_setup(django_db_blocker: DjangoDbBlocker) -> None:
        """The owner makes the tables as `beffroi init` does; the tests then run under the application's role."""
        from django.core.management import call_command

        from beffroi.web.platform.postgresql import owner

        with django_db_blocker.unblock(), owner.as_owner():
            call_command("migrate", interactive=False, verbosity=0)
            owner.protect()

else:

    @pytest.fixture(scope="session")
    def django_db_setup(
        django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
    ) -> Iterator[None]:
        """A copy of the database that the migrations make: they are run once, not by each worker of each run."""
        from django.db import connection

        import migrated

        name = connection.settings_dict["TEST"]["NAME"]
        shutil.copyfile(migrated.database(), name)
        connection.close()
        connection.settings_dict["NAME"] = name
        yield
        with django_db_blocker.unblock():
            connection.close()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays until the end: the garbage collector is not to look at it over and over, six seconds a worker."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who shares what a module makes once goes to one worker, unless it has a group already: two would make it twice."""
    for item in items:
        if not item.get_closest_marker("xdist_group") and _shares_with_its_module(item):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def _shares_with_its_module(item: pytest.Item) -> bool:
    held = getattr(item, "_fixtureinfo", None)
    made = held.name2fixturedefs.values() if held else ()
    return any(definition.scope == "module" for definitions in made for definition in definitions)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to begin when xdist lost the groups: each worker would serve every town, and what must run alone would not."""
    if not session.config.getoption("loadgroup", default=False):
        return
    for item in session.items:
        if item.get_closest_marker("xdist_group") and "@" not in item.nodeid.rpartition("]")[2]:
            raise pytest.UsageError(f"pytest-xdist does not see the group of {item.nodeid}")


@pytest.fixture(autouse=True, scope="session")
def signing_in_beside_the_steps() -> Iterator[None]:
    """A test may sign in before its set-up is done."""
    from django.test import Client

    from replay import beside

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "force_login", beside(Client.force_login))
        yield


@pytest.fixture(autouse=True, scope="session")
def papers_are_examined() -> None:
    """A test that has a faulty PDF made fails."""
    from support import papers

    papers.install()


@pytest.fixture(autouse=True)
def outside_of_all() -> Iterator[None]:
    """A test starts in no territory, whatever the one before left open."""
    import replay
    from beffroi.web.platform import scope
    from beffroi.web.platform.access_log import journal, line_limits
    from beffroi.web.platform.ledger import memo

    replay.at_the_start()
    memo.clear()  # lines that are replayed have the same hash in every test
    journal.limits = line_limits.LineLimits()
    with scope.nowhere():
        yield


@pytest.fixture(autouse=True)
def emptied_journal(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that commits empties the tables after it: its journal of access first, whose rows the database holds fast."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    from django.db import connection

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'platform_accessevent_no_delete'")
            (rule,) = cursor.fetchone()
            cursor.execute("DROP TRIGGER platform_accessevent_no_delete")
            cursor.execute("DELETE FROM platform_accessevent")
            cursor.execute(rule)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real files, or a skip that says where it was looked for."""
    folder = Path(os.environ.get("BEFFROI_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real files absent: {folder} (set BEFFROI_REAL_DATA)")
    return folder
