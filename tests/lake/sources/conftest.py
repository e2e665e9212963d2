"""The servers that the tests of sources talk to, one a session, and what they share."""

import datetime
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from servers import NotHere, geo, mariadb, postgis, s3, sftp


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

    def made(name: str) -> tuple[ssl.SSLContext, str]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        folder = tmp_path / "certificate"
        folder.mkdir()
        authority = folder / "authority.pem"
        authority.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / "key.pem").write_bytes(private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority, folder / "key.pem")
        return context, str(authority)

    return made


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
    """The port of an OGC API Features service that holds 25 schools, ten a page at most."""
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
