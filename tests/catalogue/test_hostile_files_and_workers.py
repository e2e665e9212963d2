"""A real worker is handed hostile files: it loses none of them, nor itself, and the work of other territories goes on."""

import json
from pathlib import Path

import pytest
from real_instance import until

from blank import blank
from commands import python, start_worker
from hostile import make

_BEGIN = """
import json, sys
from pathlib import Path
from beffroi.cli.common import opened
from beffroi.home import Home
opened(Path(sys.argv[1]))
from beffroi.web.catalogue import delivery_jobs
from beffroi.web.catalogue.models import Delivery
from beffroi.web.catalogue.lifecycle import file_storage, receiving
from beffroi.web.platform import scope
from beffroi.web.platform.models import Job, Territory
from beffroi.web.tenancy.services import NewTerritory, admit, found_territory
"""
_DELIVER = f"""{_BEGIN}
for number, files in enumerate(json.loads(sys.argv[2])):
    place = NewTerritory(code=f"99T0{{number}}", name=f"Ville {{number}}", kind="commune", population=900, is_fictional=True)
    town = found_territory(place)
    person = admit(town, f"a{{number}}@example.org", "Anne", ["data_officer"], by=None, simulated=True)
    with scope.inside(town):
        for name in files:
            file = Path(name)
            delivery = receiving.receive(town, person, file.name, [file.read_bytes()])
            delivery_jobs.start_stage(delivery, person)
"""
_STATE = f"""{_BEGIN}
found = {{}}
with scope.host():
    towns = list(Territory.objects.all())
for town in towns:
    with scope.inside(town):
        for delivery in Delivery.objects.all():
            job = Job.objects.get(key=f"catalogue.stage:{{delivery.pk}}:1")
            kept = file_storage.stored_file(delivery).stat().st_size == delivery.size
            found[delivery.file_name] = [delivery.state, delivery.reason, job.state, job.attempts, kept]
print(json.dumps(found))
"""


def _output_of(code: str, *arguments: object) -> str:
    done = python(code, *map(str, arguments))
    assert done.returncode == 0, done.stderr
    return done.stdout


def _state(home: Path) -> dict[str, list]:
    return json.loads(_output_of(_STATE, home))


@pytest.fixture
def ordinary(tmp_path):
    path = tmp_path / "ordinaire.csv"
    path.write_text("nom;n\na;1\nb;2\n")
    return path


def _delivered(tmp_path: Path, *files: list[Path]) -> Path:
    """A home with as many towns as lists of files, each delivered and waiting to be read."""
    home = tmp_path / "instance"
    blank(home, demo=True)
    _output_of(_DELIVER, home, json.dumps([[str(file) for file in some] for some in files]))
    return home


# A worker and a home are the subject here.
def test_a_worker_outlives_hostile_files_and_serves_the_next_territory(tmp_path, ordinary):
    hostile = [make(name, tmp_path) for name in ("xls-dimensions.xls", "xls-chaine-sans-fin.xls")]
    home = _delivered(tmp_path, hostile, [ordinary])
    worker = start_worker(home)
    try:
        state = until(
            lambda: (now := _state(home)) and all(job == "done" for _, _, job, _, _ in now.values()) and now,
            "every delivery is read",
        )
        assert worker.poll() is None
    finally:
        worker.kill()
        worker.wait()
    for file in hostile:
        delivery, reason, _, attempts, stored = state[file.name]
        assert (delivery, attempts, stored) == ("refused", 1, True)
        assert reason.startswith("La lecture de ce fichier a été arrêtée")
    assert state[ordinary.name] == ["staged", "", "done", 1, True]


@pytest.mark.long
def test_while_one_worker_is_blocked_by_a_hostile_file_the_other_serves_another_territory(tmp_path, ordinary):
    hostile = make("zip-arbre.zip", tmp_path)
    home = _delivered(tmp_path, [hostile], [ordinary])
    workers = [start_worker(home, of=2), start_worker(home, of=2)]
    try:
        meanwhile = until(
            lambda: (now := _state(home))[ordinary.name][2] == "done" and now, "the ordinary file is read"
        )
        assert meanwhile[hostile.name][2] == "running"
        state = until(
            lambda: (now := _state(home))[hostile.name][2] == "done" and now, "the hostile one ends", 600
        )
        assert [worker.poll() for worker in workers] == [None, None]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    delivery, reason, _, attempts, stored = state[hostile.name]
    assert (delivery, attempts, stored) == (
        "staged",
        1,
        True,
    )  # what was read before the end of its time stays
    assert "un temps démesuré" in reason
