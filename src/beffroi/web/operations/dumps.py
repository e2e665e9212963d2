"""A PostgreSQL database in one file, and back: the distribution's own `pg_dump` and `pg_restore`, as the owner.

The lakes' catalogues stand in schemas of their own and are copied with the lakes. No password appears on a command line.
"""

import os
import shutil
import subprocess
from pathlib import Path

from django.db import connection

from beffroi.home import HomeError
from beffroi.web import databases
from beffroi.web.platform.postgresql import owner

NAME = "database.dump"
# The site's own tables only: a lake's catalogue belongs to its territory's role.
EXCLUDE_LAKES = "--exclude-schema=lake_*"
_VARIABLES = {
    "NAME": "PGDATABASE",
    "USER": "PGUSER",
    "PASSWORD": "PGPASSWORD",
    "HOST": "PGHOST",
    "PORT": "PGPORT",
}


def dump(target: Path, *, compress: bool = True) -> None:
    """Write one consistent state of the database, which may be serving, to `target` (0600). Raises HomeError.

    `compress`: otherwise for a backup, which compresses it, and finds in it what an earlier one has already.
    """
    target.unlink(missing_ok=True)
    target.touch(mode=0o600)
    form = ["--format=custom", *([] if compress else ["--compress=0"])]
    _run("pg_dump", *form, "--no-owner", "--no-privileges", EXCLUDE_LAKES, f"--file={target}")


def read_through(source: Path) -> None:
    """Read a dump to its end, as a restore would, and write nothing. Raises HomeError."""
    _run("pg_restore", "--file=/dev/null", str(source))


def load(source: Path) -> None:
    """Rebuild the database from a dump, whole or not at all, in a database that holds no table. Raises HomeError."""
    with owner.as_owner():
        if connection.introspection.table_names():
            raise HomeError(
                "La base PostgreSQL n'est pas vide. Rien n'a été modifié. Restaurez dans une base neuve "
                f"(createdb), désignée par {databases.APPLICATION} et {databases.OWNER}."
            )
        _run(
            "pg_restore",
            f"--dbname={databases.postgresql(os.environ[databases.OWNER])['NAME']}",
            "--no-owner",
            "--no-privileges",
            "--single-transaction",
            "--exit-on-error",
            str(source),
        )
        owner.protect()


def _run(program: str, *arguments: str) -> None:
    if not owner.is_known():
        raise HomeError(
            f"Pour sauvegarder ou restaurer une base PostgreSQL, donnez l'adresse du rôle qui la possède par {databases.OWNER}. "
            "Rien n'a été modifié."
        )
    if shutil.which(program) is None:
        raise HomeError(
            f"Le programme {program} manque. Sur Debian : apt install postgresql-client. Rien n'a été modifié."
        )
    # Even to read a file: Debian's own programs choose their version by the server that these variables name.
    named = databases.postgresql(os.environ[databases.OWNER])
    environment = os.environ | {variable: named[key] for key, variable in _VARIABLES.items() if named[key]}
    done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HomeError(
            f"{program} n'a pas pu finir. Rien n'a été perdu. Cause : {done.stderr.strip()[:500]}"
        )
