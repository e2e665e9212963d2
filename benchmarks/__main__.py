"""Benchmark runner: every line of the table with its peers, in turn, and the medians.

In: how many rows, how many rounds. Out: Markdown on standard output, progress on standard error.
"""

import argparse
import importlib.util
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median

from beffroi.text import format_number

from .work import TASKS, prepare

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Line:
    """One line of the table: what is done, by which task, and the task that does the same without the platform."""

    what: str
    task: str
    peer: str | None = None
    peer_name: str = "—"
    needs: str = ""  # a module that only the peer needs
    most: int = 100  # rounds: a peer that takes minutes is measured once


def lines(rows: int) -> list[Line]:
    raw = "DuckDB `read_csv`, types donnés → Parquet"
    many = format_number(rows, ",", " ")
    return [
        Line(f"Lire un CSV de {many} lignes, UTF-8", "gather-utf-8", "raw-utf-8", raw),
        Line(f"Lire un CSV de {many} lignes, cp1252", "gather-cp1252", "raw-cp1252", raw),
        Line(
            "Le même CSV, UTF-8",
            "gather-utf-8",
            "sqlite-utils",
            "`sqlite-utils insert --csv`",
            "sqlite_utils",
            1,
        ),
        Line(
            "Le même CSV, UTF-8",
            "gather-utf-8",
            "sqlite-utils-texts",
            "sqlite-utils, `insert_all`, sans types",
            "sqlite_utils",
            1,
        ),
        Line(
            f"Dix fois : filtrer, rapprocher, grouper {many} lignes",
            "recipe",
            "recipe-sql",
            "DuckDB, SQL à la main",
        ),
        Line(
            f"Dix fois : les 50 premières lignes parmi {many}",
            "first-page",
            "first-page-sql",
            "DuckDB, SQL à la main",
        ),
        Line("Registre : 20 000 lignes scellées puis vérifiées", "ledger-chain"),
        Line("Registre : 20 000 lignes ajoutées dans la base", "ledger-database"),
        Line("Cantine : épreuve sur l'échantillon inventé", "canteen"),
    ]


def main() -> None:
    if len(sys.argv) == 4 and sys.argv[1] == "task":
        TASKS[sys.argv[2]](Path(sys.argv[3]))
        return
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="a part of the names of the tasks to measure")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="beffroi-bench-") as made:
        folder = Path(made)
        print(f"preparing {args.rows} rows…", file=sys.stderr)
        prepare(folder, args.rows)
        idle = [_spend("nothing", folder) for _ in range(args.rounds)]
        start = Spent(median(each.cpu for each in idle), median(each.clock for each in idle), 0)
        print(f"Mesuré le {date.today():%d/%m/%Y} par `python -m benchmarks --rows {args.rows}`,")
        print(
            f"{args.rounds} tour(s) en alternance, médianes ; {os.cpu_count()} cœurs, {platform.machine()},"
        )
        print(
            f"Python {platform.python_version()}. Secondes CPU (utilisateur et système, processus enfants compris),"
        )
        print(
            f"démarrage de l'interpréteur et imports retirés ({_number(start.cpu)} s ; à l'horloge {_number(start.clock)} s).\n"
        )
        print("| travail | Beffroi (s) | pair | pair (s) | rapport | à l'horloge | mémoire (Mo) |")
        print("|---|---:|---|---:|---:|---:|---:|")
        for line in (line for line in lines(args.rows) if args.only in f"{line.task} {line.peer}"):
            print(f"measuring {line.task}…", file=sys.stderr)
            print(_row(line, folder, args.rounds, start), flush=True)


@dataclass(frozen=True)
class Spent:
    """CPU seconds of a task and of the children that it waited for, seconds by the clock, megabytes at its peak."""

    cpu: float
    clock: float
    memory: int


def _row(line: Line, folder: Path, rounds: int, start: Spent) -> str:
    if line.needs and importlib.util.find_spec(line.needs) is None:
        return f"| {line.what} | — | {line.peer_name} | non mesuré ici ({line.needs} n'est pas installé) | — | — | — |"
    own: list[Spent] = []
    others: list[Spent] = []
    for _ in range(min(rounds, line.most)):
        own.append(_spend(line.task, folder))
        if line.peer:
            others.append(_spend(line.peer, folder))
    cpu, clock = _middle(own, start)
    cells = [_number(cpu), line.peer_name, "—", "—", f"{_number(clock)} s"]
    if others:
        peer_cpu, peer_clock = _middle(others, start)
        cells[2:] = [
            _number(peer_cpu),
            f"{_number(cpu / peer_cpu)} ×",
            f"{_number(clock)} / {_number(peer_clock)} s ({_number(clock / peer_clock)} ×)",
        ]
    return f"| {line.what} | {' | '.join(cells)} | {max(each.memory for each in own)} |"


def _middle(rounds: Sequence[Spent], start: Spent) -> tuple[float, float]:
    """Medians of the CPU and of the clock, without the start of the interpreter."""
    cpu = median(each.cpu for each in rounds) - start.cpu
    clock = median(each.clock for each in rounds) - start.clock
    return max(0.001, cpu), max(0.001, clock)


def _spend(task: str, folder: Path) -> Spent:
    """One task in a process of its own. The memory is that of its largest process, file cache excluded."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks", "task", task, str(folder)],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    clock = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return Spent(used.ru_utime + used.ru_stime, clock, used.ru_maxrss // 1024)


def _number(value: float) -> str:
    return format_number(value, ".2f")


if __name__ == "__main__":
    main()
