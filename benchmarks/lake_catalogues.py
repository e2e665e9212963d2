"""Benchmark of the lake's catalogue in SQLite and in PostgreSQL: appends, small reads, openings, concurrent writers.

In: how many rounds. Out: Markdown on standard output. The PostgreSQL is the distribution's, durable, on a Unix socket; its
own processes are counted apart. `python -m benchmarks.lake_catalogues`.
"""

import argparse
import contextlib
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from beffroi.lake import catalogues, files
from beffroi.lake.errors import LakeError
from beffroi.lake.store import Lake
from beffroi.lake.tables import Column, StagedTable
from lake.lakes import grant, in_postgresql
from postgres import Cluster, cluster

APPENDS, READS, OPENINGS, ROWS, WRITERS, EACH = 50, 200, 20, 1000, 4, 8


@dataclass(frozen=True)
class Cost:
    """Seconds: of CPU in this process, of CPU in the database server, on the clock."""

    here: float
    server: float
    clock: float


def staged(folder: Path) -> StagedTable:
    folder.mkdir(parents=True, exist_ok=True)
    rows = {"v": range(ROWS), "t": [f"ligne {n}" for n in range(ROWS)], "_line": range(2, ROWS + 2)}
    pq.write_table(pa.table({name: list(values) for name, values in rows.items()}), folder / "t.parquet")
    columns = (Column("v", "V", "integer"), Column("t", "T", "text"))
    return StagedTable(
        "t", "t.csv", "0" * 64, columns, ROWS, ROWS, 0, folder / "t.parquet", folder / "q.parquet", ()
    )


def measured(task: Callable[[], None], server: Cluster | None) -> Cost:
    before, there, clock = _cpu(), _cpu_of(server), time.monotonic()
    task()
    return Cost(_cpu() - before, _cpu_of(server) - there, time.monotonic() - clock)


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _cpu_of(server: Cluster | None) -> float:
    """Of the server's first process, of those that it started, and of those of them that ended."""
    if server is None:
        return 0.0
    total, postmaster = 0, server.postmaster
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if postmaster in (int(folder.name), int(fields[1])):
                total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


def single_writer(home: Path, file: StagedTable, server: Cluster | None) -> dict[str, Cost]:
    costs = {}
    with Lake(home) as lake:
        lake.write("t", file, delivery=0, act="first", mode="replace")

        def append() -> None:
            for turn in range(APPENDS):
                lake.write("t", file, delivery=turn, act=f"a{turn}", mode="append")

        costs[f"{APPENDS} ajouts de {ROWS} lignes"] = measured(append, server)
        version = lake.version()
    with Lake(home, read_only=True) as lake:

        def read() -> None:
            for turn in range(READS):
                relation = lake.relation(grant(home, "t", version, ("v", "t")))
                found = relation.filter(relation.v == turn).limit(10).to_pyarrow()
                if found.num_rows != 10:
                    raise RuntimeError("the read gave something else")

        costs[f"{READS} petites lectures"] = measured(read, server)

    def open_close() -> None:
        for _ in range(OPENINGS):
            Lake(home, read_only=True).close()

    costs[f"{OPENINGS} ouvertures"] = measured(open_close, server)
    return costs


def _writer(
    home: Path, file: StagedTable, number: int, locked: bool, failed: "multiprocessing.Queue[int]"
) -> None:
    if not locked:
        files.write_lock = lambda _folder: contextlib.nullcontext()  # type: ignore[assignment]
    count = 0
    for turn in range(EACH):
        # Opened for each append, as a delivery's task does.
        try:
            with Lake(home) as lake:
                lake.write("t", file, delivery=number, act=f"{number}-{turn}", mode="append")
        except (LakeError, duckdb.Error):
            count += 1
    failed.put(count)


def together(home: Path, file: StagedTable, locked: bool) -> tuple[float, int]:
    """Seconds on the clock, and the commits that failed, of four processes that write in one lake."""
    with Lake(home) as lake:
        lake.write("t", file, delivery=0, act="first", mode="replace")
    spawn = multiprocessing.get_context("spawn")
    failed = spawn.Queue()
    writers = [spawn.Process(target=_writer, args=(home, file, n, locked, failed)) for n in range(WRITERS)]
    clock = time.monotonic()
    for writer in writers:
        writer.start()
    counts = [failed.get(timeout=300) for _ in writers]
    for writer in writers:
        writer.join(30)
    spent = time.monotonic() - clock
    with Lake(home, read_only=True) as lake:
        if lake.count("t") != ROWS * (1 + WRITERS * EACH - sum(counts)):
            raise RuntimeError("the lake does not hold what was acknowledged")
    return spent, sum(counts)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lake_catalogues")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    server = cluster(durable=True)
    kinds: dict[str, Cluster | None] = {"SQLite": None, "PostgreSQL": server}
    found: dict[str, dict[str, list[Cost]]] = {}
    with tempfile.TemporaryDirectory(prefix="beffroi-bench-") as made:
        file = staged(Path(made) / "staging")

        def blank(name: str, kind: str) -> Path:
            home = Path(made) / name / kind
            if kinds[kind]:
                catalogues.write_postgresql_address(home, in_postgresql(server))
            return home

        for turn in range(rounds):
            for kind, where in kinds.items():
                for what, cost in single_writer(blank(f"alone{turn}", kind), file, where).items():
                    found.setdefault(what, {}).setdefault(kind, []).append(cost)
        print(
            "| quoi | catalogue | CPU ici (s) | CPU du serveur (s) | durée (s) |\n| --- | --- | --- | --- | --- |"
        )
        for what, by_kind in found.items():
            for kind, costs in by_kind.items():
                cells = [median(getattr(c, part) for c in costs) for part in ("here", "server", "clock")]
                print(f"| {what} | {kind} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |")
        print(f"\n{WRITERS} processus, {EACH} ajouts chacun dans le même lac :\n")
        print("| catalogue | verrou | durée (s) | ajouts échoués |\n| --- | --- | --- | --- |")
        for kind in kinds:
            for locked in (True, False):
                results = [
                    together(blank(f"together{turn}{locked}", kind), file, locked) for turn in range(rounds)
                ]
                spent, lost = median(r[0] for r in results), sum(r[1] for r in results)
                name = "oui" if locked else "non"
                print(f"| {kind} | {name} | {spent:.1f} | {lost} sur {WRITERS * EACH * rounds} |", flush=True)
    print(f"\nCharge de la machine à la fin : {os.getloadavg()[0]:.1f} sur {os.cpu_count()} cœurs.")


if __name__ == "__main__":
    main()
