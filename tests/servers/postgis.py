"""The distribution's PostgreSQL on loopback with passwords, and PostGIS in it. Out: a running `Cluster` that listens."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from postgres import DEBIAN, Cluster, NoPostgreSQL, cluster
from servers import NotHere, free_port

READER, PASSWORD = "lecteur", "mot-de-passe-du-lecteur"


@dataclass(frozen=True)
class Listening:
    """A cluster that also listens on a port of loopback, where a password is asked for."""

    cluster: Cluster
    port: int

    def sql(self, statement: str, database: str = "metier") -> str:
        return self.cluster.sql(statement, database=database, role="postgres")

    def encrypt(self, certificate: Path, key: Path) -> None:
        """Answer TLS with this certificate from now on."""
        for source, name in ((certificate, "server.crt"), (key, "server.key")):
            target = self.cluster.folder / "data" / name
            shutil.copyfile(source, target)
            target.chmod(0o600)
            owner = self.cluster.folder.stat()
            os.chown(target, owner.st_uid, owner.st_gid)
        self.sql("ALTER SYSTEM SET ssl = on")
        self.sql("SELECT pg_reload_conf()")

    def in_clear(self) -> None:
        self.sql("ALTER SYSTEM SET ssl = off")
        self.sql("SELECT pg_reload_conf()")


@contextmanager
def listening() -> Iterator[Listening]:
    if not list(DEBIAN.glob("*/bin/postgres")) or not list(
        DEBIAN.parent.parent.glob("share/postgresql/*/extension/postgis.control")
    ):
        raise NotHere("apt install postgresql postgresql-postgis")
    try:
        made = cluster()
    except NoPostgreSQL as error:
        raise NotHere("apt install postgresql postgresql-postgis") from error
    port = free_port()
    conf = made.folder / "data" / "postgresql.conf"
    conf.write_text(conf.read_text() + "password_encryption = 'scram-sha-256'\n")
    (made.folder / "data" / "pg_hba.conf").write_text(
        "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
    )
    made.stop()
    opened = Cluster(made.folder, port, listen="127.0.0.1")
    opened.start()
    served = Listening(opened, port)
    try:
        served.sql("CREATE DATABASE metier", database="postgres")
        served.sql("CREATE EXTENSION postgis")
        served.sql(f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'")
        yield served
    finally:
        opened.stop("immediate")
        shutil.rmtree(made.folder, ignore_errors=True)
