"""Catalogue of a lake: an SQLite file of its folder, or a PostgreSQL schema named in `catalog.json`.

In: a lake's folder. Out: its catalogue, which attaches itself to a DuckDB connection. `catalog.json` contains a
password: only its owner can read the file, and no message repeats its content.
"""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import duckdb

from beffroi.lake.engine import load
from beffroi.lake.errors import LakeError, ServerLost
from beffroi.lake.files import DATA, explain
from beffroi.lake.quoting import quote_identifier, quote_literal

_RESOLVER = (
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/ssl",
)
SQLITE, POSTGRESQL = "catalog.sqlite", "catalog.json"


@dataclass(frozen=True)
class SQLite:
    """Catalogue in one SQLite file, next to the data."""

    file: Path

    schema = "main"
    extension = "sqlite_scanner"

    def attach(self, connection: duckdb.DuckDBPyConnection, name: str, options: str, read_only: bool) -> None:
        if read_only and not self.file.is_file():
            raise empty_lake_error(self.file.parent)
        options += ", META_BUSY_TIMEOUT 30000" + ("" if read_only else ", META_JOURNAL_MODE 'WAL'")
        try:
            connection.execute(
                f"ATTACH {quote_literal(f'ducklake:sqlite:{self.file}')} AS {quote_identifier(name)} ({options})"
            )
        except duckdb.Error as error:
            raise explain(error, reading=read_only) from error

    def files(self) -> list[Path]:
        """Files that a locked-down connection must still reach to read the catalogue."""
        return [self.file.with_name(self.file.name + end) for end in ("", "-wal", "-shm", "-journal")]

    def external_files(self) -> list[Path]:
        """Files read outside the lake's folder to reach the catalogue."""
        return []


@dataclass(frozen=True)
class PostgreSQL:
    """Catalogue in a schema of a PostgreSQL database, reached with the only role allowed to use it.

    `options`: other libpq parameters (sslmode, sslrootcert…); never a password.
    """

    host: str
    port: int
    database: str
    role: str
    password: str = field(repr=False)
    schema: str
    options: tuple[tuple[str, str], ...] = ()

    extension = "postgres_scanner"

    def attach(self, connection: duckdb.DuckDBPyConnection, name: str, options: str, read_only: bool) -> None:
        """Attach the catalogue; the temporary secret is dropped afterwards, and the connection can still reconnect."""
        secret = quote_identifier(f"catalogue_{secrets.token_hex(4)}")
        fields = {"HOST": self.host, "DATABASE": self.database, "USER": self.role, "PASSWORD": self.password}
        parameters = ", ".join(f"{key} {quote_literal(value)}" for key, value in fields.items() if value)
        schema = quote_literal(self.schema)
        options += f", META_SECRET {secret}, METADATA_SCHEMA {schema}, META_SCHEMA {schema}"
        target = quote_literal(f"ducklake:postgres:{self._parameters()}")
        connection.execute(f"CREATE SECRET {secret} (TYPE postgres, PORT {int(self.port)}, {parameters})")
        try:
            connection.execute(f"ATTACH {target} AS {quote_identifier(name)} ({options})")
        except duckdb.Error as error:
            raise self._explained(error) from None
        finally:
            connection.execute(f"DROP SECRET {secret}")

    def files(self) -> list[Path]:
        return []

    def external_files(self) -> list[Path]:
        """Files of the name resolver, and the certificates named in the options."""
        named = [
            value for name, value in self.options if name in ("sslrootcert", "sslcert", "sslkey", "sslcrl")
        ]
        return [Path(path) for path in (*_RESOLVER, *named)]

    def connect(self) -> Any:
        """psycopg connection to the database, for operations that DuckDB does not offer. Raises LakeError."""
        try:
            import psycopg
        except ImportError:
            raise LakeError(
                "PostgreSQL demande une bibliothèque de plus : deploy/install --with postgresql. Rien n'a été modifié."
            ) from None
        parameters: dict[str, Any] = {
            "connect_timeout": 10,
            "application_name": "beffroi",
            **dict(self.options),
        }
        parameters |= {"host": self.host, "port": self.port, "dbname": self.database, "user": self.role}
        return psycopg.connect(**parameters, password=self.password or None)

    def scrub(self, text: str) -> str:
        """Text without the password, in case a library repeats it."""
        return text.replace(self.password, "…") if self.password else text

    def _parameters(self) -> str:
        # Outside the secret: DuckDB's has no place for them. None is secret.
        parameters = {"connect_timeout": "10", "application_name": "beffroi", **dict(self.options)}
        return " ".join(f"{key}={_quoted(value)}" for key, value in parameters.items())

    def _explained(self, error: duckdb.Error) -> LakeError:
        text = str(error)
        if "creating a new DuckLake is explicitly disabled" in text:
            return LakeError(EMPTY_LAKE.format(name=self.schema))
        return ServerLost(
            "La base PostgreSQL qui tient le catalogue de ces données ne répond pas, ou refuse l'accès. "
            "Rien n'a été modifié. Recommencez ; si cela se répète, prévenez votre hébergeur. "
            f"Détail technique : {self.scrub(text)}"
        )

    def to_json(self) -> str:
        return json.dumps(
            {"catalogue": "postgresql", **asdict(self), "options": dict(self.options)}, indent=1
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ValueError, KeyError or TypeError for JSON that is not a catalogue address."""
        data: dict[str, Any] = json.loads(text)
        if data.pop("catalogue") != "postgresql":
            raise ValueError("not the address of a catalogue")
        port, options = int(data.pop("port")), tuple(sorted(data.pop("options", {}).items()))
        return cls(port=port, options=options, **data)


type Catalogue = SQLite | PostgreSQL

EMPTY_LAKE = (
    "Aucune donnée n'est encore conservée dans « {name} ». Ajoutez un premier fichier, puis recommencez."
)


def empty_lake_error(folder: Path) -> LakeError:
    return LakeError(EMPTY_LAKE.format(name=folder.name))


def has_catalogue(folder: Path) -> bool:
    """Whether the folder contains a lake's catalogue."""
    return (folder / POSTGRESQL).is_file() or (folder / SQLITE).is_file()


def catalogue_of(folder: Path) -> Catalogue:
    """Catalogue of the lake in `folder`: SQLite unless the folder names a PostgreSQL schema. Raises LakeError."""
    try:
        text = (folder / POSTGRESQL).read_text("utf-8")
    except FileNotFoundError:
        return SQLite(folder / SQLITE)
    except OSError as error:
        raise LakeError(
            f"Le fichier « {folder / POSTGRESQL} » ne peut pas être lu ({error.strerror}). Rien n'a été modifié. "
            "Vérifiez ses droits, puis recommencez."
        ) from error
    try:
        return PostgreSQL.from_json(text)
    except (ValueError, KeyError, TypeError, AttributeError):
        # Its content may hold a password: it is not repeated, and neither is the error that quotes it.
        raise LakeError(
            f"Le fichier « {folder / POSTGRESQL} » n'est pas lisible. Rien n'a été modifié. "
            "Restaurez-le depuis une sauvegarde."
        ) from None


def catalogue_identity(folder: Path) -> tuple[str, int]:
    """Identity of the folder's catalogue (kind, inode): changes when the catalogue is replaced."""
    for name in (POSTGRESQL, SQLITE):
        try:
            return name, (folder / name).stat().st_ino
        except FileNotFoundError:
            continue
    return "", 0


def required_extensions(folder: Path, catalogue: Catalogue | None = None) -> tuple[str, ...]:
    """DuckDB extensions that `attach` needs; loading is faster when they are passed to `connect`. Raises LakeError."""
    return (catalogue or catalogue_of(folder)).extension, "ducklake"


def attach(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    *,
    name: str = "lake",
    read_only: bool = True,
    catalogue: Catalogue | None = None,
) -> Catalogue:
    """Attach the lake of `folder` to a connection as `name`; `catalogue`: overrides the one named by the folder."""
    catalogue = catalogue or catalogue_of(folder)
    for extension in required_extensions(folder, catalogue):
        load(connection, extension)
    # The folder may have moved since it was made (a restore): where it stands now decides.
    options = f"DATA_PATH {quote_literal(str(folder / DATA))}, OVERRIDE_DATA_PATH true"
    catalogue.attach(connection, name, options + (", READ_ONLY" if read_only else ""), read_only)
    return catalogue


def write_postgresql_address(folder: Path, catalogue: PostgreSQL) -> None:
    """Write the folder's `catalog.json` atomically, readable by its owner only."""
    folder.mkdir(parents=True, exist_ok=True)
    with _draft(folder / POSTGRESQL) as draft:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(catalogue.to_json())
            stream.flush()
            os.fsync(stream.fileno())


@contextmanager
def _draft(path: Path) -> Iterator[Path]:
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    draft.unlink(missing_ok=True)
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
