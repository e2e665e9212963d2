"""Sources of one territory: what the file declares beside what the instance has, secrets compared without being shown.

In: a territory's form. Out: differences, whose changes go through the registry of sources. Raises SecretMissing.
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from beffroi.lake import sources as connectors
from beffroi.lake.sources import Secret
from beffroi.lake.sources.errors import AccessRefused
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.models import Dataset, Source
from beffroi.web.catalogue.sources import connections, source_registry
from beffroi.web.catalogue.sources.models import EXPECTED
from beffroi.web.catalogue.sources.source_registry import Clause, Settings
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import RIGHTS

from .connection_forms import SecretFields, SourceFields
from .declared_people import is_waiting
from .file_differences import Application, Differences
from .form import TerritoryFields
from .reading import read_regular

MAX_SECRET: Final = 64 << 10


class SecretMissing(Exception):
    """The file or the variable of a secret that cannot be read; says which, never what it holds."""


def compare_sources(territory: Territory | None, entry: TerritoryFields, found: Differences) -> None:
    """Sources to add, whose settings or secret change, and those that the file does not name. Call inside the territory."""
    there = {row.title.casefold(): row for row in _rows(territory)} if territory else {}
    datasets = (
        list(Dataset.objects.of(territory).only("pk", "slug", "title", "territory"))
        if territory and entry.sources
        else []
    )
    for each in entry.sources:
        owner = each.owner or _first_depositor(entry)
        secret = secret_of(each.secret)
        row = there.pop(each.title.casefold(), None)
        if not owner:
            raise CatalogueError(
                f"La source « {each.title} » n'a pas de responsable : aucun membre du fichier ne peut déposer. Donnez owner."
            )
        if row is None:
            _add(territory, each, secret, owner, datasets, found)
        else:
            _compare(row, each, secret, owner, datasets, found)
    found.undeclared += [f"source « {row.title} »" for row in there.values() if row.kind != EXPECTED]


def _rows(territory: Territory) -> list[Source]:
    return list(Source.objects.of(territory).select_related("owner", "dataset"))


def _first_depositor(entry: TerritoryFields) -> str:
    may_deposit = {role for role, acts in RIGHTS.items() if "dataset.deposit" in acts}
    return next(
        (member.email for member in entry.members if may_deposit & {grant.role for grant in member.grants()}),
        "",
    )


def _add(
    territory: Territory | None,
    each: SourceFields,
    secret: Secret | None,
    owner: str,
    datasets: list[Dataset],
    found: Differences,
) -> None:
    text = f"source « {each.title} », {each.schedule.schedule().describe()}"
    if territory and is_waiting(territory, owner):
        found.deferred.append(f"{text} : attend que {owner} accepte")
        return

    def make(to: Application) -> None:
        with to.inside():
            if is_waiting(to.territory, owner):
                to.deferred.append(f"{text} : attend que {owner} accepte")
                return
            source_registry.add(
                to.territory,
                None,
                connectors.dump(each.connection),
                secret or Secret(),
                _settings(each, _person(owner), _chosen(each.dataset, datasets)),
            )

    found.add("+", text, make)


def _compare(
    row: Source,
    each: SourceFields,
    secret: Secret | None,
    owner: str,
    datasets: list[Dataset],
    found: Differences,
) -> None:
    if _address(connectors.dump(each.connection)) != _address(connectors.dump(connectors.parse(row.spec))):
        raise CatalogueError(
            f"La source « {row.title} » lit une autre adresse : elle ne se change pas. Donnez un autre titre à la nouvelle."
        )
    dataset = _chosen(each.dataset, datasets) or row.dataset
    current = (
        row.mode,
        tuple(row.key),
        row.schedule.describe(),
        row.dataset_id,
        row.owner.email if row.owner else "",
    )
    wanted = (
        each.mode,
        each.key,
        each.schedule.schedule().describe(),
        dataset.pk if dataset else None,
        owner if each.owner else current[4],
    )
    if current != wanted or (dataset is None and row.dataset_title != each.dataset):

        def change(to: Application) -> None:
            with to.inside():
                person = _person(owner) if each.owner or row.owner is None else row.owner
                settings = _settings(each, person, dataset)
                source_registry.change(row, None, replace(settings, promise=row.promise, clause=_clause(row)))

        found.add("~", f"source « {row.title} », {each.schedule.schedule().describe()}", change)
    if secret is not None and secret != _stored(row):

        def renew(to: Application) -> None:
            with to.inside():
                source_registry.new_secret(row, None, secret)

        found.add("~", f"source « {row.title} » : son secret", renew)


def _address(spec: dict[str, Any]) -> dict[str, Any]:
    """Where a source is, without what is learnt of its server."""
    return {name: value for name, value in spec.items() if name != "host_key"}


def _stored(row: Source) -> Secret | None:
    try:
        return connections.open_secret(row.sealed_secret)
    except AccessRefused:
        return None  # sealed by a key that is lost: written again


def _chosen(name: str, datasets: list[Dataset]) -> Dataset | None:
    return next((each for each in datasets if name in (each.slug, each.title)), None)


def _person(email: str) -> Person:
    person = Person.objects.filter(email__iexact=email).first()
    if person is None:
        raise CatalogueError(
            f"{email} n'est pas membre de ce territoire : mettez cette personne dans le fichier."
        )
    return person


def _settings(each: SourceFields, owner: Person, dataset: Dataset | None) -> Settings:
    return Settings(
        title=each.title,
        dataset=dataset,
        dataset_title=each.dataset,
        mode=each.mode,
        schedule=each.schedule.schedule(),
        owner=owner,
        key=each.key,
    )


def _clause(row: Source) -> Clause:
    return Clause(
        row.debtor_kind,
        row.debtor,
        row.contact,
        row.contract,
        row.article,
        row.clause_since,
        row.clause_until,
    )


def secret_of(fields: SecretFields | None) -> Secret | None:
    """The secret read where the file says; None when it says nothing. Raises SecretMissing."""
    if fields is None:
        return None
    return Secret(
        user=fields.user,
        password=read_secret("password", fields.password_file, fields.password_env),
        key=read_secret("key", fields.key_file, fields.key_env),
        token=read_secret("token", fields.token_file, fields.token_env),
    )


def read_secret(name: str, path: str | None, variable: str | None) -> str:
    """The secret of this name, from its file or its variable; "" where neither is named. Raises SecretMissing."""
    if variable is not None:
        if not os.environ.get(variable):
            raise SecretMissing(f"{name}_env : la variable {variable} est absente ou vide.")
        return os.environ[variable]
    if path is None:
        return ""
    try:
        text = read_regular(Path(path), MAX_SECRET + 1).decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError, ValueError):
        # The path may be the secret itself, written in the wrong place: it is not repeated.
        raise SecretMissing(f"{name}_file : ce fichier n'existe pas, ou ne peut pas être lu.") from None
    if not text or len(text) > MAX_SECRET:
        raise SecretMissing(f"{name}_file : ce fichier est vide, ou trop long pour un secret.")
    return text
