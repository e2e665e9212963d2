"""A DNS server of the distribution with the zones of `mail_zones`, started once a worker and only for these tests."""

from collections.abc import Iterator
from datetime import date

import pytest

from beffroi.web.cyber.mail.dns_lookup import Lookup
from beffroi.web.platform.models import Person, Territory
from endings import when_group_ends
from places import a_person, a_territory
from servers import nsd

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


@pytest.fixture
def territory(db: None) -> Territory:
    return a_territory()


@pytest.fixture
def officer(territory: Territory) -> Person:
    return a_person(territory, "security_officer")


@pytest.fixture
def today() -> date:
    return date(2026, 11, 29)
