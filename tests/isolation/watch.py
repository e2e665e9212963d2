"""What an attempt must leave as it was: the other territory's rows and files, and every tie between rows of two territories.

`writes()` tells whether a request changed anything at all, so that the costly comparison is made only then.
"""

import functools
import hashlib
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models

import postgres
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.postgresql.lakes import KINDS

from .folder_events import NOT_CONTENT, FolderEvents

_OURS = "beffroi."
_VERBS = ("INSERT", "UPDATE", "DELETE", "REPLACE")


@functools.cache
def our_models() -> list[type[models.Model]]:
    """Every model of the house, those of many-to-many tables too."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith(_OURS) and model._meta.managed
    ]


def way_to_territory(model: type[models.Model]) -> str | None:
    """The look-up that leads from a row to its territory: `territory`, or through a key; None for the host's."""
    if getattr(model, "belongs_to_host", False) or model in (Territory, Person):
        return None
    names = {field.name for field in model._meta.get_fields() if isinstance(field, models.ForeignKey)}
    if "territory" in names:
        return "territory"
    through = getattr(model, "scope_through", None)
    if through is not None:
        further = way_to_territory(model._meta.get_field(through).related_model)  # type: ignore[arg-type]
        return f"{through}__{further}" if further else None
    for field in model._meta.get_fields():
        if isinstance(field, models.ForeignKey | models.OneToOneField):
            further = way_to_territory(field.related_model)  # type: ignore[arg-type]
            if further:
                return f"{field.name}__{further}"
    return None


def rows_of(model: type[models.Model], territory: Territory) -> models.QuerySet[Any]:
    way = way_to_territory(model)
    assert way is not None
    return model._default_manager.filter(**{way: territory}).order_by("pk")


type Asked = tuple[str, tuple[Any, ...]]  # a statement and its parameters


def _compiled(rows: models.QuerySet[Any]) -> Asked:
    return rows.query.get_compiler(connection=connection).as_sql()


@functools.cache
def _contents(territory: Territory) -> dict[str, Asked]:
    """For each table, what reads all that the territory holds in it: said to the database again and again, written once."""
    asked = {}
    with scope.inside(territory):
        for model in our_models():
            if way_to_territory(model) is not None:
                columns = [f.attname for f in model._meta.concrete_fields]
                asked[model._meta.db_table] = _compiled(rows_of(model, territory).values_list(*columns))
    return asked


def digest(territory: Territory, tables: Collection[str] | None = None) -> dict[str, str]:
    """One hash a table of all that the territory holds in the database, or in these tables."""
    sums = {}
    with scope.inside(territory), connection.cursor() as cursor:
        for table, (sql, values) in _contents(territory).items():
            if tables is not None and table not in tables:
                continue
            cursor.execute(sql, values)
            rows = [[bytes(v) if isinstance(v, memoryview) else v for v in row] for row in cursor.fetchall()]
            sums[table] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return sums


def files(territory: Territory) -> dict[str, tuple[int, int]]:
    """Size and date of each file of the territory's folder; a reader's marks beside a database are not its content."""
    folder = str(settings.HOME.territory(territory.slug))
    found, waiting = {}, [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif not entry.name.endswith(NOT_CONTENT):
                    stat = entry.stat()
                    found[entry.path[len(folder) + 1 :]] = (stat.st_size, stat.st_mtime_ns)
    return found


class Folder:
    """A territory's folder as it was: what an attempt that was allowed changed in its lake is put back.

    On PostgreSQL the lakes' catalogues go back with it: they would name files that are no longer there.
    """

    def __init__(self, territory: Territory) -> None:
        self.territory, self.was = territory, files(territory)
        self.schemas = [f"lake_{kind}_{territory.pk}" for kind in KINDS]
        self.catalogues = postgres.shared().dump(self.schemas) if connection.vendor == "postgresql" else None
        self.path: Path = settings.HOME.territory(territory.slug)
        self.copy = self.path.parent.parent / f"copy-of-{territory.slug}"
        shutil.copytree(self.path, self.copy)
        self.events = FolderEvents(self.path)

    def put_back(self) -> list[str]:
        """The files that had changed, and are again as they were."""
        if not self.events.something_written():
            return []
        self.events.begin()  # a folder made since is watched too
        now = files(self.territory)
        if now == self.was:
            return []
        shutil.rmtree(self.path)
        shutil.copytree(self.copy, self.path)
        self.events.begin()
        if self.catalogues is not None:
            postgres.shared().put_back(self.schemas, self.catalogues)
        return sorted(name for name in now.keys() | self.was.keys() if now.get(name) != self.was.get(name))


def content(territory: Territory) -> dict[str, str]:
    """The hash of each of these files."""
    folder: Path = settings.HOME.territory(territory.slug)
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files(territory)}


@functools.cache
def _ties(territory: Territory) -> dict[tuple[str, str, str], Asked]:
    """For each key that leads to a thing of a territory, by its table and the thing's, what finds the rows whose thing is another's."""
    asked = {}
    with scope.inside(territory):
        for model in our_models():
            way = way_to_territory(model)
            if way is None:
                continue
            rows = rows_of(model, territory)
            for field in model._meta.get_fields():
                if not isinstance(field, models.ForeignKey) or field.name == "territory":
                    continue
                target = field.related_model
                if further := way_to_territory(target):  # type: ignore[arg-type]
                    elsewhere = rows.exclude(**{f"{field.name}__{further}": territory})
                    told = f"{model.__name__}.{field.name} names a {target.__name__} of elsewhere"
                    asked[model._meta.db_table, target._meta.db_table, told] = _compiled(  # type: ignore[union-attr]
                        elsewhere.exclude(**{field.name: None}).order_by()[:1]
                    )
    return asked


def crossed(territory: Territory, tables: Collection[str] | None = None) -> list[str]:
    """The rows of the territory that name a thing of another one: all, or those of which an end lies in these tables."""
    found = []
    with scope.inside(territory), connection.cursor() as cursor:
        for (table, target, told), (sql, values) in _ties(territory).items():
            if tables is not None and not {table, target} & set(tables):
                continue
            cursor.execute(sql, values)
            if cursor.fetchone() is not None:
                found.append(told)
    return found


@functools.cache
def _tables() -> frozenset[str]:
    return frozenset(model._meta.db_table for model in our_models())


@contextmanager
def writes() -> Iterator[list[str]]:
    """The tables of ours that are written inside."""
    tables = _tables()
    seen: list[str] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip()[:7].upper().startswith(_VERBS):
            seen.extend(table for table in tables if f'"{table}"' in sql or f" {table} " in sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield seen
