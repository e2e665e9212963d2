"""Benchmark of the search: the index alone and the whole answer of a page, on SQLite and PostgreSQL.

`python -m benchmarks.search [--datasets 10000] [--rounds 5] [--without postgresql]` makes a home whose invented datasets have twelve
columns and some values, indexes them, asks the same questions in turn, and prints Markdown. The PostgreSQL is a cluster of its own,
reached under the application's role: its row-level security is part of what is measured.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = 12
VALUES = 60  # of each dataset, over its columns of text
SUBJECTS = (
    "Fréquentation cantines", "Subventions aux associations", "Collecte des déchets", "Arbres d'alignement", "Budget primitif",
    "Consommation des bâtiments", "Comptages vélo", "Délibérations", "Équipements sportifs", "Places de crèche",
    "Permis de construire", "Stationnement", "Éclairage public", "Fuites du réseau", "Qualité de l'air", "Marchés publics",
)  # fmt: skip
LABELS = (
    "date", "commune", "code INSEE", "quartier", "adresse", "montant", "quantité", "école", "site", "catégorie", "bénéficiaire",
    "nature", "type de voie", "latitude", "longitude", "tonnage", "capacité", "surface", "année", "exercice", "nbRepas", "état",
)  # fmt: skip
QUESTIONS = (
    "repas", "fréquentation", "subv", "budget 2024", "collecte déchets quartier", "écoles", "tilleuls", "voirie", "code insee commune",
    "association sportive", "eau", "cantinne", "girafe", "date", "jeu 4217", "combien de repas dans les écoles de Chantenay",
)  # fmt: skip


def answer(home_path: Path, datasets: int, rounds: int) -> None:
    """In a process of its own: the home, its datasets, the questions; milliseconds by question on stdout."""
    from beffroi.cli.common import setup_django
    from beffroi.home import Home

    home = Home(home_path)
    home.create(demo=False)
    setup_django(home)
    from django.db import transaction

    from beffroi.language.search import parse
    from beffroi.web.catalogue.models import Dataset, Snapshot
    from beffroi.web.operations.upgrade import prepare
    from beffroi.web.platform import scope
    from beffroi.web.platform.rights.active_roles import cache_for_request
    from beffroi.web.search import indexing, services
    from beffroi.web.tenancy.services import NewTerritory, admit, found_territory

    prepare(home)
    os.environ.pop("BEFFROI_DATABASE_OWNER", None)
    town = found_territory(NewTerritory("99001", "Ville inventée", "commune", 90_000, is_fictional=True))
    chance = random.Random(1)
    places = [f"{a} {b}" for a in ("Les Tilleuls", "Jean-Moulin", "Chantenay", "La Gare") for b in range(400)]
    with scope.inside(town):
        person = admit(town, "agent@essai.example", "Agent", ["agent"], by=None, simulated=True)
        with transaction.atomic():
            rows = Dataset.objects.bulk_create(
                Dataset(
                    territory=town,
                    slug=f"jeu-{n}",
                    title=f"{chance.choice(SUBJECTS)} {chance.choice(places)} {2015 + n % 10}, jeu {n}",
                    description=f"Données produites par le service {chance.choice(SUBJECTS).lower()}.",
                    table=f"jeu_{n}",
                )
                for n in range(datasets)
            )
            Snapshot.objects.bulk_create(
                Snapshot(
                    territory=town,
                    dataset=row,
                    number=1,
                    act=f"bench:{row.pk}",
                    state=Snapshot.State.DONE,
                    mode="replace",
                    columns=[
                        {"name": f"c{k}", "label": label}
                        for k, label in enumerate(chance.sample(LABELS, COLUMNS))
                    ],
                    profile={"c1": {"missing": 0, "values": chance.sample(places, VALUES)}},
                )
                for row in rows
            )
        begin = time.perf_counter()
        indexing.rebuild(town)
        made = time.perf_counter() - begin
        processor = _processor()

        def timed(task: Callable[[], object]) -> tuple[float, float]:
            cpu, clock = processor(), time.perf_counter()
            task()
            return 1000 * (processor() - cpu), 1000 * (time.perf_counter() - clock)

        spent: dict[str, dict[str, list[tuple[float, float]]]] = {"index": {}, "page": {}}
        for turn in range(rounds + 1):
            for question in QUESTIONS:
                query = parse(question)
                most = services.MOST_OF_A_KIND
                alone = timed(
                    lambda query=query, most=most: services.index().search(query, town.pk, limit=most)
                )  # type: ignore[misc]
                with cache_for_request():
                    whole = timed(lambda question=question: services.search(town, person, question))  # type: ignore[misc]
                if turn:  # the first one opens the connection and fills the caches
                    spent["index"].setdefault(question, []).append(alone)
                    spent["page"].setdefault(question, []).append(whole)
    print(json.dumps({"made": made, **spent}))


def _processor() -> Callable[[], float]:
    """CPU seconds spent so far by this process and by the server's process that answers it."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return time.process_time
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    return lambda: time.process_time() + int(backend.read_text().split()[0]) / 1e9


def measure(datasets: int, rounds: int, *, postgresql: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="beffroi-search-") as folder:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("BEFFROI_")}
        if postgresql:
            sys.path.insert(0, str(ROOT / "tests"))
            import postgres

            server = postgres.cluster(durable=True)
            environment |= server.environment(server.database())
        command = [sys.executable, "-m", "benchmarks.search", "--answer", str(Path(folder) / "home")]
        command += ["--datasets", str(datasets), "--rounds", str(rounds)]
        made = subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE)
        found: dict[str, Any] = json.loads(made.stdout.splitlines()[-1])
        return found


def line(name: str, spent: dict[str, list[tuple[float, float]]]) -> str:
    every = [values for rounds in spent.values() for values in rounds]
    processor, clock = [cpu for cpu, _ in every], [clock for _, clock in every]
    slowest = max(spent, key=lambda question: median(cpu for cpu, _ in spent[question]))
    return (
        f"| {name} | {median(processor):.1f} | {quantiles(processor, n=20)[-1]:.1f} | {median(clock):.1f} | "
        f"{quantiles(clock, n=20)[-1]:.1f} | {slowest} ({median(cpu for cpu, _ in spent[slowest]):.1f}) |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search")
    parser.add_argument("--datasets", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without", nargs="*", default=[], choices=("sqlite", "postgresql"))
    parser.add_argument("--answer", type=Path)
    args = parser.parse_args()
    if args.answer:
        answer(args.answer, args.datasets, args.rounds)
        return
    lines = []
    for engine, name in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL")):
        if engine in args.without:
            continue
        print(f"{name}: {args.datasets} datasets…", file=sys.stderr)
        found = measure(args.datasets, args.rounds, postgresql=engine == "postgresql")
        print(f"{name}: indexed in {found.pop('made'):.1f} s", file=sys.stderr)
        lines += [
            line(f"{name}, index seul", found["index"]),
            line(f"{name}, réponse entière", found["page"]),
        ]
    print(f"Mesuré le {date.today():%d/%m/%Y} par `python -m benchmarks.search --datasets {args.datasets}` :")
    print(f"{len(QUESTIONS)} questions, {args.rounds} tours, jeux de {COLUMNS} colonnes ; millisecondes.\n")
    print(
        "| ce qui est mesuré | CPU, médiane | CPU, 95e centile | durée, médiane | durée, 95e centile | question la plus lente (CPU) |"
    )
    print("|---|---:|---:|---:|---:|---|")
    print("\n".join(lines))
    print(f"\nCharge de la machine à la fin : {os.getloadavg()[0]:.1f} sur {os.cpu_count()} cœurs.")


if __name__ == "__main__":
    main()
