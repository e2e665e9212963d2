"""Working as the role that owns the tables: to make them, to bring them up to this version, never to serve.

The owner's address comes from `BEFFROI_DATABASE_OWNER`, given to the commands that need it and to no served process.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from beffroi.home import HomeError
from beffroi.web import databases

from . import isolation, lakes


def is_used() -> bool:
    """Whether this instance keeps its rows in PostgreSQL."""
    return connection.vendor == "postgresql"


def is_known() -> bool:
    """Whether this command was given the owner's address."""
    return bool(os.environ.get(databases.OWNER))


@contextmanager
def as_owner() -> Iterator[None]:
    """Have this thread's connection be the owner's. Raises HomeError when the operator did not give its address."""
    if not is_known():
        raise HomeError(
            "Cette commande doit changer les tables de la base PostgreSQL. Rien n'a été modifié. Donnez-lui l'adresse du "
            f"rôle qui les possède, par {databases.OWNER}, puis recommencez."
        )
    served = dict(connection.settings_dict)
    named = databases.postgresql(os.environ[databases.OWNER])
    _switch({key: named[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")})
    try:
        yield
    finally:
        _switch(served)


def application() -> str:
    """The name of the role that serves."""
    return databases.postgresql(os.environ[databases.APPLICATION])["USER"]


def check_application() -> None:
    """As the owner: the application's role is there and could not read every territory. Raises HomeError."""
    role = application()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolname = current_user "
            "OR EXISTS (SELECT 1 FROM pg_class WHERE relowner = r.oid AND relkind IN ('r', 'p')) "
            "FROM pg_roles r WHERE rolname = %s",
            [role],
        )
        found = cursor.fetchone()
    if found is None:
        raise HomeError(
            f"Le rôle « {role} » de l'application n'existe pas dans PostgreSQL. Rien n'a été modifié. "
            f"Créez-le : CREATE ROLE \"{role}\" LOGIN PASSWORD '…';"
        )
    if found[0]:
        raise HomeError(
            f"Le rôle « {role} » de l'application a trop de droits (superutilisateur, BYPASSRLS, CREATEROLE, ou "
            "propriétaire de tables) : il pourrait lire tous les territoires. Rien n'a été modifié. "
            "Donnez à l'application un rôle ordinaire, différent du propriétaire."
        )


def protect() -> None:
    """Make the policies and the application's rights again, as the owner. Raises HomeError for a role that is too strong."""
    role = application()
    with transaction.atomic():
        check_application()
        isolation.protect(connection, role)
        lakes.install(connection, role)


def _switch(settings: dict[str, object]) -> None:
    connection.close()
    connection.settings_dict.update(settings)
