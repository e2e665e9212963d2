"""Processes that write in one lake while another reads it: how many commits failed, were lost, doubled or seen half.

In: the home of a lake, a staged table, a number of commits. Out: the counts, and the seconds that they took together.
"""

import multiprocessing
import time
from pathlib import Path

import duckdb

from beffroi.lake.errors import LakeError
from beffroi.lake.store import Lake
from beffroi.lake.tables import Column, StagedTable

COMMITS, WRITERS = 300, 3
COLUMNS = (
    Column("compteur", "Compteur", "code"),
    Column("jour", "Jour", "date"),
    Column("valeur", "Valeur", "decimal"),
    Column("note", "Note", "text"),
)


def staged(folder: Path, rows: int, start: int = 0, *, step: int = 1, more: int = 0) -> StagedTable:
    """Meter readings, as a reader would stage them: one in `step` from `start`, `more` euros added to each."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{rows}-{start}-{more}.parquet"
    with duckdb.connect() as engine:
        engine.execute(
            f"COPY (SELECT printf('C%08d', i) AS compteur, DATE '2020-01-01' + CAST(i % 2000 AS INTEGER) AS jour, "
            f"CAST((i * 7919 % 1000000) / 100.0 + {more} AS DECIMAL(12, 2)) AS valeur, 'relevé ' || (i % 97) AS note, "
            f"i + 2 AS _line FROM range({start}, {start + rows * step}, {step}) t(i)) TO '{file}' (FORMAT parquet)"
        )
    return StagedTable(
        "releves", "releves.csv", "0" * 64, COLUMNS, rows, rows, 0, file, folder / "aside.parquet", ()
    )


def _write(
    home: Path, file: StagedTable, number: int, each: int, failed: "multiprocessing.Queue[int]"
) -> None:
    count = 0
    with Lake(home) as lake:
        for turn in range(each):
            try:
                act = f"{number}-{turn}"
                lake.write("releves", file, delivery=number * each + turn, act=act, mode="append")
            except (LakeError, duckdb.Error):
                count += 1
    failed.put(count)


def _read(
    home: Path,
    rows: int,
    over: "multiprocessing.synchronize.Event",
    results: "multiprocessing.Queue[tuple[int, int]]",
) -> None:
    """Read until stopped: how many reads, and how many saw part of a delivery or failed."""
    turns = wrong = 0
    with Lake(home, read_only=True) as lake:
        while not over.is_set() or not turns:
            try:
                wrong += lake.count("releves") % rows != 0
            except (LakeError, duckdb.Error):
                wrong += 1
            turns += 1
            time.sleep(0.01)
    results.put((turns, wrong))


def together(home: Path, file: StagedTable, commits: int) -> dict[str, float]:
    """Three processes commit while a fourth reads: what failed, what is missing, what was seen half."""
    with Lake(home) as lake:
        lake.write("releves", file, delivery=0, act="first", mode="replace")
    spawn, each = multiprocessing.get_context("spawn"), commits // WRITERS
    failed, results, over = spawn.Queue(), spawn.Queue(), spawn.Event()
    reader = spawn.Process(target=_read, args=(home, file.rows_kept, over, results))
    writers = [spawn.Process(target=_write, args=(home, file, n + 1, each, failed)) for n in range(WRITERS)]
    clock = time.monotonic()
    for process in (reader, *writers):
        process.start()
    lost = sum(failed.get(timeout=1800) for _ in writers)
    spent = time.monotonic() - clock
    over.set()
    reads, wrong = results.get(timeout=120)
    for process in (reader, *writers):
        process.join(60)
    with Lake(home, read_only=True) as lake:
        stored = lake.count("releves") // file.rows_kept - 1
        acts = (
            lake.query_rows("SELECT count(DISTINCT commit_extra_info) FROM ducklake_snapshots('lake')")[0][0]
            - 1
        )
    done = each * WRITERS - lost
    return {
        "commits": each * WRITERS, "failed": lost, "lost": done - min(stored, acts), "twice": stored - acts,
        "reads": reads, "wrong": wrong, "seconds": spent,
    }  # fmt: skip
