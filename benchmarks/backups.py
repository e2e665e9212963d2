"""Benchmark of backups: the repository's first and second nights, a damaged town, one town alone, beside the file in one piece.

`python -m benchmarks.backups [--territories 200] [--made FOLDER]` prints Markdown. Towns are founded and their files received by
the services; their lakes are written by `Lake`, three tables each of random numbers; the datasets' rows are inserted at once.
Processor time is that of each command and all that it starts, restic included; the repository is a folder of the same disk.
"""

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES, BYTES = 4, 1_400_000  # received files of each town, and the size of each
ROWS = 60_000  # of each table
CHANGED = 5
_SITE = """
import sys
from pathlib import Path
from beffroi.cli.common import setup_django
from beffroi.home import Home
setup_django(Home(Path(sys.argv[1])))
from benchmarks import backups
backups.{work}(Path(sys.argv[1]), int(sys.argv[2]))
"""


@dataclass(frozen=True)
class Run:
    """A command that ran: processor seconds of it and what it started, seconds, exit code, what it said."""

    cpu: float
    seconds: float
    code: int
    text: str


def run(command: list[str], environment: dict[str, str]) -> Run:
    before, start = _children(), time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return Run(_children() - before, time.monotonic() - start, done.returncode, done.stdout + done.stderr)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def size_of(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def populate(home_path: Path, territories: int) -> None:
    """Found the towns, with their files, lakes and datasets."""
    from django.db import connection

    from beffroi.home import Home
    from beffroi.web.operations.upgrade import prepare
    from beffroi.web.platform import scope
    from beffroi.web.tenancy.services import NewTerritory, admit, found_territory

    prepare(Home(home_path))
    for rank in range(territories):
        new = NewTerritory(
            f"99{rank:04d}", f"Ville inventée {rank}", "commune", 900 + rank, is_fictional=True
        )
        town = found_territory(new)
        with scope.inside(town):
            agent = admit(town, f"agent{rank}@essai.example", "Agent", ["agent"], by=None, simulated=True)
            for number in range(FILES):
                _receive(town, agent, f"{rank}-{number}.csv")
            for kind, tables in (("lasting", ("eau", "repas")), ("personal", ("familles",))):
                for table in tables:
                    _pour(home_path, town, kind, table)
    connection.close()


def change(home_path: Path, territories: int) -> None:
    """A day in a few towns: a file received, rows added to a table."""
    from beffroi.web.platform import scope
    from beffroi.web.platform.models import Person, Territory

    for rank, town in enumerate(Territory.objects.order_by("pk")[:CHANGED]):
        with scope.inside(town):
            agent = Person.objects.get(email=f"agent{rank}@essai.example")
            _receive(town, agent, f"jour-{random.random()}.csv")
            _pour(home_path, town, "lasting", "eau", rows=1_000)


def _receive(town, person, name: str) -> None:  # type: ignore[no-untyped-def]
    from beffroi.web.catalogue.lifecycle.receiving import store_file

    numbers = random.randbytes(BYTES // 2).hex()
    lines = "\n".join(
        f"{numbers[at : at + 12]};{numbers[at + 12 : at + 24]}" for at in range(0, len(numbers), 24)
    )
    store_file(town, person, name, [b"compteur;releve\n", lines.encode()])


def _pour(home_path: Path, town, kind: str, table: str, *, rows: int = ROWS) -> None:  # type: ignore[no-untyped-def]
    from beffroi.home import Home
    from beffroi.lake.store import Lake
    from beffroi.web.catalogue.models import Dataset, Snapshot
    from lake.lakes import staged

    sensitivity = Dataset.Sensitivity.PERSONAL if kind == "personal" else Dataset.Sensitivity.ORDINARY
    dataset, _ = Dataset.objects.get_or_create(
        territory=town, slug=table, defaults={"title": table, "table": table, "sensitivity": sensitivity}
    )
    number = dataset.snapshots.count() + 1
    act = f"{town.slug}-{table}-{number}"
    with tempfile.TemporaryDirectory() as folder, Lake(Home(home_path).lake(town.slug, kind)) as lake:
        made = staged(
            Path(folder),
            {"m3": [random.random() for _ in range(rows)], "jour": list(range(rows))},
            name=table,
        )
        version = lake.write(table, made, delivery=number, act=act, mode="append")
    Snapshot.objects.create(
        territory=town, dataset=dataset, number=number, act=act, state=Snapshot.State.DONE, lake_version=version,
        file="-", file_sha256="0" * 64, mode="append",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--territories", type=int, default=200)
    parser.add_argument(
        "--quick", action="store_true", help="nights only: no trial, no whole restore, no file"
    )
    parser.add_argument("--made", type=Path, help="where the home is made once, to be copied by each run")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="beffroi-backups-") as folder:
        made = given.made or Path(folder) / "made"
        base = {name: value for name, value in os.environ.items() if not name.startswith("BEFFROI_")}
        base["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT), str(ROOT / "tests")])
        if not made.exists():
            from beffroi.home import Home

            Home(made).create(demo=False)
            site(made, "populate", given.territories, base)
        home = Path(folder) / "home"
        shutil.copytree(made, home)
        measure(home, Path(folder), given.territories, base, quick=given.quick)


def site(home: Path, work: str, territories: int, environment: dict[str, str]) -> None:
    done = run([sys.executable, "-c", _SITE.format(work=work), str(home), str(territories)], environment)
    if done.code:
        raise RuntimeError(done.text)
    print(f"{work}: {done.cpu:.0f} CPU s", file=sys.stderr)


def measure(home: Path, folder: Path, territories: int, base: dict[str, str], *, quick: bool) -> None:
    from beffroi.home import Home
    from beffroi.web.operations import backup_log

    repository = folder / "repository"
    environment = base | {
        "BEFFROI_BACKUP_REPOSITORY": str(repository),
        "BEFFROI_BACKUP_KEY_FILE": str(folder / "key"),
    }
    print(f"{territories} towns, {size_of(home) / 1e6:,.0f} MB in all.\n")
    print("| what | CPU s | s | bytes added | exit code |\n| --- | --- | --- | --- | --- |")

    def line(what: str, *command: str | Path, home: Path = home, env: dict[str, str] = environment) -> Run:
        before = size_of(repository)
        done = run([sys.executable, "-m", "beffroi.cli.main", *map(str, command), "--home", str(home)], env)
        added = size_of(repository) - before
        print(f"| {what} | {done.cpu:.1f} | {done.seconds:.1f} | {added:,} | {done.code} |", flush=True)
        print(f"{what}: {done.text[-600:]}", file=sys.stderr)
        return done

    line("repository made", "repository", "init")
    # The trial is measured apart.
    Home(home).backups.mkdir(exist_ok=True)
    backup_log.record_trial(Home(home), backup_log.Tried("-", datetime.now(UTC), 0, 0.0))
    line("first night", "backup")
    site(home, "change", territories, base)
    line(f"second night, {CHANGED} towns changed", "backup")
    line("a night where nothing changed", "backup")
    towns = sorted((home / "territories").iterdir())
    line("one town restored alone", "restore", "--territory", towns[-1].name, "--yes")
    if not quick:
        line("restore trial, check and rotation", "repository", "trial")
        line("the whole instance restored", "restore", home=folder / "restored")
        file = folder / "whole.tar.gz"
        line("one file: `beffroi backup FILE`", "backup", file)
        print(f"\nThe file: {file.stat().st_size:,} bytes.")
    (towns[0] / "personal" / "catalog.sqlite").write_bytes(b"damaged" * 1000)
    next((towns[1] / "lasting" / "data").rglob("*.parquet")).unlink()
    done = line("a night with two damaged towns", "backup")
    print(f"\nNamed: {[town.name for town in towns if town.name in done.text]}")


if __name__ == "__main__":
    main()
