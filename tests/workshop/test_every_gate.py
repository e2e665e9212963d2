"""Systems carried through every gate, production included (in tests only): a careful one, a poor one, and canteen at length.

One that is bought is in `test_declared.py`. Here the examination is the real one, and so are the measures.
"""

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from beffroi.systems.runner import make_sample
from beffroi.web.decisions.models import Proposal
from beffroi.web.platform.models import Person, Territory
from beffroi.web.tenancy import places
from beffroi.web.workshop import manifests, services
from beffroi.web.workshop.errors import GateClosed, RunFailed
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from beffroi.web.workshop.services import examining
from life import TRIAL, carry, review, step
from systems import graded

from .conftest import deposit

pytestmark = pytest.mark.django_db
FILES = {
    "attendance": "repas servis.csv",
    "menus": "menus.csv",
    "strikes": "jours de greve.csv",
    "holidays": "vacances.csv",
    "public_holidays": "jours feries.csv",
    "rolls": "effectifs des ecoles.csv",
    "bookings": "reservations du matin.csv",
    "sites": "lieux des restaurants.csv",
    "weather": "temps du jour.csv",
    "leftovers": "restes peses.csv",
}


def as_csv(table: pa.Table) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(table.column_names)
    writer.writerows(row.values() for row in table.to_pylist())
    return out.getvalue()


def a_contact(use: SystemUse) -> None:
    Territory.objects.filter(pk=use.territory_id).update(contact="Mairie d'essai")
    use.territory.refresh_from_db()


def walk(use: SystemUse, supervisor: Person, last: date) -> None:
    """From the idea to the review, then stopped. The invented rows end long ago: the forecast is of the day after."""
    run = services.execute(use, supervisor, "backtest")
    assert run.score["value"] < run.score["baseline"]
    carry(use, "sandbox")
    uses_today = manifests.of(use).uses_today
    asked = {"today": (last + timedelta(days=1)).isoformat()} if uses_today else {}
    assert services.execute(use, supervisor, "run", settings=asked).outcome["proposals"] > 0
    a_contact(use)
    with pytest.raises(GateClosed, match="Cette version n'a pas été examinée"):
        step(use, State.PRODUCTION)
    kept = examining.examine(use, supervisor, "essai")
    assert kept.tier in ("silver", "gold", "platinum"), [p for p in kept.report["points"] if not p["ok"]]
    services.answer(use, supervisor, "trial", TRIAL)
    step(use, State.PRODUCTION)
    services.answer(use, supervisor, "review", review())
    step(use, State.REVIEWED)
    step(use, State.STOPPED)
    assert [s.state for s in use.steps.all()] == ["checked", "sandbox", "production", "reviewed", "stopped"]


def test_a_careful_system_passes_every_gate_from_the_idea_to_the_review_and_is_stopped(
    territory: Territory, steward: Person, supervisor: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(graded.install(tmp_path / "careful"))
    visits = make_sample("careful")["visits"]
    dataset = deposit(territory, steward, "visites.csv", as_csv(visits))
    use = services.adopt(territory, supervisor, "careful", supervisor=supervisor)
    columns = {name: name for name in visits.column_names}
    services.bind(use, supervisor, {"visits": {"dataset": dataset.slug, "columns": columns}})
    walk(use, supervisor, max(visits["day"].to_pylist()))


@pytest.mark.long
@pytest.mark.xdist_group("canteen_report")
def test_canteen_passes_every_gate_from_the_idea_to_the_review_and_is_stopped(
    territory: Territory, steward: Person, supervisor: Person
) -> None:
    if not places.fits(territory, ["restauration-scolaire"]).ok:
        places.add_competence(
            territory, None, "restauration-scolaire", since=date(2020, 1, 1), legal_act="Délibération d'essai"
        )
    tables = make_sample("canteen", seed=3)
    for name, table in tables.items():
        deposit(territory, steward, FILES[name], as_csv(table))
    use = services.adopt(territory, supervisor, "canteen", supervisor=supervisor)
    services.bind(use, supervisor, services.propose_binding(use).binding)
    walk(use, supervisor, max(tables["attendance"]["date"].to_pylist()))


@pytest.mark.long
def test_a_poor_system_is_tried_and_never_reaches_production(
    territory: Territory, steward: Person, supervisor: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = graded.install(tmp_path / "poor", "poor", code=graded.POOR, manifest=graded.POOR_MANIFEST)
    monkeypatch.syspath_prepend(folder)
    rows = "\n".join(f"{place};{n}" for n in range(30) for place in ("A", "B"))
    dataset = deposit(territory, steward, "visites.csv", f"place;people\n{rows}\n")
    use = services.adopt(territory, supervisor, "poor", supervisor=supervisor)
    columns = {"place": "place", "people": "people", "phone": None}
    services.bind(use, supervisor, {"visits": {"dataset": dataset.slug, "columns": columns}})
    services.execute(use, supervisor, "backtest")
    carry(use, "sandbox")
    with pytest.raises(
        RunFailed, match="sans raison"
    ):  # its proposals carry no reason: none reaches a person
        services.execute(use, supervisor, "run")
    assert not Proposal.objects.exists()
    a_contact(use)
    assert examining.examine(use, supervisor, "essai").tier == ""
    with pytest.raises(GateClosed) as refused:
        step(use, State.PRODUCTION)
    assert {reason.split(" :")[0] for reason in refused.value.reasons} == {
        "Essai mené", "Mieux que sans IA, chez vous", "Qualité examinée",
    }  # fmt: skip
