"""A town whose sites the distribution's nginx serves, and who follows its security."""

from collections.abc import Iterator

import pytest

from beffroi.web.platform.models import Person, Territory
from places import a_person, a_territory
from servers import NotHere, nginx


@pytest.fixture(scope="session")
def web_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[nginx.Nginx]:
    """The real server, once a worker: redirections, statuses and headers are its own."""
    try:
        with nginx.serving(tmp_path_factory.mktemp("nginx") / "www", 6) as served:
            yield served
    except NotHere as absent:
        pytest.skip(f"{absent} is not on this machine (deploy/setup-tests)")


@pytest.fixture
def territory() -> Territory:
    return a_territory()


@pytest.fixture
def officer(territory: Territory) -> Person:
    return a_person(territory, "security_officer")


@pytest.fixture
def site(web_server: nginx.Nginx, settings) -> Iterator[nginx.Site]:
    """One site, empty and allowed by the operator; its pages go with the test."""
    one = web_server.sites[0]
    settings.ALLOWED_HOSTS_OUT = [each.host for each in web_server.sites]
    yield one
    for path in sorted(one.folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
