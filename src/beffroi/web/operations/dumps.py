"""A PostgreSQL database in one file, and back: the distribution's own `pg_dump` and `pg_restore`, as the owner.

The lakes' catalogues stand in schemas of their own and are copied with the lakes. No password appears on a command line.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from django.db import connection

from beffroi.home import HomeError
from beffroi.web import databases
from beffroi.web.platform.postgresql import owner

NAME = "database.dump"
# The site's own tables only: a lake's catalogue belongs to its territory's role.
EXCLUDE_LAKES = "--exclude-schema=lake_*"
MISSING = "Le programme {program} manque. Sur Debian : apt install postgresql-client. Rien n'a été modifié."
_COPY = re.compile(rb"COPY public\.(?P<table>\w+) \((?P<columns>[^)]*)\) FROM stdin;\n")
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


def copied_rows(source: Path, tables: Collection[str]) -> Iterator[tuple[str, list[str], Iterator[bytes]]]:
    """Rows of these tables in a dump, or in a file of such rows: table, columns, lines as COPY reads them. No server is needed.

    Each table's lines are read to their end before the next one's. Raises HomeError.
    """
    if source.name == NAME:
        if shutil.which("pg_restore") is None:
            raise HomeError(MISSING.format(program="pg_restore"))
        named = [option for table in tables for option in ("-t", table)]
        with (
            tempfile.TemporaryFile() as errors,
            subprocess.Popen(
                ["pg_restore", "--data-only", *named, "--file=-", str(source)],
                stdout=subprocess.PIPE,
                stderr=errors,
                env=_environment(),  # Debian's wrapper takes the version of this server
            ) as process,
        ):
            if process.stdout is not None:
                yield from _blocks(process.stdout, tables)
            if process.wait():
                errors.seek(0)
                raise HomeError(_failed("pg_restore", errors.read().decode("utf-8", "replace")))
    else:
        with source.open("rb") as stream:
            yield from _blocks(stream, tables)


def _blocks(stream: IO[bytes], tables: Collection[str]) -> Iterator[tuple[str, list[str], Iterator[bytes]]]:
    for line in stream:
        if found := _COPY.fullmatch(line):
            name = found["table"].decode()
            lines = iter(stream.readline, b"\\.\n")
            if name in tables:
                yield name, [column.strip('" ') for column in found["columns"].decode().split(",")], lines
            deque(lines, maxlen=0)  # what the caller left


def _environment() -> dict[str, str]:
    """What tells the programs of PostgreSQL where the database is, and in whose name."""
    named = databases.postgresql(os.environ[databases.OWNER])
    return os.environ | {variable: named[key] for key, variable in _VARIABLES.items() if named[key]}


def _failed(program: str, why: str) -> str:
    return f"{program} n'a pas pu finir. Rien n'a été perdu. Cause : {why.strip()[:500]}"


def _run(program: str, *arguments: str) -> None:
    if not owner.is_known():
        raise HomeError(
            f"Pour sauvegarder ou restaurer une base PostgreSQL, donnez l'adresse du rôle qui la possède par {databases.OWNER}. "
            "Rien n'a été modifié."
        )
    if shutil.which(program) is None:
        raise HomeError(MISSING.format(program=program))
    done = subprocess.run(
        [program, *arguments], env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise HomeError(_failed(program, done.stderr))
