"""The main job by its real command: on the invented town, on the two real folders; resumed when cut short."""

import csv
import json
import time
from pathlib import Path
from typing import Any

import pytest

import forks
from beffroi.demonstration.demonstrated_systems import demonstrated_systems
from blank import demonstration
from commands import beffroi, environment, python, start
from reference_data import require_reference
from servers import free_port

KEYS = {
    "territory", "datasets", "refused", "boards", "systems", "proposals", "decisions", "ledger", "pages", "security", "continuity", "seconds",
}  # fmt: skip
SYSTEM_KEYS = {"id", "metric", "value", "baseline", "interval_coverage", "recommended", "energy_wh"}
AWAKE = """
import sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from beffroi.web.platform import scope
from beffroi.web.platform.models import Territory
"""
MADE_UP = f"""{AWAKE}from beffroi.web.decisions.models import Decision
from beffroi.web.catalogue.models import Dataset
with scope.inside(Territory.objects.earliest("pk")):
    print([(d.simulated, d.person.simulated, bool(d.reason)) for d in Decision.objects.all()])
    print({{d.simulated for d in Dataset.objects.all()}})
"""


AT_WORK = f"""{AWAKE}
from beffroi.web.workshop.models import SystemUse
with scope.inside(Territory.objects.earliest("pk")):
    for use in SystemUse.objects.all():
        if not use.declared:
            print(use.system, use.state, use.runs.filter(verb="run", state="done").count())
"""


def once(tmp_path_factory: pytest.TempPathFactory, *arguments: str) -> tuple[dict[str, Any], Path]:
    require_reference()
    home = tmp_path_factory.mktemp("once") / "demonstration"
    done = beffroi("demo", "--once", "--json", "--home", home, *arguments, timeout=900)
    assert done.returncode == 0, done.stderr
    # One document on standard output, nothing else; progress goes to standard error.
    report = json.loads(done.stdout)
    assert "▸" in done.stderr
    return report, home


def holds_together(report: dict[str, Any]) -> None:
    assert report.keys() == KEYS
    for dataset in report["datasets"]:
        assert dataset["rows_read"] == dataset["rows_kept"] + dataset["rows_quarantined"], dataset
        assert dataset["snapshot"] >= 1
    assert all(refused["reason"] for refused in report["refused"])
    assert all(board["figures"] >= 1 for board in report["boards"])
    assert all(system.keys() >= SYSTEM_KEYS for system in report["systems"])
    assert report["ledger"]["verified"] is True
    assert report["ledger"]["size"] > len(report["datasets"])
    assert len(report["pages"]) > 15
    assert all(seconds >= 0 for seconds in report["seconds"].values())


def every_file_is_told(report: dict[str, Any], folder: Path) -> None:
    told = {item["file"].split("!")[0].split("#")[0] for item in report["datasets"] + report["refused"]}
    assert told == {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    home = tmp_path_factory.mktemp("once") / "demonstration"
    report, progress = demonstration(home)
    assert "▸" in progress
    return report, home


@pytest.mark.xdist_group("site")
def test_the_invented_town_walks_the_whole_path(town: tuple[dict[str, Any], Path]):
    report, home = town
    holds_together(report)
    every_file_is_told(report, home / "demonstration")
    assert report["territory"]["fictional"] is True
    systems = {system["id"]: system for system in report["systems"]}
    assert list(systems) == [system.id for system in demonstrated_systems()]
    assert {"canteen", "school_map"} <= systems.keys()
    assert all(system["value"] is not None and system["energy_wh"] > 0 for system in systems.values())
    at_work = [line.split() for line in python(AT_WORK, home).stdout.splitlines()]
    assert [(state, runs) for _, state, runs in at_work] == [("sandbox", "1")] * len(systems)
    canteen = systems["canteen"]
    assert canteen["recommended"] == (canteen["value"] < canteen["baseline"])
    assert 0.8 < canteen["interval_coverage"] <= 1
    assert canteen["energy_wh"] > 0
    assert report["proposals"] > 100
    assert report["decisions"] == 1


@pytest.mark.xdist_group("site")
def test_the_one_decision_and_every_dataset_of_the_town_are_marked_simulated(
    town: tuple[dict[str, Any], Path],
):
    _, home = town
    assert python(MADE_UP, home).stdout.splitlines() == ["[(True, True, True)]", "{True}"]


SECURITY = f"""{AWAKE}
from beffroi.web.cyber import overview
from beffroi.web.guides.models import ProgressShare
from beffroi.web.platform import ledger
with scope.host():
    shown = {{row.territory.name: row.figures for row in ProgressShare.objects.filter(until=None)}}
for town in Territory.objects.order_by("pk"):
    with scope.inside(town):
        print(town.kind, town.is_fictional, ledger.verify(town).ok, len(overview.open_incidents(town)))
print([(figures["silent"], figures["incidents"], figures["late"]) for figures in shown.values()])
with scope.inside(Territory.objects.get(kind="CSIRT")):
    from beffroi.web.cyber.models import Ticket
    print([(ticket.state, ticket.origin_name) for ticket in Ticket.objects.all()])
"""


@pytest.mark.xdist_group("site")
def test_a_commune_its_seat_and_a_csirt_are_walked_by_role_with_one_incident_under_way(
    town: tuple[dict[str, Any], Path],
):
    report, home = town
    walks = {walk["words"]: walk for walk in report["security"]}
    assert [(words, len(walk["pages"])) for words, walk in walks.items()] == [
        ("secrétaire de mairie", 7),
        ("maire", 2),
        ("responsable de la sécurité de l'agglomération", 3),
        ("CSIRT", 2),
        ("prestataire, sans compte", 1),
        ("« Qui appeler », sans compte", 1),
    ]
    assert python(SECURITY, home).stdout.splitlines() == [
        "CA True True 0",
        "commune True True 1",
        "CSIRT True True 0",
        "[(2, 0, 0), (0, 1, 1)]",
        "[('referred', 'Saint-Aubrin-le-Haut')]",
    ]


@pytest.mark.xdist_group("site")
def test_a_finished_demonstration_is_never_made_over(town: tuple[dict[str, Any], Path]):
    _, home = town
    again = beffroi("demo", "--once", "--home", home)
    assert again.returncode == 1
    assert "Indiquez un dossier neuf" in again.stderr


@pytest.mark.long
@pytest.mark.xdist_group("nantes")
def test_the_canteens_of_nantes_give_an_honest_forecast_and_not_one_invented_row(
    real_data: Path, tmp_path_factory: pytest.TempPathFactory
):
    folder = real_data / "open-data" / "nantes-canteens"
    report, home = once(tmp_path_factory, "--from", str(folder), "--territory", "44109")
    holds_together(report)
    every_file_is_told(report, folder)
    place = report["territory"]
    assert (place["code"], place["name"], place["kind"], place["fictional"]) == (
        "44109",
        "Nantes",
        "commune",
        False,
    )
    with (folder / "raw" / "frequentation.csv").open(encoding="utf-8", newline="") as stream:
        lines = sum(1 for _ in csv.reader(stream)) - 1
    (attendance,) = [d for d in report["datasets"] if d["file"] == "raw/frequentation.csv"]
    assert attendance["rows_read"] == lines
    (canteen,) = report["systems"]
    assert canteen["value"] < canteen["baseline"]
    assert 0.85 < canteen["interval_coverage"] < 0.95
    assert any("Commande de la ville" in name for name in canteen["others"])
    assert python(MADE_UP, home).stdout.splitlines() == ["[(True, True, True)]", "{False}"]


@pytest.mark.long
@pytest.mark.xdist_group("montpellier")
def test_a_whole_town_of_2014_is_gathered_and_the_system_says_that_it_cannot_serve(
    real_data: Path, tmp_path_factory: pytest.TempPathFactory
):
    folder = real_data / "open-data" / "montpellier-2014"
    report, _ = once(tmp_path_factory, "--from", str(folder), "--territory", "Montpellier (34)")
    holds_together(report)
    every_file_is_told(report, folder)
    assert report["territory"]["code"] == "34172"
    assert len(report["boards"]) >= 2
    (canteen,) = report["systems"]
    assert (canteen["value"], canteen["recommended"]) == (None, False)
    assert "colonnes" in canteen["reason"]
    assert (report["proposals"], report["decisions"]) == (0, 0)


REST = f"""{AWAKE}
from beffroi.web.platform.models import Job
with scope.inside(Territory.objects.earliest("pk")):
    job = Job.objects.get(kind="demonstration.rest")
    print(job.state, job.attempts)
"""


@pytest.mark.long  # two instances in service and every system: some two minutes
def test_a_served_demonstration_answers_at_once_and_goes_on_after_a_stop(tmp_path: Path):
    require_reference()
    home, port = tmp_path / "demonstration", free_port()
    for expected in ("running", "done"):
        process = start("demo", "--home", home, "--port", str(port))
        try:
            assert process.stdout is not None
            assert any("en service" in line for line in process.stdout)
            end = time.monotonic() + 600
            while (state := python(REST, home).stdout.split()[0]) != expected and time.monotonic() < end:
                time.sleep(2)
            assert state == expected
            if expected == "running":
                time.sleep(8)  # in the middle of a system
        finally:
            process.terminate()
            process.wait(60)
    at_work = [line.split() for line in python(AT_WORK, home).stdout.splitlines()]
    systems = [system.id for system in demonstrated_systems()]
    assert [(name, state) for name, state, _ in at_work] == [(name, "sandbox") for name in systems]


@pytest.mark.long
def test_a_demonstration_cut_short_is_made_again(tmp_path: Path):
    require_reference()
    home = tmp_path / "demonstration"
    first = forks.start(["beffroi", "demo", "--once", "--home", str(home)], environment())
    while not (home / "db.sqlite3").exists() and first.poll() is None:
        time.sleep(0.05)
    time.sleep(0.5)  # in the middle of its tables
    first.kill()
    first.wait()
    assert json.loads((home / "beffroi.json").read_text()).get("prepared") is None
    folder = tmp_path / "fichiers"
    folder.mkdir()
    (folder / "eau.csv").write_text("commune;m3\nNantes;12,5\nRezé;7,25\n", "utf-8")
    again = beffroi("demo", "--once", "--json", "--home", home, "--from", folder, "--territory", "44109")
    assert again.returncode == 0, again.stderr
    assert "avait été interrompue" in again.stderr
    report = json.loads(again.stdout)
    holds_together(report)
    every_file_is_told(report, folder)
    assert [d["name"] for d in report["datasets"]] == ["Eau"]
    assert (report["territory"]["code"], report["territory"]["fictional"]) == ("44109", False)
    # Nothing is invented for a system that these files cannot serve.
    (canteen,) = report["systems"]
    assert (canteen["value"], canteen["recommended"]) == (None, False)
    assert "colonnes" in canteen["reason"]
    assert (report["proposals"], report["decisions"]) == (0, 0)
    assert python(MADE_UP, home).stdout.splitlines() == ["[]", "{False}"]
