"""Read-only database sessions: sockets come from the egress, and each session sees one consistent state within a time limit.

In: a spec, its secret, the egress. Out: an SQLAlchemy connection inside a read-only transaction, closed afterwards.
"""

import os
import socket
import sqlite3
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from beffroi.lake.sources.addresses import is_inside, literal_of
from beffroi.lake.sources.databases.driver_errors import explain_driver_error
from beffroi.lake.sources.errors import AddressRefused, SourceError
from beffroi.lake.sources.network import SILENCE, Egress, Target
from beffroi.lake.sources.specs import (
    Database,
    MariaDB,
    Oracle,
    PostgreSQL,
    Secret,
    SQLite,
    SQLServer,
)
from beffroi.tls import certificate_authorities_file

USUAL = {"postgresql": 5432, "mariadb": 3306, "oracle": 1521, "sqlserver": 1433}
# MariaDB's numbers for DECIMAL, TIMESTAMP, DATE, DATETIME, NEWDATE, NEWDECIMAL.
_LEFT = {0, 7, 10, 12, 14, 246}
Server = PostgreSQL | MariaDB | Oracle | SQLServer

_DIALECTS = {
    "postgresql": "postgresql+psycopg",
    "mariadb": "mariadb+pymysql",
    "sqlite": "sqlite",
    "oracle": "oracle+oracledb",
    "sqlserver": "mssql+pymssql",
}


@contextmanager
def session(spec: Database, secret: Secret, egress: Egress) -> Iterator[sa.Connection]:
    """Connection with one consistent state that can write nothing. Raises SourceError, never with a secret."""
    creators: dict[str, Callable[[Any, Secret, Egress], Any]] = {
        "postgresql": _postgresql,
        "mariadb": _mariadb,
        "sqlite": _sqlite,
        "oracle": _oracle,
        "sqlserver": _sqlserver,
    }
    caught: tuple[type[Exception], ...] = (sa.exc.SQLAlchemyError, OSError, _driver(spec.kind).Error)
    try:
        engine = sa.create_engine(
            f"{_DIALECTS[spec.kind]}://",
            creator=lambda: creators[spec.kind](spec, secret, egress),
            poolclass=NullPool,
            hide_parameters=True,
        )
        try:
            with engine.connect() as connection:
                _begin(spec, connection, egress)
                yield connection
        finally:
            engine.dispose()
    except SourceError:
        raise
    except caught as error:
        egress.check_time()
        raise explain_driver_error(spec, error) from None


def _driver(kind: str) -> Any:
    name = {"postgresql": "psycopg", "mariadb": "pymysql", "oracle": "oracledb", "sqlserver": "pymssql"}.get(
        kind, "sqlite3"
    )
    try:
        return import_module(name)
    except ImportError as error:
        extra = "postgresql" if kind == "postgresql" else kind
        raise SourceError(
            f"Ce genre de base demande une bibliothèque de plus. Demandez à l'exploitant : deploy/install --with {extra}."
        ) from error


def checked_target(spec: Server, egress: Egress) -> Target:
    """Checked address of the server. Another machine must have a verified certificate, unless the operator exempts
    it; outside hosts are always encrypted.
    """
    found = egress.target(spec.host, spec.port, usual=USUAL[spec.kind])
    addresses = [address for text in found.found if (address := literal_of(text)) is not None]
    if spec.tls == "none" and not all(map(is_inside, addresses)):
        raise AddressRefused(
            f"{found.host} n'est pas sur votre réseau : la connexion doit être chiffrée. Choisissez « verify »."
        )
    here = all(address.is_loopback for address in addresses)
    if spec.tls != "verify" and not here and found.host not in egress.network.unverified:
        raise AddressRefused(
            f"{found.host} est une autre machine : son certificat doit être vérifié. Choisissez « verify ». Si ce serveur n'en a "
            f"pas, l'exploitant peut l'accepter tel quel en ajoutant {found.host} à BEFFROI_UNVERIFIED_SERVERS."
        )
    return found


def libpq_parameters(spec: PostgreSQL, secret: Secret, egress: Egress) -> dict[str, str]:
    """libpq parameters. Nothing is left to the environment's files: no password file, no client certificate."""
    found = checked_target(spec, egress)
    seconds = max(1, int(egress.remaining_seconds()))
    words = {
        "host": found.host,
        "hostaddr": found.address,
        "port": str(found.port),
        "dbname": spec.database,
        "user": secret.user,
        # Without a password libpq would look for one in the account's own files.
        "password": secret.password or "-",
        "sslmode": {"verify": "verify-full", "require": "require", "none": "disable"}[spec.tls],
        "sslcertmode": "disable",
        "gssencmode": "disable",
        "connect_timeout": str(max(2, min(10, seconds))),
        "tcp_user_timeout": str(int(SILENCE * 1000)),
        "application_name": "Beffroi",
        "client_encoding": "UTF8",
        "options": f"-c statement_timeout={seconds}s -c lock_timeout=10s -c default_transaction_read_only=on",
    }
    if spec.tls == "verify":
        words["sslrootcert"] = certificate_authorities_file()
    return words


def _postgresql(spec: PostgreSQL, secret: Secret, egress: Egress) -> Any:
    made = _driver("postgresql").connect(**libpq_parameters(spec, secret, egress))
    with socket.socket(fileno=os.dup(made.fileno())) as own:
        egress.watch(own)
    return made


def ssl_context(spec: Server) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=certificate_authorities_file())
    if spec.tls == "require":
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def _mariadb(spec: MariaDB, secret: Secret, egress: Egress) -> Any:
    pymysql = _driver("mariadb")
    checked_target(spec, egress)
    encrypted = spec.tls != "none"
    made = pymysql.connections.Connection(
        host=spec.host,
        port=spec.port,
        user=secret.user,
        password=secret.password,
        database=spec.database,
        charset="utf8mb4",
        # A database may think long before its first row: only the door's hour ends the wait.
        read_timeout=max(1, int(egress.remaining_seconds())),
        write_timeout=int(SILENCE),
        ssl=ssl_context(spec) if encrypted else None,
        ssl_disabled=not encrypted,
        # Required: a server that knows no TLS is refused before the password is sent.
        client_flag=pymysql.constants.CLIENT.SSL if encrypted else 0,
        local_infile=False,
        # Dates and decimals stay as the server writes them: Arrow reads them ten times faster than the driver.
        conv={kind: read for kind, read in pymysql.converters.conversions.items() if kind not in _LEFT},
        defer_connect=True,
    )
    made.connect(egress.connect(spec.host, spec.port, usual=USUAL["mariadb"]))
    return made


def sqlite_path(spec: SQLite, egress: Egress) -> Path:
    path = egress.network.resolve_local_path(spec.path)
    with path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\x00":
            raise SourceError(f"« {path.name} » n'est pas une base SQLite. Vérifiez le chemin.")
    return path


def _sqlite(spec: SQLite, secret: Secret, egress: Egress) -> Any:
    path = sqlite_path(spec, egress)
    made = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10, check_same_thread=False)
    made.text_factory = _french
    made.execute("PRAGMA query_only = ON")
    made.execute("PRAGMA trusted_schema = OFF")
    egress.on_timeout(made.interrupt)
    return made


def _french(text: bytes) -> str:
    """Text in UTF-8, or in the Windows encoding that old programs wrote."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("cp1252", "replace")


def _oracle(spec: Oracle, secret: Secret, egress: Egress) -> Any:
    # Not tested here. The driver opens its own socket: it receives the checked address.
    found = checked_target(spec, egress)
    made = _driver("oracle").connect(
        user=secret.user,
        password=secret.password,
        host=found.address,
        port=found.port,
        service_name=spec.database,
        protocol="tcp" if spec.tls == "none" else "tcps",
        ssl_server_dn_match=spec.tls == "verify",
        ssl_server_cert_dn=f"CN={found.host}" if spec.tls == "verify" else None,
        tcp_connect_timeout=10,
    )
    made.call_timeout = int(max(1.0, egress.remaining_seconds()) * 1000)
    egress.on_timeout(made.cancel)
    return made


def _sqlserver(spec: SQLServer, secret: Secret, egress: Egress) -> Any:
    # Not tested here. The driver opens its own socket: it receives the checked address, so the name in the certificate
    # cannot be checked.
    found = checked_target(spec, egress)
    if spec.tls == "verify":
        raise SourceError(
            "Le certificat d'un serveur SQL Server ne peut pas être vérifié par ce pilote. Choisissez « require », si l'exploitant "
            "a accepté ce serveur (BEFFROI_UNVERIFIED_SERVERS)."
        )
    made = _driver("sqlserver").connect(
        server=found.address,
        port=str(found.port),
        user=secret.user,
        password=secret.password,
        database=spec.database,
        login_timeout=10,
        timeout=int(max(1.0, egress.remaining_seconds())),
        encryption="require" if spec.tls == "require" else "off",
        read_only=True,
    )
    egress.on_timeout(made.cancel if hasattr(made, "cancel") else made.close)
    return made


def _begin(spec: Database, connection: sa.Connection, egress: Egress) -> None:
    """Begin a read-only transaction with one consistent state, and limit its statements to the remaining time."""
    seconds = max(1, int(egress.remaining_seconds()))
    words = {
        "postgresql": (
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            "SET LOCAL TIME ZONE 'UTC'",
            "SET LOCAL DateStyle = 'ISO, YMD'",
        ),
        "mariadb": (
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "SET SESSION time_zone = '+00:00'",
            "SET SESSION lock_wait_timeout = 10",
            f"SET SESSION {'max_statement_time' if _is_mariadb(spec, connection) else 'max_execution_time'} = "
            f"{seconds if _is_mariadb(spec, connection) else seconds * 1000}",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        ),
        "sqlite": ("BEGIN",),
        "oracle": ("SET TRANSACTION READ ONLY",),
        "sqlserver": (
            "SET LOCK_TIMEOUT 10000",
            # Snapshot isolation where the database enables it; otherwise rows as they are when read, without locking.
            "IF (SELECT snapshot_isolation_state FROM sys.databases WHERE name = DB_NAME()) = 1 "
            "SET TRANSACTION ISOLATION LEVEL SNAPSHOT",
        ),
    }[spec.kind]
    for statement in words:
        connection.exec_driver_sql(statement)


def _is_mariadb(spec: Database, connection: sa.Connection) -> bool:
    return spec.kind == "mariadb" and bool(getattr(connection.dialect, "is_mariadb", True))
