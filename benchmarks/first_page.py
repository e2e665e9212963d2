"""Latency of the first page of a large dataset: `python -m benchmarks.first_page --rows 10000000`.

In: how many rows, how many loads. Out: Markdown: median, 95th centile and CPU of each page at the server. The dataset is
made by the lake itself; the site is the real `beffroi serve`, its CPU that of all its processes.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from beffroi.text import format_number
from support.load import Session, come_in
from support.served import Instance, children, prepare

_FILL = """
import sys
from pathlib import Path
import duckdb
from beffroi.home import Home
from beffroi.cli.common import setup_django
home, rows = Home(Path(sys.argv[1])), int(sys.argv[2])
setup_django(home)
from beffroi.lake.quoting import quote_literal
from beffroi.lake.tables import Column, StagedTable
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.catalogue.lifecycle.lake_commits import close_pour, open_lake
from beffroi.web.platform import scope
from beffroi.web.platform.models import Territory
folder = home.path / "bench"
folder.mkdir()
made, aside = folder / "rows.parquet", folder / "aside.parquet"
with duckdb.connect() as engine:
    engine.execute("SET threads = 1")
    engine.execute(f'''COPY (SELECT lpad(CAST(i % 36000 AS VARCHAR), 5, '0') AS code, 'Libellé numéro ' || i AS libelle,
        DATE '2020-01-01' + CAST(i % 2000 AS INTEGER) AS jour, CAST((i * 7919) % 100000 / 100.0 AS DECIMAL(12, 2)) AS montant,
        i % 12 AS mois, 'Commune ' || (i % 36000) AS commune, (i % 97) * 1.5 AS taux, i % 3 = 0 AS actif, i + 2 AS _line
        FROM range({rows}) t(i)) TO {quote_literal(str(made))} (FORMAT parquet)''')
    engine.execute(f'''COPY (SELECT '' AS file, 0::BIGINT AS line, '' AS reason, '' AS kind, '' AS raw LIMIT 0)
        TO {quote_literal(str(aside))} (FORMAT parquet)''')
kinds = {"code": "code", "libelle": "text", "jour": "date", "montant": "decimal", "mois": "integer", "commune": "text",
         "taux": "number", "actif": "boolean"}
columns = tuple(Column(name, name.capitalize(), kind) for name, kind in kinds.items())
staged = StagedTable("grand", "grand.csv", "0" * 64, columns, rows, rows, 0, made, aside, ())
town = Territory.objects.get(slug=sys.argv[3])
with scope.inside(town):
    dataset = Dataset.objects.create(territory=town, slug="grand", title="Grand jeu", table="grand", simulated=True)
    snapshot = Snapshot.objects.create(territory=town, dataset=dataset, number=1, act="pour:bench", mode="replace",
        file="grand.csv", file_sha256="0" * 64, rows_read=rows, rows_stored=rows,
        columns=[column.to_dict() for column in columns])
    with open_lake(dataset) as lake:
        version = lake.write("grand", staged, delivery=1, act="pour:bench", mode="replace")
        close_pour(snapshot, lake, version)
made.unlink()
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.first_page")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--loads", type=int, default=30)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="beffroi-first-page-") as made:
        instance = prepare(Path(made) / "home", towns=1)
        print(f"making {args.rows} rows…", file=sys.stderr)
        instance.run(_FILL, str(args.rows), instance.towns[0])
        instance.start()
        try:
            measure(instance, args.rows, args.loads)
        finally:
            instance.stop()


def measure(instance: Instance, rows: int, loads: int) -> None:
    session = come_in(instance.link("steward0@example.org"))
    town = instance.towns[0]
    page = f"/t/{town}/donnees/jeux/grand/"
    few = max(3, loads // 3)
    pages: list[tuple[str, str, int]] = [
        ("la liste des jeux, pour comparer", f"/t/{town}/donnees/", loads),
        ("première page", page, loads),
        ("deuxième page", page + "?page=2", loads),
        ("dernière page de l'aperçu (n° 200)", page + "?page=200", few),
        ("première page, telle qu'elle était (`?version=1`)", page + "?version=1", few),
    ]
    print(f"| page, {format_number(rows, ',')} lignes | médiane | 95e centile | CPU, tous processus |")
    print("|---|---:|---:|---:|")
    for name, path, count in pages:
        times, cpu = timed(instance, count, _asking(session, path))
        print(
            f"| {name} | {median(times):.0f} ms | {quantiles(times, n=20)[-1]:.0f} ms | {cpu:.0f} ms |",
            flush=True,
        )


def _asking(session: Session, path: str) -> Callable[[], int]:
    return lambda: session.get(path)[0]


def timed(instance: Instance, loads: int, ask: Callable[[], int]) -> tuple[list[float], float]:
    """Milliseconds of each load, and CPU milliseconds of the mean one; two loads before, for connections to open."""
    for _ in range(2):
        if (status := ask()) != 200:
            raise RuntimeError(f"the page answers {status}")
    times, before = [], cpu_of(instance)
    for _ in range(loads):
        start = time.perf_counter()
        if ask() != 200:
            raise RuntimeError("the page stopped answering")
        times.append((time.perf_counter() - start) * 1000)
    return times, (cpu_of(instance) - before) * 1000 / loads


def cpu_of(instance: Instance) -> float:
    """CPU seconds used so far by the server and all that descends from it."""
    waiting, used = [instance.server.pid] if instance.server else [], 0.0
    while waiting:
        pid = waiting.pop()
        waiting += children(pid)
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        used += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


if __name__ == "__main__":
    main()
