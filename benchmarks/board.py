"""Benchmark of a board of twelve figures over ten million rows, opened by twenty readers at once: `python -m benchmarks.board`.

In: rows, readers, turns. Out: Markdown: the page's time for each reader with an empty cache, then with a warm one, and how many
answers were computed for all of them. The site is the real `beffroi serve`, its CPU that of all its processes.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from datetime import date
from pathlib import Path
from statistics import median, quantiles

from support.load import Session, come_in
from support.served import Instance, prepare

from .first_page import _FILL, cpu_of

_BOARD = """
import sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from beffroi.web.studio import services
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
town, person = Territory.objects.get(slug=sys.argv[2]), Person.objects.get(email="steward0@example.org")
told = {"unit": "euros", "base": "{lignes} lignes", "year": "{periode:jour}", "source": "Grand jeu"}
with scope.inside(town):
    slugs = []
    for month in range(12):
        steps = [
            {"step": "source", "source": "g"},
            {"step": "filter", "conditions": [{"column": "mois", "op": "=", "value": month}]},
            {"step": "derive", "name": "annee", "operation": "year", "column": "jour"},
            {"step": "group", "by": ["annee"], "measures": [{"name": "total", "operation": "sum", "column": "montant"}]},
        ]
        title = f"Mois {month + 1}"
        encodings = {"x": "annee", "y": "total"}
        figure = {"kind": "bar", "title": title, "encodings": encodings, **told}
        definition = {"title": title, "sources": {"g": "grand"}, "steps": steps, "figure": figure}
        slugs.append(services.save_recipe(town, person, f"mois-{month}", definition, services.steering(town)).slug)
    services.save_board(town, person, "douze", "Douze mois", "", slugs)
"""
_STORED_ANSWERS = """
import sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from beffroi.web.studio.models import Result
from beffroi.web.platform import scope
from beffroi.web.platform.models import Territory
with scope.inside(Territory.objects.get(slug=sys.argv[2])):
    print(Result.objects.count())
"""


def together(sessions: list[Session], path: str, refused: list[int]) -> list[float]:
    """Seconds of one page for each reader, all asking at the same moment; `refused` counts the answers « please wait »."""
    start, found, lock = threading.Barrier(len(sessions)), list[float](), threading.Lock()

    def read(session: Session) -> None:
        start.wait()
        begun = time.perf_counter()
        status, body = session.get(path, timeout=300)
        while status == 429:  # too many of one town at the same moment: the reader asks again
            refused.append(1)
            time.sleep(0.25)
            status, body = session.get(path, timeout=300)
        took = time.perf_counter() - begun
        if status != 200 or body.count(b'class="figure"') != 12:
            raise RuntimeError(f"the board answers {status}, {body[:300]!r}")
        with lock:
            found.append(took)

    threads = [threading.Thread(target=read, args=(session,)) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(found) != len(sessions):
        raise RuntimeError("a reader got no board")
    return found


def measure(instance: Instance, readers: int, turns: int) -> None:
    town = instance.towns[0]
    path = f"/t/{town}/analyses/tableaux/douze/"
    sessions = [come_in(instance.link("steward0@example.org")) for _ in range(readers)]
    print("| douze figures | médiane | 95e centile | CPU d'une page, tous processus |")
    print("|---|---:|---:|---:|")
    before, refused = cpu_of(instance), list[int]()
    _row("rien n'est encore calculé", together(sessions, path, refused), cpu_of(instance) - before)
    before, found = cpu_of(instance), list[float]()
    for _ in range(turns):
        found += together(sessions, path, refused)
    _row("les fois suivantes", found, cpu_of(instance) - before)
    print(
        f"\nRéponses gardées pour les {readers} lecteurs : {instance.run(_STORED_ANSWERS, town).strip()}. "
        f"Demandes priées d'attendre : {len(refused)}."
    )


def _row(name: str, seconds: list[float], cpu: float) -> None:
    worst = quantiles(seconds, n=20)[-1]
    print(
        f"| {name} | {1000 * median(seconds):.0f} ms | {1000 * worst:.0f} ms | {1000 * cpu / len(seconds):.0f} ms |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.board")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--turns", type=int, default=10)
    args = parser.parse_args()
    print(
        f"Mesuré le {date.today():%d/%m/%Y} par `python -m benchmarks.board --rows {args.rows} --readers {args.readers}`.\n"
    )
    with tempfile.TemporaryDirectory(prefix="beffroi-board-") as made:
        instance = prepare(Path(made) / "home", towns=1)
        print(f"making {args.rows} rows…", file=sys.stderr)
        instance.run(_FILL, str(args.rows), instance.towns[0])
        instance.run(_BOARD, instance.towns[0])
        instance.start()
        try:
            measure(instance, args.readers, args.turns)
        finally:
            instance.stop()
    print(f"\nCharge de la machine à la fin : {os.getloadavg()[0]:.1f} sur {os.cpu_count()} cœurs.")


if __name__ == "__main__":
    main()
