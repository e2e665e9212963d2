"""Where the site's rows are kept: SQLite in the home, or the PostgreSQL that the operator names.

`BEFFROI_DATABASE` is the application's own role, which owns nothing; `BEFFROI_DATABASE_OWNER`, given only to the commands
that make or upgrade the database, is the role that owns the tables.
"""

import os
from typing import Any

from beffroi.home import Home, HomeError
from beffroi.web.loopback import is_loopback

APPLICATION, OWNER = "BEFFROI_DATABASE", "BEFFROI_DATABASE_OWNER"


def of(home: Home) -> dict[str, Any]:
    """Django's description of the database of this home."""
    address = os.environ.get(APPLICATION, "")
    return postgresql(address) if address else _sqlite(home)


def _sqlite(home: Home) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": home.database,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
        # A file, not memory: the browser's tests serve from another thread and start real workers.
        "TEST": {"NAME": home.path / "test.sqlite3"},
    }


def postgresql(address: str) -> dict[str, Any]:
    """Django's description of `postgresql://role:password@host:port/database?sslmode=…`. Raises HomeError."""
    try:
        from psycopg import ProgrammingError, conninfo
    except ImportError:
        raise HomeError(
            "PostgreSQL demande une bibliothèque de plus : deploy/install --with postgresql. Rien n'a été modifié."
        ) from None
    try:
        parts = conninfo.conninfo_to_dict(address)
    except ProgrammingError:
        # The address may hold a password: it is not repeated.
        raise HomeError(
            f"L'adresse de la base ({APPLICATION}) n'est pas lisible. Attendu : postgresql://rôle:mot-de-passe@hôte:5432/base"
        ) from None
    _refuse_unproven(parts)
    named = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    return {
        "ENGINE": "beffroi.web.platform.postgresql",
        **{setting: str(parts.pop(part, "")) for setting, part in named.items()},
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {"connect_timeout": 10, **parts},
    }


def _refuse_unproven(parts: dict[str, Any]) -> None:
    """A server on another machine proves who it is before it is told a password. Raises HomeError."""
    servers = str(parts.get("hostaddr") or parts.get("host") or os.environ.get("PGHOST", "")).split(",")
    mode = str(parts.get("sslmode") or os.environ.get("PGSSLMODE", ""))
    if mode in ("verify-full", "verify-ca") or all(map(_is_here, servers)):
        return
    raise HomeError(
        f"La base est sur une autre machine ({', '.join(servers)}) et rien ne prouve que c'est elle. Rien n'a été modifié. "
        f"Ajoutez à la fin de l'adresse ({APPLICATION}, {OWNER}) : ?sslmode=verify-full&sslrootcert=/chemin/de/autorite.pem, "
        "ou sslrootcert=system si son certificat vient d'une autorité publique."
    )


def _is_here(server: str) -> bool:
    """A Unix socket (a path, an abstract name, libpq's own default) or the loopback."""
    return not server or server.startswith(("/", "@")) or is_loopback(server)
