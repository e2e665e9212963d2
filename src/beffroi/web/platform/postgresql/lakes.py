"""The catalogues of the territories' lakes in PostgreSQL: one role a territory, one schema a lake, nothing else in reach.

The application's role may not make roles: the owner installs a function that makes exactly these, and lets the application
execute it. The password is drawn here; the database is only ever told its SCRAM verifier.
"""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from beffroi.home import Home
from beffroi.lake import catalogues, files, inventory
from beffroi.lake.catalogue_migration import migrate_catalogue
from beffroi.lake.catalogues import PostgreSQL
from beffroi.lake.errors import LakeError
from beffroi.lake.store import Lake

from ..models import Territory

KINDS = ("lasting", "personal")
# Of the application's own connection, what also holds for a lake's: how the server is proven and watched, no identity.
SHARED = ("sslmode", "sslrootcert", "sslcrl", "sslnegotiation", "channel_binding", "gssencmode")
SHARED += ("target_session_attrs", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count")

# The owner keeps the schemas: a territory's role fills its own, and can neither open them to others nor drop them.
# The names hold the database's, for roles belong to the whole server. Lakes in use keep their password.
FUNCTION = """
CREATE OR REPLACE FUNCTION public.beffroi_prepare_lakes(territory bigint, verifier text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  made text := format('%s_lakes_%s', current_database(), territory);
  kept text;
BEGIN
  IF territory IS NULL OR territory < 1 OR octet_length(made) > 63 THEN
    RAISE EXCEPTION 'no role can be made for territory % of database %', territory, current_database();
  END IF;
  IF verifier IS NULL OR verifier !~ '^SCRAM-SHA-256[$][0-9]+:[A-Za-z0-9+/=]+[$][A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$' THEN
    RAISE EXCEPTION 'not a SCRAM-SHA-256 verifier';
  END IF;
  -- By the numbers that were given: the row itself may wait for its own transaction to end.
  IF territory > (SELECT last_value FROM public.platform_territory_id_seq) THEN
    RAISE EXCEPTION 'there is no territory %', territory;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('beffroi_lakes'));
  IF EXISTS (
    SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('lake_lasting_' || territory, 'lake_personal_' || territory)
  ) THEN
    RAISE EXCEPTION 'the lakes of territory % already hold a catalogue', territory USING ERRCODE = 'object_in_use';
  END IF;
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = made) THEN
    EXECUTE format('ALTER ROLE %I PASSWORD %L', made, verifier);
  ELSE
    EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L', made, verifier);
  END IF;
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), made);
  FOREACH kept IN ARRAY ARRAY['lake_lasting_' || territory, 'lake_personal_' || territory] LOOP
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', kept);
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO %I', kept, made);
  END LOOP;
  RETURN made;
END $function$
"""


def install(owned: BaseDatabaseWrapper, application: str) -> None:
    """Make the function again and close the site's schema to all but its role. The connection is the owner's."""
    role = owned.ops.quote_name(application)
    with owned.cursor() as cursor:
        cursor.execute(FUNCTION)
        cursor.execute("REVOKE ALL ON FUNCTION public.beffroi_prepare_lakes(bigint, text) FROM PUBLIC")
        cursor.execute(f"GRANT EXECUTE ON FUNCTION public.beffroi_prepare_lakes(bigint, text) TO {role}")
        cursor.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")


def make_ready(territory: Territory) -> None:
    """Make the PostgreSQL catalogues of a territory whose lakes hold nothing yet. Without PostgreSQL, nothing to do.

    What already has a catalogue, SQLite included, keeps it: `adopt` moves it.
    """
    home: Home = settings.HOME
    folders = _folders(territory, home)
    if connection.vendor != "postgresql" or all(map(catalogues.has_catalogue, folders.values())):
        return
    with _addresses(territory, home) as named:
        for kind, folder in folders.items():
            if not catalogues.has_catalogue(folder):
                inventory.refuse_lost_catalogue(folder)
                with Lake(folder, catalogue=named[kind]):  # DuckLake makes its tables
                    catalogues.write_postgresql_address(folder, named[kind])


def adopt(home: Home, *, only: Territory | None = None) -> None:
    """Move the SQLite catalogues of all the territories of a home into this database: after a restore, or leaving SQLite.

    `only`: of this territory.

    Each is compared before its folder names the new one. Cut short, it is done again. Raises LakeError, the lakes as they
    were, when the database already holds catalogues for this territory. Nobody may be writing: the site is stopped.
    """
    for territory in [only] if only else Territory.objects.order_by("pk"):
        waiting = {
            kind: folder
            for kind, folder in _folders(territory, home).items()
            if catalogues.has_catalogue(folder)
            and isinstance(catalogues.catalogue_of(folder), catalogues.SQLite)
        }
        if waiting:
            with _addresses(territory, home) as named:
                for kind, folder in waiting.items():
                    migrate_catalogue(folder, named[kind])


def _folders(territory: Territory, home: Home) -> dict[str, Path]:
    return {kind: home.lake(territory.slug, kind) for kind in KINDS}


@contextmanager
def _addresses(territory: Territory, home: Home) -> Iterator[dict[str, PostgreSQL]]:
    """The two catalogues of the territory, one caller at a time. A new password waits in staging until folders know it."""
    staging = home.staging(territory.slug)
    staging.mkdir(parents=True, exist_ok=True, mode=0o700)
    waiting = staging / catalogues.POSTGRESQL
    with files.write_lock(staging):
        known = [catalogues.catalogue_of(folder) for folder in (staging, *_folders(territory, home).values())]
        stored = next((each for each in known if isinstance(each, PostgreSQL)), None)
        if stored is None:
            # A stop before this line leaves empty schemas: the role is then given another password.
            stored = _prepared(territory)
            catalogues.write_postgresql_address(staging, stored)
        yield {kind: replace(stored, schema=f"lake_{kind}_{territory.pk}") for kind in KINDS}
        waiting.unlink(missing_ok=True)


def _prepared(territory: Territory) -> PostgreSQL:
    """Where the territory's catalogues are, its role made on a connection of its own: other roles must see it at once."""
    import psycopg

    password = secrets.token_urlsafe(32)
    raw: Any = connection.get_new_connection(connection.get_connection_params())
    with closing(raw):
        raw.autocommit = True
        verifier = raw.pgconn.encrypt_password(password.encode(), b"", b"scram-sha-256").decode()
        try:
            with raw.cursor() as cursor:
                cursor.execute("SELECT public.beffroi_prepare_lakes(%s, %s)", [territory.pk, verifier])
                role = str(cursor.fetchone()[0])
        except psycopg.errors.ObjectInUse:
            raise LakeError(
                f"La base contient déjà un catalogue pour « {territory.name} », que ce dossier ne connaît pas. "
                "Rien n'a été modifié. Vérifiez que ce dossier et cette base vont ensemble. Si ce catalogue est un reste, "
                f"le propriétaire de la base peut supprimer les schémas lake_lasting_{territory.pk} et lake_personal_{territory.pk}."
            ) from None
        except psycopg.errors.UndefinedFunction:
            raise LakeError(
                "La base n'est pas préparée pour les données des territoires. Rien n'a été modifié. "
                "Relancez la mise à niveau avec l'adresse du propriétaire de la base."
            ) from None
        except psycopg.Error as error:
            raise LakeError(
                f"La base a refusé de préparer les données de « {territory.name} ». Rien n'a été modifié. "
                f"Détail technique : {error.diag.message_primary or type(error).__name__}"
            ) from None
    server = connection.settings_dict
    return PostgreSQL(
        host=server["HOST"],
        port=int(server["PORT"] or 5432),
        database=server["NAME"],
        role=role,
        password=password,
        schema="",
        options=tuple(
            sorted((key, str(server["OPTIONS"][key])) for key in SHARED if key in server["OPTIONS"])
        ),
    )
