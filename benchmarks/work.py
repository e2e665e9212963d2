"""Measured tasks, of the platform and of its peers, and the invented rows that they work on.

In: the folder of the run, filled by `prepare`. Out: nothing; each task does its work once and ends.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

# All tasks start from the same imports, so that what is taken off as start-up is the same for all.
import duckdb
import ibis  # noqa: F401

from beffroi.lake import catalogues
from beffroi.lake.engine import connect
from beffroi.lake.grants import Grant
from beffroi.lake.readers import stage
from beffroi.lake.store import Lake
from beffroi.recipes.engine import Engine
from beffroi.recipes.model import Recipe
from beffroi.recipes.requests import Request

TOWNS = (
    "Valbruyère",
    "Saint-Élan",
    "La Chênaie",
    "Montfermé",
    "Pré-l'Évêque",
    "Rochecorbe",
    "Fontvive",
    "Aulnoy",
)
STREETS = ("rue des Écoles", "place du Marché", "chemin Vert", "allée des Tilleuls", "quai Nord", "rue Haute")
KINDS = ("Énergie", "Eau", "Propreté", "Voirie", "Écoles", "Fêtes et cérémonies")
CSV_TYPES = {
    "identifiant": "VARCHAR",
    "code_commune": "VARCHAR",
    "commune": "VARCHAR",
    "voie": "VARCHAR",
    "date_releve": "DATE",
    "categorie": "VARCHAR",
    "montant": "DECIMAL(18,4)",
    "quantite": "BIGINT",
    "taux": "DOUBLE",
    "paye": "VARCHAR",
}
LINES = 20_000
FIRST_ROWS = 50
TIMES = 10  # a query process answers many questions: its start is shared among them


def prepare(folder: Path, rows: int) -> None:
    """The CSV files, and a lake that holds the same rows and the towns."""
    _write_csv(folder / "utf-8.csv", rows, "utf-8")
    _write_csv(folder / "cp1252.csv", rows, "cp1252")
    towns = "Code commune;Commune;Population\r\n" + "".join(
        f"{99001 + n};{name};{1000 * (n + 1)}\r\n" for n, name in enumerate(TOWNS)
    )
    (folder / "communes.csv").write_text(towns, "utf-8", newline="")
    versions = {}
    with Lake(folder / "lasting") as lake:
        for name, file in (("releves", "utf-8.csv"), ("communes", "communes.csv")):
            (table,), _ = stage(folder / file, folder / "staging")
            version = lake.write(name, table, delivery=1, act=name, mode="replace")
            versions[name] = [version, [column.name for column in table.columns]]
    (folder / "versions.json").write_text(json.dumps(versions), "utf-8")


def _write_csv(path: Path, rows: int, encoding: str) -> None:
    chance = random.Random(2024)
    with path.open("w", encoding=encoding, newline="") as file:
        file.write(
            "Identifiant;Code commune;Commune;Voie;Date relevé;Catégorie;Montant;Quantité;Taux;Payé\r\n"
        )
        for n in range(rows):
            town = chance.randrange(len(TOWNS))
            day = f"{chance.randint(1, 28):02};{chance.randint(1, 12):02};{chance.randint(2015, 2024)}"
            share = f"{chance.random():.6f}".replace(".", ",")
            file.write(
                f"{n:08};{99001 + town};{TOWNS[town]};{chance.choice(STREETS)};{day.replace(';', '/')};{chance.choice(KINDS)};"
                f"{chance.randrange(10_000)},{chance.randrange(100):02};{chance.randrange(5_000)};{share};"
                f"{chance.choice(('oui', 'non'))}\r\n"
            )


def nothing(folder: Path) -> None:
    """Start, import, end."""


def gather(encoding: str) -> Callable[[Path], None]:
    def task(folder: Path) -> None:
        staging = Path(tempfile.mkdtemp(dir=folder))
        tables, refused = stage(folder / f"{encoding}.csv", staging)
        if len(tables) != 1 or refused or tables[0].rows_quarantined:
            raise RuntimeError("the file was not read whole")
        shutil.rmtree(staging)

    return task


def raw(encoding: str) -> Callable[[Path], None]:
    """DuckDB with all options explicit: separator, types, decimals, dates. For cp1252, its own reading of latin-1."""

    def task(folder: Path) -> None:
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in CSV_TYPES.items())
        read_as = "utf-8" if encoding == "utf-8" else "latin-1"
        connection = duckdb.connect(config={"threads": 2, "memory_limit": "1GB"})
        connection.execute(
            f"COPY (SELECT * FROM read_csv('{folder / f'{encoding}.csv'}', delim=';', header=true, "
            f"encoding='{read_as}', decimal_separator=',', dateformat='%d/%m/%Y', columns={{{columns}}})) "
            f"TO '{folder / 'raw.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
        )

    return task


def sqlite_utils(folder: Path) -> None:
    """Its command as it is documented; it finds whole numbers, and leaves decimal commas and French dates as texts."""
    command = ["insert", str(folder / "peer.sqlite"), "releves", str(folder / "utf-8.csv")]
    subprocess.run(
        [sys.executable, "-m", "sqlite_utils", *command, "--csv", "--delimiter", ";"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (folder / "peer.sqlite").unlink()


def sqlite_utils_texts(folder: Path) -> None:
    """Its library, with type inference off."""
    import csv

    import sqlite_utils as peer

    with (folder / "utf-8.csv").open(encoding="utf-8", newline="") as file:
        base = peer.Database(folder / "peer.sqlite", recreate=True)
        base["releves"].insert_all(csv.DictReader(file, delimiter=";"), batch_size=5_000)
    base.close()
    (folder / "peer.sqlite").unlink()


RECIPE: dict[str, Any] = {
    "title": "Montants payés par commune",
    "sources": {"releves": "releves", "communes": "communes"},
    "steps": [
        {"step": "source", "source": "releves"},
        {"step": "filter", "conditions": [{"column": "montant", "op": ">", "value": 2500}]},
        {
            "step": "join",
            "source": "communes",
            "on": [{"left": "code_commune", "right": "code_commune"}],
            "keep": "matched",
            "columns": ["population"],
        },
        {
            "step": "group",
            "by": ["commune", "categorie"],
            "measures": [
                {"name": "total", "operation": "sum", "column": "montant"},
                {"name": "lignes", "operation": "count"},
                {"name": "population", "operation": "max", "column": "population"},
            ],
        },
    ],
}
RECIPE_SQL = (
    "SELECT r.commune, r.categorie, sum(r.montant) AS total, count(*) AS lignes, max(c.population) AS population "
    "FROM lake.main.releves r JOIN lake.main.communes c USING (code_commune) "
    "WHERE r.montant > 2500 GROUP BY ALL"
)
PAGE: dict[str, Any] = {
    "title": "Premières lignes",
    "sources": {"releves": "releves"},
    "steps": [
        {"step": "source", "source": "releves"},
        {"step": "sort", "by": [{"column": "_delivery"}, {"column": "_line"}]},
    ],
}
PAGE_SQL = f"FROM lake.main.releves ORDER BY _delivery, _line LIMIT {FIRST_ROWS}"


def recipe(definition: dict[str, Any], limit: int) -> Callable[[Path], None]:
    def task(folder: Path) -> None:
        grants = {name: grant(folder, name) for name in definition["sources"]}
        with Engine() as engine:
            for _ in range(TIMES):
                released = engine.answer(Request(Recipe.model_validate(definition), grants, limit=limit))
                if not released.table.num_rows:
                    raise RuntimeError("the recipe gave nothing")

    return task


def by_hand(sql: str) -> Callable[[Path], None]:
    """The same question in SQL, on the same lake, opened the same way."""

    def task(folder: Path) -> None:
        connection = connect()
        catalogues.attach(connection, folder / "lasting")
        for _ in range(TIMES):
            if not connection.execute(sql).to_arrow_table().num_rows:
                raise RuntimeError("the query gave nothing")

    return task


def grant(folder: Path, name: str) -> Grant:
    version, columns = json.loads((folder / "versions.json").read_text("utf-8"))[name]
    return Grant(
        person="person:1",
        territory="mesure",
        dataset=name,
        lake=str(folder / "lasting"),
        table=name,
        version=version,
        columns=(*columns, "_delivery", "_line"),
        purpose="mesure",
        processing=1,
        expires=datetime.now(UTC) + timedelta(hours=1),
    )


def ledger_chain(folder: Path) -> None:
    from beffroi.ledger import chain

    lines, previous = [], chain.GENESIS
    for seq in range(1, LINES + 1):
        commitment = chain.commit({"seq": seq, "rows": 12}, b"salt" * 8)
        line = chain.seal(
            seq, "2025-01-01T00:00:00+00:00", "dataset.pour", "person:1", "dataset:1", commitment, previous
        )
        lines.append(line)
        previous = line.hash
    if not chain.verify(lines).ok:
        raise RuntimeError("the chain does not hold")


def ledger_database(folder: Path) -> None:
    """One batch, as a service that writes many lines would."""
    from beffroi.home import VARIABLE, Home

    home = Home(Path(tempfile.mkdtemp(dir=folder)) / "home")
    home.create(demo=True)
    os.environ[VARIABLE] = str(home.path)
    os.environ["DJANGO_SETTINGS_MODULE"] = "beffroi.web.settings"
    import django

    django.setup()
    from beffroi.web.operations.upgrade import prepare as make_base
    from beffroi.web.platform import ledger
    from beffroi.web.tenancy.services import NewTerritory, found_territory

    make_base(home)
    territory = found_territory(
        NewTerritory(code="99T01", name="Valbruyère", kind="CA", population=48_000, is_fictional=True)
    )
    ledger.append_many(
        territory,
        [ledger.NewLine("dataset.deposit", None, f"delivery:{seq}", {"size": seq}) for seq in range(LINES)],
    )


def canteen(folder: Path) -> None:
    from beffroi.systems.runner import execute, make_sample

    if execute("canteen", "backtest", make_sample("canteen", 0), seed=0).score is None:
        raise RuntimeError("the backtest gave no score")


TASKS: dict[str, Callable[[Path], None]] = {
    "nothing": nothing,
    "gather-utf-8": gather("utf-8"),
    "gather-cp1252": gather("cp1252"),
    "raw-utf-8": raw("utf-8"),
    "raw-cp1252": raw("cp1252"),
    "sqlite-utils": sqlite_utils,
    "sqlite-utils-texts": sqlite_utils_texts,
    "recipe": recipe(RECIPE, 10_000),
    "recipe-sql": by_hand(RECIPE_SQL),
    "first-page": recipe(PAGE, FIRST_ROWS),
    "first-page-sql": by_hand(PAGE_SQL),
    "ledger-chain": ledger_chain,
    "ledger-database": ledger_database,
    "canteen": canteen,
}
