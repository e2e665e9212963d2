"""Benchmark of many territories on one host: opening any of them, pages under a steady load, memory as their number grows.

`python -m benchmarks.many [--territories 1000] [--members 20000] [--postgresql]` makes the home, serves it for real and prints
Markdown. The people, the territories and their datasets are invented; the processes are those of `beffroi serve`.
"""

import argparse
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from statistics import median

from support import load

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("", "donnees/")
SESSIONS = 40  # people who are in at once, each in their own territory
CARDS = 12  # datasets of each territory


def populate(home_path: Path, territories: int, members: int) -> None:
    """In a process of its own: the tables, the territories, their members and their catalogue's cards; links on stdout."""
    from beffroi.cli.common import setup_django
    from beffroi.home import Home

    home = Home(home_path)
    home.create(demo=False)
    setup_django(home)
    from django.db import transaction

    from beffroi.web.catalogue.models import Dataset
    from beffroi.web.operations.upgrade import prepare
    from beffroi.web.platform import scope
    from beffroi.web.tenancy.services import NewTerritory, admit, found_territory
    from beffroi.web.tenancy.signin import make_link

    prepare(home)
    os.environ.pop("BEFFROI_DATABASE_OWNER", None)
    links = []
    each = members // territories
    sampled = set(random.Random(1).sample(range(territories), min(SESSIONS, territories)))
    for rank in range(territories):
        town = found_territory(
            NewTerritory(
                f"99{rank:04d}", f"Ville inventée {rank}", "commune", 2_000 + rank, is_fictional=True
            )
        )
        with scope.inside(town), transaction.atomic():
            people = [
                admit(
                    town, f"agent{rank}-{n}@essai.example", f"Agent {n}", ["agent"], by=None, simulated=True
                )
                for n in range(each)
            ]
            Dataset.objects.bulk_create(
                Dataset(
                    territory=town, slug=f"jeu-{n}", title=f"Jeu {n} de la ville {rank}", table=f"jeu_{n}"
                )
                for n in range(CARDS)
            )
        if rank in sampled:
            with scope.inside(town):
                links.append({"slug": town.slug, "link": make_link(people[0], "signin")})
    print(json.dumps(links))


@contextmanager
def served(home: Path, port: int, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """`beffroi serve` on this home, ready."""
    command = [sys.executable, "-m", "beffroi.cli.main", "serve", "--home", str(home), "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        if b"en service" not in process.stdout.readline():
            raise RuntimeError("the site did not start")
        yield process
    finally:
        process.terminate()
        process.wait(30)


def descendants(pid: int) -> list[int]:
    """The process and all that it started."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def web_of(pid: int) -> list[int]:
    return [p for p in descendants(pid) if Path(f"/proc/{p}/comm").read_text() == "beffroi-web\n"]


def cpu_of(pids: list[int]) -> float:
    """CPU seconds spent so far by these processes."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_of(pids: list[int]) -> float:
    """Proportional resident memory of these processes, in MB."""
    total = 0
    for pid in pids:
        with suppress(ProcessLookupError):  # ended, and not reaped yet
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


def measure(
    territories: int, members: int, *, rate: float, seconds: float, postgresql: bool
) -> dict[str, float]:
    """One home of this size: the figures of one line of the table, times in ms, memory in MB."""
    with tempfile.TemporaryDirectory(prefix="beffroi-many-") as folder:
        home = Path(folder) / "home"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("BEFFROI_")}
        database = {}
        if postgresql:
            sys.path.insert(0, str(ROOT / "tests"))
            import postgres

            server = postgres.cluster(durable=True)
            database = server.environment(server.database())
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment["BEFFROI_URL"] = f"http://127.0.0.1:{port}"
        begin = time.monotonic()
        made = subprocess.run(
            [
                sys.executable,
                "-m",
                "benchmarks.many",
                "--populate",
                str(home),
                str(territories),
                str(members),
            ],
            env=environment | database,
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
        if made.returncode:
            raise RuntimeError(made.stderr[-2000:])
        filled = time.monotonic() - begin
        database.pop("BEFFROI_DATABASE_OWNER", None)
        with served(home, port, environment | database) as process:
            places = json.loads(made.stdout)
            sessions = [(load.come_in(place["link"]), place["slug"]) for place in places]
            opening = []
            for session, slug in sessions:
                start = time.monotonic()
                status, _ = session.get(f"/t/{slug}/")
                opening.append(time.monotonic() - start)
                assert status == 200, (slug, status)
            web = web_of(process.pid)
            requests = [
                (lambda s=session, p=f"/t/{slug}/{page}": s.get(p)[0])
                for session, slug in sessions
                for page in PAGES
            ]
            random.Random(2).shuffle(requests)
            load.arrivals((requests[n % len(requests)] for n in range(int(rate * 3))), rate=rate)  # warm
            before = cpu_of(web)
            count = int(rate * seconds)
            report = load.arrivals((requests[n % len(requests)] for n in range(count)), rate=rate)
            spent = cpu_of(web) - before
            return {
                "filled": filled,
                "opening": 1000 * max(opening),
                "opening_median": 1000 * median(opening),
                "cpu": 1000 * spent / count,
                "p50": 1000 * report.percentile(0.5),
                "p95": 1000 * report.percentile(0.95),
                "failures": report.failures,
                "load": os.getloadavg()[0],
                "memory": memory_of(web),
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--territories", type=int, default=1000)
    parser.add_argument("--members", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--populate", nargs=3, metavar=("HOME", "TERRITORIES", "MEMBERS"))
    options = parser.parse_args()
    if options.populate:
        home, territories, members = options.populate
        populate(Path(home), int(territories), int(members))
        return
    print(
        "| base | territoires | membres | ouvrir (médiane / pire) | CPU par requête | p50 | p95 | échecs | mémoire web | charge |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    sizes = [(10, 200), (options.territories, options.members)]
    for territories, members in sizes:
        f = measure(
            territories, members, rate=options.rate, seconds=options.seconds, postgresql=options.postgresql
        )
        print(
            f"| {'PostgreSQL' if options.postgresql else 'SQLite'} | {territories} | {members} "
            f"| {f['opening_median']:.0f} / {f['opening']:.0f} ms | {f['cpu']:.1f} ms | {f['p50']:.0f} ms | {f['p95']:.0f} ms "
            f"| {f['failures']:.0f} | {f['memory']:.0f} Mo | {f['load']:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
