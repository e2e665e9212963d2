"""Noisy-neighbour benchmark: territories flood pages, jobs and queries: `python -m benchmarks.flood [--floods 4]`.

In: how many flood, the rates and the time of each phase. Out: a Markdown table of the neighbour's p50 and p95, alone and under the flood, in
turn and several times in the same run: a busy machine slows both.
"""

import argparse
import multiprocessing
import re
import shutil
import tempfile
import threading
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from support.load import Report, Session, arrivals, come_in, run
from support.served import Instance, prepare, until

PAGES = ("", "donnees/", "decisions/", "analyses/", "registre/")
_JOBS = """
import sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from beffroi.web.catalogue import delivery_jobs
from beffroi.web.catalogue.models import Delivery
from beffroi.web.platform import jobs, scope
from beffroi.web.platform.models import Territory
with scope.inside(town := Territory.objects.get(slug=sys.argv[2])):
    delivery, refused = Delivery.objects.of(town).select_related("by", "territory").first(), 0
    for n in range(500):
        try:
            jobs.start(town, delivery_jobs.STAGE, key=f"flood:{n}", label="Relecture", person=delivery.by,
                       arguments={"delivery": delivery.pk, "prefer": ""})
        except jobs.TooManyJobs:
            refused += 1
    print(refused)
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flood")
    parser.add_argument("--victim", type=float, default=5.0, help="pages a second of the neighbour")
    parser.add_argument("--flood", type=float, default=100.0, help="pages a second of the flood")
    parser.add_argument("--floods", type=int, default=1, help="territories that flood, and share this rate")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--rounds", type=int, default=2)
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="beffroi-flood-"))
    instance = prepare(folder / "home", towns=args.floods + 1, proposals=50)
    try:
        instance.start()
        _measure(instance, args)
    finally:
        instance.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(instance: Instance, args: argparse.Namespace) -> None:
    sessions = [come_in(instance.link(f"steward{n}@example.org")) for n in range(len(instance.towns))]
    *ogres, neighbour = sessions
    datasets = {
        slug: _a_dataset(session, slug, 500 if session is neighbour else 20_000)
        for session, slug in zip(sessions, instance.towns, strict=True)
    }
    baseline, under_flood, flooding, heavy = Report(), Report(), Report(), Report()
    slug = instance.towns[-1]
    pages = [f"/t/{slug}/{page}" for page in PAGES] + [datasets[slug]]
    run(neighbour, pages, rate=5, seconds=4)  # everything is warm
    for _ in range(args.rounds):
        _add(baseline, run(neighbour, pages, rate=args.victim, seconds=args.seconds))
        refused = instance.run(_JOBS, instance.towns[0]).strip()
        # In a process of its own: the threads of the flood must not slow the one that times the neighbour.
        with ProcessPoolExecutor(len(ogres), mp_context=multiprocessing.get_context("spawn")) as pool:
            storms = [
                pool.submit(_flood, ogre, town, datasets[town], args)
                for ogre, town in zip(ogres, instance.towns, strict=False)
            ]
            run(neighbour, pages, rate=args.victim, seconds=4)  # the flood rises
            _add(under_flood, run(neighbour, pages, rate=args.victim, seconds=args.seconds))
            for storm in storms:
                for whole, part in zip((flooding, heavy), storm.result(), strict=True):
                    _add(whole, part)
        print(
            f"<!-- jobs refused out of 500: {refused}; neighbour {under_flood}; flood {flooding}; heavy {heavy} -->",
            flush=True,
        )
    print("| voisin d'un territoire qui inonde | p50 (ms) | p95 (ms) | réponses | autres |")
    print("|---|---:|---:|---:|---:|")
    for name, report in (("seul", baseline), ("pendant l'inondation", under_flood)):
        p50, p95 = (round(1000 * report.percentile(share)) for share in (0.5, 0.95))
        print(f"| {name} | {p50} | {p95} | {len(report.seconds)} | {report.failures} |")
    print(f"\nrapport des p95 : {under_flood.percentile(0.95) / baseline.percentile(0.95):.2f}")


def _flood(session: Session, slug: str, dataset: str, args: argparse.Namespace) -> tuple[Report, Report]:
    """Pages at the rate of the flood, and reads of a whole dataset at the same time (fifty in all)."""
    heavy: list[Report] = []
    requests = (lambda: session.get(dataset + "export.csv")[0] for _ in range(50 // args.floods))
    reads = threading.Thread(target=lambda: heavy.append(arrivals(requests, rate=5 / args.floods)))
    reads.start()
    paths = [f"/t/{slug}/{page}" for page in PAGES] + [dataset]
    pages = run(session, paths, rate=args.flood / args.floods, seconds=args.seconds + 5)
    reads.join()
    return pages, heavy[0]


def _add(whole: Report, part: Report) -> None:
    whole.seconds += part.seconds
    whole.endings += part.endings
    whole.late = max(whole.late, part.late)


def _a_dataset(session: Session, slug: str, rows: int) -> str:
    """Deposit and pour an invented file as a person does; the address of its dataset."""
    content = "Lieu;Rang;Nombre\n" + "".join(f"Site {n % 90};{n};{n * 7 % 1000}\n" for n in range(rows))
    _, job = session.send_file(f"/t/{slug}/donnees/deposer/", "file", "releve.csv", content.encode())
    delivery = _after(session, job.decode())
    fields = {"t0-pour": "on", "t0-dataset": "+", "t0-title": "Relevé", "t0-mode": "replace"}
    _, job = session.post(delivery, fields)
    return _after(session, job.decode())


def _after(session: Session, job: str) -> str:
    """Where a job led."""
    until(lambda: session.get(job)[0] == 302, 120, f"{job} ends")
    where = session.get(job)[1].decode()
    if not re.search(r"/(livraisons|jeux)/", where):
        raise RuntimeError(where)
    return where


if __name__ == "__main__":
    main()
