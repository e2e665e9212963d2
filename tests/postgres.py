"""A PostgreSQL of the distribution, started for the tests in a folder of its own: Unix socket only, no network.

One cluster a process; its owner `beffroi_owner` may make roles, its application's role `beffroi_app` owns nothing.
"""

import atexit
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

OWNER, APPLICATION = "beffroi_owner", "beffroi_app"
DEBIAN = Path("/usr/lib/postgresql")


class NoPostgreSQL(Exception):
    """The distribution's server is not on this machine."""


@dataclass(frozen=True)
class Cluster:
    """A running server: `folder` holds its data and its socket; the port only names the socket, unless it listens."""

    folder: Path
    port: int = 5432
    listen: str = ""

    def url(self, database: str = "beffroi", role: str = APPLICATION) -> str:
        return f"postgresql://{role}@/{database}?host={self.folder}&port={self.port}"

    def database(self) -> str:
        """A new empty database of the owner's, by its name."""
        name = f"beffroi_{secrets.token_hex(4)}"
        self.sql(f"CREATE DATABASE {name} OWNER {OWNER}", database="postgres", role="postgres")
        return name

    def environment(self, database: str) -> dict[str, str]:
        """What the commands that make or upgrade an instance are given; `serve` does without the owner."""
        return {
            "BEFFROI_DATABASE": self.url(database),
            "BEFFROI_DATABASE_OWNER": self.url(database, OWNER),
        }

    def sql(self, statement: str, *, database: str = "beffroi", role: str = OWNER) -> str:
        """What psql prints, values only; raises with its message when it refuses."""
        options = ("-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.url(database, role))
        return _said("psql", *options, "-c", statement).strip()

    def dump(self, schemas: Sequence[str], *, database: str = "beffroi") -> str:
        """A script that makes these schemas again as they are, once they are gone."""
        named = [part for schema in schemas for part in ("-n", schema)]
        return _said("pg_dump", "-d", self.url(database, "postgres"), *named)

    def put_back(self, schemas: Sequence[str], script: str, *, database: str = "beffroi") -> None:
        """These schemas as they were when `script` was dumped: all or nothing."""
        drop = "".join(f"DROP SCHEMA IF EXISTS {schema} CASCADE;\n" for schema in schemas)
        options = ("-XAtq1", "-v", "ON_ERROR_STOP=1", "-d", self.url(database, "postgres"), "-f", "-")
        _said("psql", *options, given=drop + script)

    def start(self) -> None:
        _run("pg_ctl", "-D", self._data, "-l", self.folder / "log", "-w", "-o", self._options, "start")

    def stop(self, mode: str = "fast") -> None:
        _run("pg_ctl", "-D", self._data, "-m", mode, "-w", "stop")

    @property
    def postmaster(self) -> int:
        return int((self._data / "postmaster.pid").read_text().split()[0])

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _options(self) -> str:
        return f"-k {self.folder} -p {self.port} -c listen_addresses='{self.listen}' -c max_connections=60"


def cluster(*, durable: bool = False) -> Cluster:
    """A new cluster with a database `beffroi`, ended with this process. Not `durable`: quicker, for what no test kills."""
    folder = Path(tempfile.mkdtemp(prefix="beffroi-pg-", dir="/tmp"))
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    # Other users of this machine may reach the socket's folder: each test connects under the name of its role.
    folder.chmod(0o755)
    made = Cluster(folder)
    _run(
        "initdb",
        "-D",
        made._data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    )
    if not durable:
        with (made._data / "postgresql.conf").open("a") as conf:
            conf.write("fsync=off\nsynchronous_commit=off\nfull_page_writes=off\n")
    made.start()
    atexit.register(_end, made)
    made.sql(f"CREATE ROLE {OWNER} LOGIN CREATEROLE BYPASSRLS", database="postgres", role="postgres")
    made.sql(f"CREATE ROLE {APPLICATION} LOGIN", database="postgres", role="postgres")
    made.sql(f"CREATE DATABASE beffroi OWNER {OWNER}", database="postgres", role="postgres")
    return made


@cache
def shared() -> Cluster:
    """The cluster of this process, for tests that leave it as they found it."""
    return cluster()


def _end(made: Cluster) -> None:
    try:
        if made.folder.exists():
            made.stop("immediate")
    finally:
        shutil.rmtree(made.folder, ignore_errors=True)


def _program(name: str) -> str:
    found = sorted(DEBIAN.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise NoPostgreSQL(f"{name} not found under {DEBIAN}: apt install postgresql")
    return str(found[-1])


def _said(program: str, *arguments: str, given: str | None = None) -> str:
    done = subprocess.run(
        [_program(program), *arguments], input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return done.stdout


def _run(program: str, *arguments: object) -> None:
    # The server refuses to run as root: it runs as its package's own user.
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.getuid() == 0 else []
    done = subprocess.run(
        [*as_user, _program(program), *map(str, arguments)],
        stdout=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,
        stderr=subprocess.STDOUT if program != "pg_ctl" else subprocess.DEVNULL,
        text=True,
        cwd="/",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{program} failed: {done.stdout}")
