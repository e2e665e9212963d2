"""The servers that the tests of sources talk to, one a session, and what they share."""

import ssl
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from servers import NotHere, certificates, geo, mariadb, postgis, s3, sftp


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


@pytest.fixture
def certified(tmp_path: Path) -> Callable[[str], tuple[ssl.SSLContext, str]]:
    """A server's context for a name, and the file of the authority that vouches for it."""
    return partial(certificates.certified, tmp_path / "certificate")


@pytest.fixture(scope="session")
def sftp_server() -> Iterator[sftp.Sftp]:
    try:
        with sftp.serving() as served:
            yield served
    except NotHere as error:
        pytest.skip(f"no SFTP server here: {error}")


@pytest.fixture(scope="session")
def s3_server() -> Iterator[s3.S3]:
    try:
        with s3.serving() as served:
            yield served
    except NotHere as error:
        pytest.skip(f"no S3 server here: {error}")


@pytest.fixture(scope="session")
def schools() -> Iterator[int]:
    """Port of an OGC API Features service with 25 schools, ten a page at most."""
    features: list[dict[str, object]] = [
        {
            "type": "Feature",
            "id": number,
            "properties": {"nom": f"École {number}", "insee": f"{number:05}"},
            "geometry": {"type": "Point", "coordinates": [6.8 + number / 100, 47.6]},
        }
        for number in range(1, 26)
    ]
    try:
        with geo.serving(features, most=10) as port:
            yield port
    except NotHere as error:
        pytest.skip(f"no OGC API server here: {error}")


@pytest.fixture
def postgresql_tls(
    postgresql: postgis.Listening, certified: Callable[[str], tuple[ssl.SSLContext, str]]
) -> Iterator[tuple[postgis.Listening, str]]:
    """The server with a certificate for base.test, and the file of the authority that vouches for it."""
    _, authority = certified("base.test")
    postgresql.encrypt(Path(authority), Path(authority).with_name("key.pem"))
    yield postgresql, authority
    postgresql.in_clear()
