"""The servers that the tests of sources talk to, one a session, and what they share."""

from collections.abc import Iterator

import pytest

from servers import NotHere, mariadb, postgis


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgis.Listening]:
    try:
        with postgis.listening() as served:
            yield served
    except NotHere as error:
        pytest.skip(f"no PostGIS here: {error}")


@pytest.fixture(scope="session")
def maria() -> Iterator[mariadb.MariaDB]:
    try:
        with mariadb.listening() as served:
            yield served
    except NotHere as error:
        pytest.skip(f"no MariaDB here: {error}")
