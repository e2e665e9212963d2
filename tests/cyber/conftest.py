"""A town, who follows its security, and the real servers of these tests: each starts once a worker, and only for them."""

from collections.abc import Iterator
from datetime import date

import pytest

from beffroi.web.cyber.mail.dns_lookup import Lookup
from beffroi.web.platform.models import Person, Territory
from endings import when_group_ends
from places import a_person, a_territory
from servers import NotHere, nginx, nsd

from . import mail_zones

GROUP = "mail-dns"


@pytest.fixture(scope="session")
def dns_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """It starts a process: what the resolver says of errors, of long texts and of names that are not there is the real thing."""
    served = nsd.serving(tmp_path_factory.mktemp("zones"), mail_zones.ZONES, mail_zones.BROKEN)
    port = served.__enter__()
    end = when_group_ends(GROUP, lambda: served.__exit__(None, None, None))
    yield port
    end()


@pytest.fixture
def lookup(dns_port: int) -> Lookup:
    return Lookup(nsd.ADDRESS, dns_port)


@pytest.fixture(scope="session")
def web_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[nginx.Nginx]:
    """The real server, once a worker: redirections, statuses and headers are its own."""
    try:
        with nginx.serving(tmp_path_factory.mktemp("nginx") / "www", 6) as served:
            yield served
    except NotHere as absent:
        pytest.skip(f"{absent} is not on this machine (deploy/setup-tests)")


@pytest.fixture
def site(web_server: nginx.Nginx, settings) -> Iterator[nginx.Site]:
    """One site, empty and allowed by the operator; its pages go with the test."""
    one = web_server.sites[0]
    settings.ALLOWED_HOSTS_OUT = [each.host for each in web_server.sites]
    yield one
    for path in sorted(one.folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


@pytest.fixture
def territory(db: None) -> Territory:
    return a_territory()


@pytest.fixture
def officer(territory: Territory) -> Person:
    return a_person(territory, "security_officer")


@pytest.fixture
def today() -> date:
    return date(2026, 11, 29)
