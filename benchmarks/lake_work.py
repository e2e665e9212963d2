"""Benchmark of the lake: appends and upserts into ten million rows, concurrent writers and a reader, compaction of small deliveries.

In: how many rows and commits. Out: Markdown on standard output, on both catalogues. Processor seconds of this process, the
server's own apart (it is durable, on a Unix socket). `python -m benchmarks.lake_work`.
"""

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from beffroi.lake import catalogues, maintenance
from beffroi.lake.store import Lake
from beffroi.lake.tables import StagedTable
from beffroi.text import format_number
from lake.lakes import in_postgresql
from postgres import Cluster, NoPostgreSQL, cluster
from support.lake_writers import COMMITS, WRITERS, staged, together

from .lake_catalogues import Cost, measured

ROWS, DELIVERIES = 10_000_000, 1000


def files(home: Path) -> dict[str, int]:
    return {p.name: p.stat().st_size for p in (home / "data").rglob("*") if p.is_file()}


@dataclass(frozen=True)
class Delivered:
    what: str
    cost: Cost
    written: int  # bytes of new files
    whole: int  # bytes of the table
    rewritten: int  # files of before that went


def deliver(home: Path, staging: Path, rows: int, server: Cluster | None) -> list[Delivered]:
    """A thousand rows added to many, then as many changed, by their key, all along the table; three times each.

    The lake is opened for each, as by a delivery's task.
    """
    with Lake(home) as lake:
        lake.write("releves", staged(staging, rows), delivery=0, act="first", mode="replace")
    few, modes = 1000, ("append", "upsert") * 3
    found = []
    for turn, mode in enumerate(modes):
        added = mode == "append"
        step = 1 if added else rows // few
        file = staged(staging, few, rows + few * turn if added else turn, step=step, more=0 if added else 1)

        def write(
            file: StagedTable = file, turn: int = turn, mode: Literal["append", "upsert"] = mode
        ) -> None:
            key = ("compteur",) if mode == "upsert" else ()
            with Lake(home) as lake:
                lake.write("releves", file, delivery=1 + turn, act=f"a{turn}", mode=mode, key=key)

        before = files(home)
        cost, after = measured(write, server), files(home)
        fresh = sum(size for name, size in after.items() if name not in before)
        removed = len(before.keys() - after.keys())
        found.append(
            Delivered("ajout" if added else "mise à jour", cost, fresh, sum(before.values()), removed)
        )
    with Lake(home, read_only=True) as lake:
        if lake.count("releves") != rows + 3 * few:
            raise RuntimeError("rows were lost, or doubled")
    return sorted(found, key=lambda one: one.what)


def compact(
    home: Path, staging: Path, deliveries: int, server: Cluster | None
) -> tuple[Cost, maintenance.MaintenanceReport, int]:
    """A thousand small deliveries, then the upkeep, twice: the second one removes what the first made useless."""
    file = staged(staging, 100)
    with Lake(home) as lake:
        for turn in range(deliveries):
            lake.write("releves", file, delivery=turn, act=f"a{turn}", mode="append")
        before = lake.checksums()
    policy = maintenance.RetentionPolicy(grace=timedelta(0))
    report = maintenance.MaintenanceReport()

    def maintain() -> None:
        nonlocal report
        report = maintenance.run_maintenance(home, policy)

    cost = measured(maintain, server)
    with Lake(home, read_only=True) as lake:
        if lake.checksums() != before or lake.count("releves", 2) != 200:
            raise RuntimeError("the content or the past changed")
    return cost, report, file.rows_kept * deliveries


@contextlib.contextmanager
def homes() -> Iterator[dict[str, tuple[Path, Cluster | None]]]:
    """A folder for each catalogue that this machine has."""
    with tempfile.TemporaryDirectory(prefix="beffroi-bench-") as made:
        found: dict[str, tuple[Path, Cluster | None]] = {"SQLite": (Path(made) / "sqlite", None)}
        try:
            found["PostgreSQL"] = (Path(made) / "postgresql", cluster(durable=True))
        except NoPostgreSQL as absent:
            print(f"PostgreSQL : non mesuré ici ({absent}).\n", file=sys.stderr)
        yield found


def blank(folder: Path, name: str, server: Cluster | None) -> Path:
    home = folder / name
    if server is not None:
        catalogues.write_postgresql_address(home, in_postgresql(server))
    return home


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lake_work")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--commits", type=int, default=COMMITS)
    parser.add_argument("--deliveries", type=int, default=DELIVERIES)
    args = parser.parse_args()
    print(f"Mesuré le {date.today():%d/%m/%Y} par `python -m benchmarks.lake_work --rows {args.rows}`.\n")
    with homes() as kinds:
        print(
            f"| 1 000 lignes ajoutées, ou changées par clé, parmi {format_number(args.rows, ',', ' ')} | CPU ici (s) "
            "| CPU du serveur (s) | durée (s) | octets écrits | octets de la table | fichiers réécrits |"
        )
        print("|---|---:|---:|---:|---:|---:|---:|")
        for kind, (folder, server) in kinds.items():
            for found in deliver(blank(folder, "deliver", server), folder / "s", args.rows, server):
                cost = found.cost
                print(
                    f"| {kind}, {found.what} | {cost.here:.2f} | {cost.server:.2f} | {cost.clock:.2f} | "
                    f"{found.written} | {found.whole} | {found.rewritten} |",
                    flush=True,
                )
        print(
            f"\n| {WRITERS} écrivains et un lecteur | validations | échouées | perdues | faites deux fois | lectures | lectures fausses | durée (s) |"
        )
        print("|---|---:|---:|---:|---:|---:|---:|---:|")
        for kind, (folder, server) in kinds.items():
            figures = together(blank(folder, "together", server), staged(folder / "s", 1000), args.commits)
            cells = [figures[n] for n in ("commits", "failed", "lost", "twice", "reads", "wrong")]
            print(f"| {kind} | " + " | ".join(map(str, cells)) + f" | {figures['seconds']:.0f} |", flush=True)
        print(
            f"\n| entretien de {args.deliveries} petites livraisons | lignes | fichiers avant | après | octets avant | après | CPU ici (s) | CPU du serveur (s) |"
        )
        print("|---|---:|---:|---:|---:|---:|---:|---:|")
        for kind, (folder, server) in kinds.items():
            cost, report, rows = compact(
                blank(folder, "compact", server), folder / "s", args.deliveries, server
            )
            print(
                f"| {kind} | {rows} | {report.files_before} | {report.files_after} | {report.size_before} | {report.size_after} | "
                f"{cost.here:.2f} | {cost.server:.2f} |",
                flush=True,
            )
    print(f"\nCharge de la machine à la fin : {os.getloadavg()[0]:.1f} sur {os.cpu_count()} cœurs.")


if __name__ == "__main__":
    main()
