"""Keep the upper hand (« garder la main »), built or bought: the authority stops, corrects, exports and replaces a system."""

import json
import zipfile
from pathlib import Path

import pytest
from django.test import Client

from beffroi.web.decisions import contesting, teaching
from beffroi.web.decisions.errors import DecisionError
from beffroi.web.decisions.models import Contestation, Decision, Proposal
from beffroi.web.decisions.services import decide
from beffroi.web.platform import evidence
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop import cards, services
from beffroi.web.workshop.errors import NotAllowedToRun
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from decisions.conftest import ANSWER, a_contestation
from life import WHY, carry, somebody
from places import a_person, strongly
from rings import representatives
from support.sample_systems import distribution
from workshop import tiny as tiny_system
from workshop.test_declared import ROBOT

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("R65")]


def successor(folder: Path) -> None:
    """Another system for the same purpose, installed beside the first: it forecasts the highest day known."""
    code = tiny_system.CODE.replace("sum(meals) / len(meals)", "float(max(meals))")
    assert code != tiny_system.CODE
    manifest = tiny_system.manifest("highest", title="Maximum des repas", version="1.0")
    distribution(folder, "highest", manifest, code)


def papers_of(territory: Territory, system: str) -> dict[str, object]:
    """What an auditor takes away on a system."""
    with (
        evidence.pack(territory, somebody(territory, "auditor")) as pack,
        zipfile.ZipFile(pack) as archive,
    ):
        told: dict[str, object] = json.loads(archive.read(f"services-ia/{system}.json"))
    return told


# The right of each role to stop is tried on every path in test_life_paths.py.
@pytest.mark.parametrize(
    "role",
    representatives(
        ["administrator", "data_officer", "security_officer", "supervisor", "decider"], ["security_officer"]
    ),
)
def test_any_of_those_who_answer_for_it_stops_it_at_once(
    tried: SystemUse, supervisor: Person, role: str
) -> None:
    services.execute(tried, supervisor, "run")
    services.advance(tried, somebody(tried.territory, role), State.STOPPED, reason=WHY)
    tried.refresh_from_db()
    count = Proposal.objects.count()
    with pytest.raises(NotAllowedToRun, match="arrêté"):
        services.execute(tried, supervisor, "run")
    assert Proposal.objects.count() == count > 0  # what was proposed is not lost


def test_a_bought_one_too_is_stopped_and_its_file_leaves_whole(territory: Territory, steward: Person) -> None:
    use = services.declare(territory, steward, ROBOT)
    services.advance(use, steward, State.STOPPED, reason=WHY)
    use.refresh_from_db()
    assert use.state == State.STOPPED
    card = cards.card(territory, use.system)
    assert card is not None and card.to_dict()["supplier"] == "Éditeur d'essai, Robot 3"
    assert papers_of(territory, use.system)["étape"] == "arrêté"


def test_a_system_is_corrected_exported_stopped_and_replaced_by_another(
    tried: SystemUse, supervisor: Person, tmp_path: Path
) -> None:
    territory, elected = tried.territory, a_person(tried.territory, "decider", email="maire@example.org")

    # Correct: an error that a person confirms bounds what is proposed from then on.
    run = services.execute(tried, supervisor, "run")
    wrong = Proposal.objects.get(run=run.key, place="Jean-Moulin")
    row = a_contestation(territory)
    contesting.tie(row, supervisor, wrong)
    contesting.answer(row, supervisor, "confirmed", ANSWER, "La sortie de la classe manquait.")
    row = Contestation.objects.get()
    teaching.add_rule(
        row, supervisor, where={"place": "Jean-Moulin"}, action="at_most", value=90.0, reason="Classe partie"
    )
    again = services.execute(tried, supervisor, "run")
    corrected, other = (Proposal.objects.get(run=again.key, place=p) for p in ("Jean-Moulin", "Émile-Zola"))
    assert wrong.value > corrected.value == 90.0
    decided = decide(corrected, elected, "accept", reason="Vu avec la cuisine")

    # Export: the forecast as a table, and the whole of its life as papers.
    client = strongly(Client(), supervisor)
    base = f"/t/{territory.slug}/services-ia/tiny/executions/{again.pk}/"
    rows = client.get(f"{base}previsions.csv").content.decode("utf-8-sig").splitlines()
    assert len(rows) == 3 and "Jean-Moulin" in rows[1]
    told = papers_of(territory, "tiny")
    assert told["questionnaires"] and told["étapes franchies"] and told["dernière exécution"]

    # Stop: it runs no more, and what it had proposed is decided no more.
    services.advance(tried, supervisor, State.STOPPED, reason=WHY)
    tried.refresh_from_db()
    with pytest.raises(NotAllowedToRun, match="arrêté"):
        services.execute(tried, supervisor, "run")
    with pytest.raises(DecisionError, match="arrêté"):
        decide(other, elected, "accept", reason="Vu")

    # Replace: another takes the same tables, meets every gate and proposes; what was decided stays as it was.
    successor(tmp_path / "third-party")
    use = services.adopt(territory, supervisor, "highest", supervisor=supervisor)
    services.bind(use, supervisor, tried.binding)
    services.execute(use, supervisor, "backtest")
    carry(use, "sandbox")
    new = services.execute(use, supervisor, "run")
    proposed = Proposal.objects.get(run=new.key, place="Jean-Moulin")
    assert (proposed.system, proposed.value) == ("highest", 114.0)
    assert decide(proposed, elected, "accept", reason="Vu").value == 114.0
    assert Decision.objects.get(pk=decided.pk).value == 90.0
    assert papers_of(territory, "tiny")["étape"] == "arrêté"
    assert papers_of(territory, "highest")["étape"] == "bac à sable"
