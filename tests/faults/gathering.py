"""A source, its worker, a reader and an auditor of one home, each a process that the test may kill.

`python gathering.py gather|read|audit HOME …`: the real services and jobs, nothing else. What the lake acknowledged is
told in a file, one JSON line a snapshot, with the checksum of the dataset as of it.
"""

import hashlib
import json
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from beffroi.cli.common import opened, setup_django
from beffroi.home import Home

EMAIL = "steward0@example.org"


def make_source(folder: Path, files: int) -> None:
    """Monthly files of two datasets: meter readings that add up, some very short, and a list that is replaced."""
    folder.mkdir(parents=True)
    for n in range(files):
        if n % 6 == 5:
            head, rows = "Agent;Service;Heures", [f"Agent {i};Voirie;{(n * i) % 40},5" for i in range(300)]
            name = f"{n:03} effectifs.csv"
        else:
            count = 5 if n % 4 == 0 else 1500
            head = "Compteur;Jour;Relevé"
            rows = [f"C{i:05};{1 + n % 28:02}/{1 + i % 12:02}/2025;{n}{i:05},25" for i in range(count)]
            name = f"{n:03} releves.csv"
        (folder / name).write_text("\n".join([head, *rows]) + "\n", "utf-8")


def _world() -> tuple[Any, Any]:
    from beffroi.web.platform.models import Person, Territory

    return Territory.objects.get(), Person.objects.get(email=EMAIL)


def gather(home: Path, source: str, told: str, count: str) -> None:
    """Take up what a stop left, then deposit, read and pour the files that are not there yet, up to `count` of them."""
    setup_django(Home(home))
    from beffroi.web.platform import scope

    with scope.inside(_world()[0]):
        _no_half(home)  # before anything is settled
    opened(home)
    from beffroi.web.catalogue import delivery_jobs, lifecycle
    from beffroi.web.catalogue.models import Delivery
    from beffroi.web.platform import jobs
    from beffroi.web.platform.models import Job

    territory, person = _world()
    known = {str(state["sha256"]) for state in told_in(Path(told)).values()}
    jobs.requeue_stale()
    print("ready", flush=True)
    with scope.inside(territory), Path(told).open("a", buffering=1) as out:
        out.write("\n")  # what the kill cut stays apart
        for job in Job.objects.of(territory).filter(state=Job.State.WAITING).order_by("pk"):
            jobs.run(job)
        for file in sorted(Path(source).iterdir())[: int(count)]:
            sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
            if sha256 in known:
                continue
            delivery = Delivery.objects.of(territory).filter(sha256=sha256).first()
            if delivery is None:
                delivery = lifecycle.receive(territory, person, file.name, [file.read_bytes()])
            if delivery.state == Delivery.State.RECEIVED:
                _done(jobs.run(delivery_jobs.start_stage(delivery, person)))
                delivery.refresh_from_db()
            if delivery.state == Delivery.State.STAGED:
                _done(jobs.run(delivery_jobs.start_pour(delivery, person, [_choice(delivery)])))
            for snapshot in delivery.snapshots.select_related("dataset__territory"):
                out.write(json.dumps(_state(home, snapshot)) + "\n")


def told_in(file: Path) -> dict[str, dict[str, Any]]:
    """The snapshots told, by act; a line cut by the kill was never told."""
    found: dict[str, dict[str, Any]] = {}
    for line in file.read_text().splitlines() if file.exists() else []:
        try:
            state = json.loads(line)
        except ValueError:
            continue
        if found.setdefault(state["act"], state) != state:
            raise RuntimeError(f"an acknowledged snapshot changed: {state}")
    return found


def _done(job: Any) -> None:
    if job.state != "done":
        raise RuntimeError(f"{job}: {job.message}")


def _choice(delivery: Any) -> Any:
    from beffroi.web.catalogue.lifecycle import Choice, load_plans
    from beffroi.web.catalogue.models import Dataset
    from beffroi.web.catalogue.planning.drift_review import changes_against

    staff = "effectifs" in delivery.file_name
    slug, title = ("effectifs", "Effectifs") if staff else ("releves", "Relevés")
    held = Dataset.objects.of(delivery.territory).filter(slug=slug).first()
    (plan,) = load_plans(delivery)
    # Readings that begin with a zero are first taken for codes: each later file asks, and gets the same answer.
    answers = {change.key: change.choices[0] for change in changes_against(held, plan) if change.choices}
    mode = "replace" if staff else "append"
    return Choice(0, slug if held else None, title, mode, answers=answers)


def _state(home: Path, snapshot: Any) -> dict[str, Any]:
    """The dataset as of a snapshot: what the ledger's line says, and a checksum of the rows read from the lake."""
    from beffroi.lake.store import Lake

    with Lake(Home(home).lake(snapshot.territory.slug, snapshot.dataset.lake_kind), read_only=True) as lake:
        place = lake.table_sql(snapshot.dataset.table, snapshot.lake_version)
        rows = lake.query_rows(
            f"SELECT count(*), CAST(bit_xor(md5_number(CAST(t AS VARCHAR))) AS VARCHAR) FROM (FROM {place}) t"
        )
    count, checksum = rows[0]
    return {
        "act": snapshot.act,
        "sha256": snapshot.file_sha256,
        "total": snapshot.rows_total,
        "rows": count,
        "checksum": checksum,
    }


def _no_half(home: Path) -> None:
    """What a reader sees at this moment is whole: the delivery in force has every row that it says."""
    from beffroi.web.catalogue.models import Dataset

    territory, _ = _world()
    for dataset in Dataset.objects.of(territory):
        if (snapshot := dataset.current) is not None:
            state = _state(home, snapshot)
            if state["rows"] != state["total"]:
                raise RuntimeError(f"half visible: {state}")


def read(home: Path) -> None:
    """Look at what is in force again and again, as readers do, until killed."""
    setup_django(Home(home))
    from beffroi.web.platform import scope

    turns = 0
    with scope.inside(_world()[0]):
        while True:
            begun = time.monotonic()
            _no_half(home)
            turns += 1
            print(turns, flush=True)
            # It leaves most of a busy machine to who writes.
            time.sleep(max(0.5, 4 * (time.monotonic() - begun)))


def audit(home: Path) -> None:
    """Settle, clean up, and say all that is there."""
    opened(home)
    from beffroi.lake import maintenance
    from beffroi.web.catalogue import lifecycle
    from beffroi.web.catalogue.models import Delivery, Snapshot
    from beffroi.web.platform import ledger, scope

    territory, _ = _world()
    base = Home(home)
    with scope.inside(territory):
        cleaned = lifecycle.run_upkeep(territory, unfinished=timedelta(0))
        deliveries = list(Delivery.objects.of(territory))
        snapshots = Snapshot.objects.of(territory).select_related("dataset__territory").order_by("pk")
        lines = list(ledger.lines_of(territory).values_list("act", flat=True))
        told = {
            "orphans": cleaned.left_over + sum(kept.orphans for kept in cleaned.lakes.values()),
            "left": maintenance.remove_orphans(base.lake(territory.slug, "lasting")),
            "states": [_state(home, s) for s in snapshots.filter(state="done")],
            "half": snapshots.exclude(state="done").count(),
            "deliveries": sorted(d.sha256 for d in deliveries),
            "open": [d.file_name for d in deliveries if d.state != "done"],
            "incoming": sorted(
                p.parent.name for p in base.incoming(territory.slug).rglob("*") if p.is_file()
            ),
            "known": sorted(d.stored_as.partition("/")[0] for d in deliveries),
            # On PostgreSQL the lakes' catalogues are prepared there, under a lock whose file stays.
            "staging": [p.name for p in base.staging(territory.slug).rglob("*") if p.name != "write.lock"],
            "lines": {act: lines.count(act) for act in ("dataset.deposit", "dataset.pour")},
            "verified": ledger.verify(territory).ok,
        }
    print(json.dumps(told))


if __name__ == "__main__":
    {"gather": gather, "read": read, "audit": audit}[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
