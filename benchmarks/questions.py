"""Benchmark of one query on ten million rows (filter, join, group), and of its first rows, against other engines.

In: how many rows, how many rounds. Out: Markdown on standard output: CPU seconds of one answer, the server's own included.
SQLite is queried as Datasette would, PostgreSQL as installed and analysed; both have the same rows, loaded from the same file.
`python -m benchmarks.questions`.
"""

import argparse
import json
import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median

import duckdb

from beffroi.lake import catalogues
from beffroi.lake.engine import connect
from beffroi.lake.store import Lake
from beffroi.lake.tables import Column, StagedTable
from beffroi.recipes.engine import Engine
from beffroi.recipes.model import Recipe
from beffroi.recipes.requests import DraftRequest, Request
from postgres import Cluster, NoPostgreSQL, cluster

from .lake_catalogues import Cost, measured
from .work import KINDS, RECIPE, RECIPE_SQL, STREETS, TOWNS, grant

ROWS = 10_000_000
FIRST = {**RECIPE, "steps": RECIPE["steps"][:3]}
"""Preview next to the editor once the join is written: its first fifty rows."""
COLUMNS = (
    Column("identifiant", "Identifiant", "code"),
    Column("code_commune", "Code commune", "code"),
    Column("commune", "Commune", "text"),
    Column("voie", "Voie", "text"),
    Column("date_releve", "Date relevé", "date"),
    Column("categorie", "Catégorie", "text"),
    Column("montant", "Montant", "decimal"),
    Column("quantite", "Quantité", "integer"),
    Column("taux", "Taux", "number"),
    Column("paye", "Payé", "boolean"),
)
PLACES = (
    Column("code_commune", "Code commune", "code"),
    Column("commune", "Commune", "text"),
    Column("population", "Population", "integer"),
)


def prepare(folder: Path, rows: int) -> None:
    """Invented amounts paid by invented towns, in a lake, and as Parquet for the peers to load."""
    towns, streets, kinds = ([*words] for words in (TOWNS, STREETS, KINDS))
    with duckdb.connect() as engine:
        engine.execute(
            "COPY (SELECT printf('%08d', i) AS identifiant, CAST(99001 + i * 7919 % 8 AS VARCHAR) AS code_commune, "
            "list_extract($1::VARCHAR[], 1 + i * 7919 % 8) AS commune, "
            "list_extract($2::VARCHAR[], 1 + i * 104729 % 6) AS voie, "
            "DATE '2015-01-01' + CAST(i * 31 % 3650 AS INTEGER) AS date_releve, "
            "list_extract($3::VARCHAR[], 1 + i * 15485863 % 6) AS categorie, "
            "CAST(hash(i) % 1000000 / 100.0 AS DECIMAL(18, 4)) AS montant, CAST(hash(i + 1) % 5000 AS BIGINT) AS quantite, "
            "hash(i + 2) % 1000000 / 1000000.0 AS taux, hash(i + 3) % 2 = 0 AS paye, i + 2 AS _line "
            f"FROM range({rows}) t(i)) TO '{folder / 'releves.parquet'}' (FORMAT parquet)",
            [towns, streets, kinds],
        )
        engine.execute(
            "COPY (SELECT CAST(99001 + i AS VARCHAR) AS code_commune, list_extract($1::VARCHAR[], 1 + i) AS commune, "
            f"1000 * (i + 1) AS population, i + 2 AS _line FROM range(8) t(i)) TO '{folder / 'communes.parquet'}' (FORMAT parquet)",
            [towns],
        )
    versions = {}
    with Lake(folder / "lasting") as lake:
        for name, columns, count in (("releves", COLUMNS, rows), ("communes", PLACES, len(TOWNS))):
            made, rejected = folder / f"{name}.parquet", folder / "aside.parquet"
            staged = StagedTable(name, name, "0" * 64, columns, count, count, 0, made, rejected, ())
            version = lake.write(name, staged, delivery=1, act=name, mode="replace")
            versions[name] = [version, [column.name for column in columns]]
    (folder / "versions.json").write_text(json.dumps(versions), "utf-8")


def load_sqlite(folder: Path) -> None:
    base = connect()
    base.execute(f"ATTACH '{folder / 'peer.sqlite'}' AS peer (TYPE sqlite)")
    for name in ("releves", "communes"):
        # SQLite has no decimals: it holds them as it holds all numbers with a point.
        columns = (
            "* EXCLUDE _line REPLACE (montant::DOUBLE AS montant)" if name == "releves" else "* EXCLUDE _line"
        )
        base.execute(f"CREATE TABLE peer.{name} AS SELECT {columns} FROM '{folder / f'{name}.parquet'}'")
    base.close()


def load_postgresql(folder: Path, server: Cluster) -> str:
    database = server.database()
    with duckdb.connect() as engine:
        for name in ("releves", "communes"):
            engine.execute(
                f"COPY (SELECT * EXCLUDE _line FROM '{folder / f'{name}.parquet'}') TO '{folder / f'{name}.csv'}' (HEADER false)"
            )
    server.sql(
        "CREATE TABLE releves (identifiant text, code_commune text, commune text, voie text, date_releve date, categorie text, "
        "montant numeric(18, 4), quantite bigint, taux double precision, paye boolean); "
        "CREATE TABLE communes (code_commune text, commune text, population bigint)",
        database=database,
    )
    for name in ("releves", "communes"):
        server.sql(f"\\copy {name} FROM '{folder / f'{name}.csv'}' CSV", database=database)
        (folder / f"{name}.csv").unlink()
    server.sql("VACUUM ANALYZE releves", database=database)
    server.sql("VACUUM ANALYZE communes", database=database)
    return database


def platform_answer(
    folder: Path, definition: dict[str, object], limit: int, *, draft: bool = False
) -> Callable[[Engine], None]:
    """The answer to a recipe; of a `draft`, its first rows as the page on which it is written asks for them."""
    made = Recipe.model_validate(definition)

    def ask(engine: Engine) -> None:
        request = Request(made, {name: grant(folder, name) for name in made.sources}, limit=limit)
        if not engine.answer(DraftRequest(request) if draft else request).table.num_rows:
            raise RuntimeError("the recipe gave nothing")

    return ask


def table(rows: int, rounds: int, costs: dict[str, list[Cost]], peers: dict[str, str]) -> None:
    print(
        f"Mesuré le {date.today():%d/%m/%Y} par `python -m benchmarks.questions --rows {rows}`, {rounds} tours, médianes.\n"
    )
    print("| question | CPU (s) | durée (s) | rapport à la recette |")
    print("|---|---:|---:|---:|")
    spent = {name: median(c.here + c.server for c in found) for name, found in costs.items()}
    for name, found in costs.items():
        base = spent[peers[name]] if name in peers else None
        ratio = f"{spent[name] / base:.2f} ×" if base else "—"
        print(f"| {name} | {spent[name]:.3f} | {median(c.clock for c in found):.3f} | {ratio} |")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.questions")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--without", nargs="*", default=[], choices=("sqlite", "postgresql"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="beffroi-bench-") as made:
        folder = Path(made)
        print(f"making {args.rows} rows…", file=sys.stderr)
        prepare(folder, args.rows)
        tasks: dict[str, tuple[Callable[[], object], Cluster | None]] = {}
        recipe, first = "Recette : filtrer, rapprocher, grouper", "Recette : aperçu après le rapprochement"
        engine, by_hand = Engine(), connect()
        catalogues.attach(by_hand, folder / "lasting")
        whole, page = platform_answer(folder, RECIPE, 10_000), platform_answer(folder, FIRST, 50, draft=True)
        tasks[recipe] = (lambda: whole(engine), None)
        tasks["DuckDB, SQL à la main"] = (lambda: by_hand.execute(RECIPE_SQL).to_arrow_table(), None)
        tasks[first] = (lambda: page(engine), None)
        simple = RECIPE_SQL.replace("lake.main.", "")
        if "sqlite" not in args.without:
            print("loading SQLite…", file=sys.stderr)
            load_sqlite(folder)
            base = sqlite3.connect(folder / "peer.sqlite")
            named = simple.replace("GROUP BY ALL", "GROUP BY r.commune, r.categorie")
            tasks["SQLite (le moteur de Datasette)"] = (lambda: base.execute(named).fetchall(), None)
        if "postgresql" not in args.without:
            try:
                server = cluster(durable=True)
            except NoPostgreSQL as absent:
                print(f"PostgreSQL : non mesuré ici ({absent}).\n", file=sys.stderr)
            else:
                print("loading PostgreSQL…", file=sys.stderr)
                database = load_postgresql(folder, server)
                named = simple.replace("GROUP BY ALL", "GROUP BY r.commune, r.categorie")
                tasks["PostgreSQL"] = (lambda: server.sql(named, database=database), server)
        costs: dict[str, list[Cost]] = {name: [] for name in tasks}
        for turn in range(args.rounds + 1):
            for name, (task, there) in tasks.items():
                if turn > 3 and name.startswith(("SQLite", "PostgreSQL")):
                    continue  # their answers take seconds: three rounds tell enough
                cost = measured(lambda task=task: task(), there)  # type: ignore[misc]
                if turn:  # the first one opens files and connections
                    costs[name].append(cost)
        table(args.rows, args.rounds, costs, {name: recipe for name in tasks if name not in (recipe, first)})
        by_hand.close()
        engine.close()
    print(f"\nCharge de la machine à la fin : {os.getloadavg()[0]:.1f} sur {os.cpu_count()} cœurs.")


if __name__ == "__main__":
    main()
