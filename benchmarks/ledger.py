"""Benchmark of the ledger: a batch of 20,000 lines, durable appends by 20 territories at once, a copy of a million lines.

In: `python -m benchmarks.ledger [--lines 1000000] [--each 50]`; with BEFFROI_DATABASE and BEFFROI_DATABASE_OWNER, or
`--postgresql` for a durable server of the distribution, on PostgreSQL. Out: Markdown rows on standard output.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from beffroi.home import VARIABLE, Home
from beffroi.ledger import copies
from beffroi.ledger.chain import Entry, seal_all
from beffroi.text import format_number

ROOT = Path(__file__).resolve().parent.parent
TERRITORIES = 20
BATCH = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--each", type=int, default=50, help="appends a territory")
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--append", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.append:
        setup_django(Home.from_environment())
        append_one_by_one(args.append, args.each)
        return
    if args.postgresql:
        sys.path.insert(0, str(ROOT / "tests"))
        import postgres

        server = postgres.cluster(durable=True)
        os.environ["BEFFROI_DATABASE"] = server.url()
        os.environ["BEFFROI_DATABASE_OWNER"] = server.url(role=postgres.OWNER)
    where = "PostgreSQL" if os.environ.get("BEFFROI_DATABASE") else "SQLite"
    with tempfile.TemporaryDirectory(prefix="beffroi-bench-") as made:
        folder = Path(made)
        print("| travail | mesure |\n|---|---|")
        if args.lines:
            verified(folder / "registre.jsonl", args.lines)
        home = Home(folder / "home")
        home.create(demo=True)
        setup_django(home)
        keys = found()
        batch(where, keys[0])
        together(where, keys, args.each)


def setup_django(home: Home) -> None:
    os.environ[VARIABLE] = str(home.path)
    os.environ["DJANGO_SETTINGS_MODULE"] = "beffroi.web.settings"
    import django

    django.setup()


def found() -> list[int]:
    from django.conf import settings

    from beffroi.web.operations.upgrade import prepare
    from beffroi.web.tenancy.services import NewTerritory, found_territory

    prepare(settings.HOME)
    towns = (
        found_territory(NewTerritory(f"99T{n:02}", f"Ville {n}", "CA", None, is_fictional=True))
        for n in range(TERRITORIES)
    )
    return [town.pk for town in towns]


def verified(file: Path, lines: int) -> None:
    """An exported copy read back without the database."""
    acts = (
        Entry(
            "2026-01-01T00:00:00.123456+00:00",
            "dataset.deposit",
            f"person:{n % 50}",
            f"delivery:{n}",
            f"{n:064x}",
        )
        for n in range(lines)
    )
    with file.open("wb") as stream:
        stream.writelines(map(copies.encode_line, seal_all(acts)))
    wall, cpu = time.perf_counter(), time.process_time()
    if not copies.verify_file(file).verification.ok:
        raise RuntimeError("the copy does not verify")
    row(f"Copie de {format_number(lines, ',', ' ')} lignes vérifiée", since(wall, cpu))


def batch(where: str, key: int) -> None:
    from beffroi.web.platform import ledger
    from beffroi.web.platform.models import Territory

    town = Territory.objects.get(pk=key)
    new = [ledger.NewLine("dataset.deposit", None, f"delivery:{n}", {"size": n}) for n in range(BATCH)]
    measures = []
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        ledger.append_many(town, new)
        measures.append((time.perf_counter() - wall, time.process_time() - cpu))
    walls, cpus = zip(*measures, strict=True)
    row(f"{where} : lot de 20 000 lignes, durable", f"{median(walls):.2f} s, {median(cpus):.2f} s CPU")
    wall, cpu = time.perf_counter(), time.process_time()
    if not ledger.verify(town).ok:
        raise RuntimeError("the chain does not verify")
    row(f"{where} : ces {3 * BATCH} lignes et leurs détails vérifiés", since(wall, cpu))


def together(where: str, keys: list[int], each: int) -> None:
    """A process a territory, one transaction a line: what a service does, as often as it can."""
    command = [sys.executable, "-m", "benchmarks.ledger", "--each", str(each), "--append"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    processes = [
        subprocess.Popen(
            [*command, str(key)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for key in keys
    ]
    for process in processes:
        process.stdout.readline()  # ready
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    # The clock is the machine's: from the first start to the last end, without the processes' own beginnings and ends.
    spans = [
        tuple(map(float, line.split()))
        for process in processes
        for line in process.communicate(timeout=600)[0].splitlines()
    ]
    wall = max(end for _, end in spans) - min(start for start, _ in spans)
    times = sorted(end - start for start, end in spans)
    if len(times) != len(keys) * each:
        raise RuntimeError("a process did not append all its lines")
    row(
        f"{where} : {len(keys)} territoires à la fois, une transaction durable par ligne",
        f"{len(times) / wall:.0f} lignes/s ; médiane {1000 * median(times):.1f} ms, "
        f"p95 {1000 * times[int(0.95 * len(times))]:.1f} ms",
    )


def append_one_by_one(key: int, each: int) -> None:
    from beffroi.web.platform import ledger
    from beffroi.web.platform.models import Territory

    town = Territory.objects.get(pk=key)
    print("ready", flush=True)
    sys.stdin.readline()
    for n in range(each):
        start = time.perf_counter()
        ledger.append(town, "dataset.deposit", None, f"delivery:{n}", {"size": n})
        print(start, time.perf_counter())


def since(wall: float, cpu: float) -> str:
    return f"{time.perf_counter() - wall:.2f} s, {time.process_time() - cpu:.2f} s CPU"


def row(what: str, measure: str) -> None:
    print(f"| {what} | {measure} |", flush=True)


if __name__ == "__main__":
    main()
