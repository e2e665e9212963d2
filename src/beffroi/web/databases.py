"""Where the site's rows are kept: SQLite in the home, or the PostgreSQL that the operator names.

`BEFFROI_DATABASE` is the application's own role, which owns nothing; `BEFFROI_DATABASE_OWNER`, given only to the commands
that make or upgrade the database, is the role that owns the tables.
"""

import os
from typing import Any

from beffroi.home import Home, HomeError

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
            "PostgreSQL demande une bibliothèque de plus : pip install 'beffroi[postgresql]'. Rien n'a été modifié."
        ) from None
    try:
        parts = conninfo.conninfo_to_dict(address)
    except ProgrammingError:
        # The address may hold a password: it is not repeated.
        raise HomeError(
            f"L'adresse de la base ({APPLICATION}) n'est pas lisible. Attendu : postgresql://rôle:mot-de-passe@hôte:5432/base"
        ) from None
    named = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    return {
        "ENGINE": "beffroi.web.territories.postgresql",
        **{ours: str(parts.pop(theirs, "")) for ours, theirs in named.items()},
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {"connect_timeout": 10, **parts},
    }
