"""A PostgreSQL database in one file, and back: the distribution's own `pg_dump` and `pg_restore`, as the owner.

The lakes' catalogues stand in schemas of their own and are copied with the lakes. No password appears on a command line.
"""

# The names in this SQL are ours or come from the server's own catalogue: no text of a user is in it.
# ruff: noqa: S608

import os
import re
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Final

from django.db import connection

from beffroi.home import HomeError
from beffroi.web import databases
from beffroi.web.platform.postgresql import owner

NAME = "database.dump"
# The site's own tables only: a lake's catalogue belongs to its territory's role, which alone reads it.
EXCLUDE_LAKES = "--exclude-schema=lake_*"
_UNDER_WAY: Final = "beffroi_restoring"
"""A schema that is there from the transaction that loads the rows until the folder of the instance has its place."""
_EMPTY: Final = f"""
SET lock_timeout = '60s';
SET client_min_messages = warning;
DO $empty$
DECLARE each record;
BEGIN
  FOR each IN SELECT nspname FROM pg_namespace WHERE nspname ~ '^lake_(lasting|personal)_[0-9]' OR nspname = '{_UNDER_WAY}' LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', each.nspname);
  END LOOP;
  FOR each IN
    SELECT c.relname, c.relkind FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY c.relkind <> 'S' DESC
  LOOP
    EXECUTE format(
      'DROP %s IF EXISTS public.%I CASCADE',
      CASE each.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
      each.relname
    );
  END LOOP;
  FOR each IN
    SELECT p.oid::regprocedure AS named FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  LOOP
    EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', each.named);
  END LOOP;
END $empty$;
"""
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
    draft = target.with_name(f".{target.name.lstrip('.')}.tmp")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    form = ["--format=custom", *([] if compress else ["--compress=0"])]
    try:
        _run("pg_dump", *form, "--no-owner", "--no-privileges", EXCLUDE_LAKES, f"--file={draft}")
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def read_through(source: Path) -> None:
    """Read a dump to its end, as a restore would, and write nothing. Raises HomeError."""
    _run("pg_restore", "--file=/dev/null", str(source))


def load(source: Path) -> bool:
    """Rebuild the rows from a dump in a database that holds no table, whole or not at all. Raises HomeError.

    What a restore that was cut short has left there gives way: then True. `loaded` is called once the instance has its place.
    """
    with owner.as_owner(), tempfile.TemporaryDirectory(dir=source.parent, prefix=".base-") as folder:
        cut_short = _is_under_way()
        if connection.introspection.table_names() and not cut_short:
            raise HomeError(
                "La base PostgreSQL n'est pas vide. Rien n'a été modifié. Restaurez dans une base neuve (createdb), désignée par "
                f"{databases.APPLICATION} et {databases.OWNER}, ou videz celle-ci : « beffroi database empty » en garde une copie."
            )
        script = Path(folder) / "rows.sql"
        _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source))
        if cut_short:  # in a transaction of its own: each table that it locks takes a place of the server's
            _change(Path(folder), _EMPTY)
        _change(Path(folder), script, f"CREATE SCHEMA {_UNDER_WAY};\n")
    return cut_short


def loaded() -> None:
    """The instance whose rows were loaded has its place: the database is no longer that of a restore under way."""
    with owner.as_owner(), connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {_UNDER_WAY} CASCADE")


def empty(copy: Path) -> bool:
    """Empty the database, whole or not at all, its rows kept in the file `copy`; whether it held any. Raises HomeError."""
    with owner.as_owner():
        if not connection.introspection.table_names():
            return False
        dump(copy)
        with tempfile.TemporaryDirectory() as folder:
            _change(Path(folder), _EMPTY)
    return True


def _is_under_way() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [_UNDER_WAY])
        return cursor.fetchone() is not None


def _change(folder: Path, *scripts: str | Path) -> None:
    """Run these scripts, texts or files, in one transaction: as long as it has not ended, the database is as before."""
    files = []
    for number, script in enumerate(scripts):
        file = script if isinstance(script, Path) else folder / f"step-{number}.sql"
        if isinstance(script, str):
            file.write_text(script, "utf-8")
        files.append(f"--file={file}")
    connection.close()  # what it read would keep the tables locked
    _run("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", *files)


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
    return f"{program} n'a pas pu finir. Rien n'a été perdu. Cause : {why.strip()[-500:]}"


def _run(program: str, *arguments: str) -> None:
    if not owner.is_known():
        raise HomeError(
            f"Pour sauvegarder ou restaurer une base PostgreSQL, donnez l'adresse du rôle qui la possède par {databases.OWNER}. "
            "Rien n'a été modifié."
        )
    if shutil.which(program) is None:
        raise HomeError(MISSING.format(program=program))
    # It ends with the process that started it: an orphan would go on writing in the database.
    command = ["setpriv", "--pdeathsig", "KILL", program, *arguments]
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise HomeError(_failed(program, done.stderr))
