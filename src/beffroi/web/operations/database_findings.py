"""What the SQLite database says of itself: rows that point to none, rules and columns that are not those of this version.

In: the open database, upgraded. Out: findings. Nothing is changed but by `put_rules_back`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.db import connection, transaction

from beffroi.home import Home
from beffroi.web.catalogue.models import Delivery
from beffroi.web.guides.models import Evidence
from beffroi.web.platform import gates, scope
from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import counted

from . import schema_snapshot
from .finding import DATABASE, Finding

RECEIVING: Final = timedelta(hours=1)
"""A folder of `incoming/` that no row knows is one being received, unless it is this old."""
_MOST: Final = 3
_OBJECT: Final = re.compile(r"CREATE\s+(?:UNIQUE\s+|VIRTUAL\s+)?(\w+)\s+\"?([\w]+)\"?", re.IGNORECASE)
_NAMES: Final = {"TABLE": "la table", "TRIGGER": "la règle", "INDEX": "l'index", "VIEW": "la vue"}
_RULES: Final = ("TRIGGER", "INDEX")


def of_schema() -> Iterator[Finding]:
    """Tables, rules and indexes that are not those that the migrations make."""
    missing, more = _differences()
    lost = {name for kind, name in missing if kind in _RULES}
    if lost:
        yield Finding(
            "schema:rules",
            f"La base n'a plus toutes ses règles, ou elles ont changé : {_first(lost)}. Des lignes ont pu être modifiées sans elles.",
            action="« beffroi doctor --full » vérifie le registre ; puis arrêtez le service et « beffroi upgrade » remet ces règles, "
            "sans toucher aux données.",
        )
    changed = {name for kind, name in missing | more if kind not in _RULES}
    if changed:
        yield Finding(
            "schema:tables",
            f"La base n'a pas les tables de cette version de Beffroi : {_first(changed)}.",
            DATABASE,
        )
    added = {name for kind, name in more if kind in _RULES} - lost
    if added:
        yield Finding(
            "schema:added",
            f"La base a des règles que Beffroi n'a pas faites : {_first(added)}.",
            action="Demandez à qui les a ajoutées, puis ôtez-les (« sqlite3 db.sqlite3 'DROP TRIGGER nom' » ou « DROP INDEX nom »), "
            "le service arrêté.",
        )


def put_rules_back() -> int:
    """Make again the triggers and indexes of this version that are missing or changed; how many."""
    snapshot = schema_snapshot.read()
    with transaction.atomic(), connection.cursor() as cursor:
        there = _statements()
        wanted = [each for each in snapshot.statements if each not in there and _object(each)[0] in _RULES]
        if not _is_comparable(snapshot):
            return 0
        for statement in wanted:
            kind, name = _object(statement)
            cursor.execute(f'DROP {kind} IF EXISTS "{name}"')
            cursor.execute(statement)
    return len(wanted)


def of_references() -> Iterator[Finding]:
    """Rows that point to one that is not there."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_key_check")
        counts = Counter((table, parent) for table, _, parent, _ in cursor.fetchall())
    for (table, parent), count in sorted(counts.items()):
        message = f"La base ({DATABASE}) a perdu des lignes de {parent} : {counted(count, 'ligne', 'lignes')} de {table} y renvoient encore."
        yield Finding(f"reference:{table}:{parent}", message, DATABASE)


def of_unknown_files(home: Home, territory: Territory) -> Iterator[Finding]:
    """Files received, or pieces of evidence, that no row of the territory knows."""
    with scope.inside(territory):
        received = {
            Path(stored).parts[0]
            for stored in Delivery.objects.of(territory).values_list("stored_as", flat=True)
            if stored
        }
        pieces = set(Evidence.objects.of(territory).values_list("sha256", flat=True))
    young = (datetime.now(UTC) - RECEIVING).timestamp()
    unknown = [
        path
        for path in _children(home.incoming(territory.slug))
        if path.name not in received and path.lstat().st_mtime < young and _contains_file(path)
    ]
    unknown += [
        path
        for path in _children(home.evidence(territory.slug))
        if path.name not in pieces and not path.name.startswith(".") and path.lstat().st_mtime < young
    ]
    if unknown:
        place = unknown[0].relative_to(home.path)
        yield Finding(
            f"unknown:territories/{territory.slug}",
            f"{counted(len(unknown), 'fichier reçu', 'fichiers reçus')} par {territory.name} que la base ne connaît pas : "
            f"{_first({path.relative_to(home.path).as_posix() for path in unknown})}.",
            territory=territory.slug,
            action="Si une base plus ancienne a été remise, remettez celle du même jour. Sinon, regardez-les et déposez-les à nouveau, "
            f"puis ôtez-les (« rm -r {home.path / place} »). Ils sont effacés d'eux-mêmes après 29 jours.",
        )


def of_stopped_restorations(home: Home) -> Iterator[Finding]:
    """What a restoration of a territory that was stopped before it took place has left, with its data."""
    young = (datetime.now(UTC) - RECEIVING).timestamp()
    under_way = {each.slug for each in Territory.objects.filter(pk__in=gates.closed())}
    for path in sorted(home.path.glob(".restauration-*")):
        slug = path.name.removeprefix(".restauration-")
        if slug not in under_way and path.lstat().st_mtime < young:
            yield Finding(
                f"restoration:{slug}:left",
                f"Une restauration de {slug} a été arrêtée : ce qu'elle a laissé ({path.name}) tient des données de cette collectivité.",
                territory=slug,
                action=f"Relancez la même commande pour la finir, ou ôtez-les : « rm -r {path} ».",
            )


def _contains_file(path: Path) -> bool:
    """Whether it is, or holds, a file that was received whole."""
    if path.is_file():
        return True
    return any(each.is_file() and not each.name.startswith(".") for each in path.rglob("*"))


def _children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _differences() -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Kind and name of what the snapshot has and the database has not, or not alike; and the reverse."""
    snapshot = schema_snapshot.read()
    if not _is_comparable(snapshot):
        return set(), set()
    due, there = set(snapshot.statements), _statements()
    return {_object(each) for each in due - there}, {_object(each) for each in there - due}


def _is_comparable(snapshot: schema_snapshot.Snapshot) -> bool:
    """Whether the database has taken the same steps as the snapshot."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app || '.' || name FROM django_migrations")
        return {name for (name,) in cursor.fetchall()} == set(snapshot.migrations)


def _statements() -> set[str]:
    connection.ensure_connection()
    return set(schema_snapshot.statements_of(connection.connection))


def _object(statement: str) -> tuple[str, str]:
    found = _OBJECT.match(statement)
    return (found[1].upper(), found[2]) if found else ("", statement[:40])


def _first(names: set[Any]) -> str:
    ordered = sorted(names)
    more = f" et {len(ordered) - _MOST} de plus" if len(ordered) > _MOST else ""
    return f"{', '.join(ordered[:_MOST])}{more}"
