"""A system is taken into use with a supervisor and a purpose, then bound to the territory's own columns."""

from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied

from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import BindingRefused, WorkshopError
from beffroi.web.workshop.models import SystemUse
from places import a_person, a_territory, elsewhere

from .conftest import deposit, meals
from .tiny import installed

pytestmark = pytest.mark.django_db


def acts(territory: Territory) -> list[str]:
    return [line.act for line in ledger.lines_of(territory)]


def columns(**changes: str | None) -> dict[str, str | None]:
    return {"site": "ecole", "date": "jour", "meals": "repas_servis"} | changes


def binding(dataset: Dataset, **changes: str | None) -> dict[str, dict[str, object]]:
    return {"attendance": {"dataset": dataset.slug, "columns": columns(**changes)}}


def test_adopting_names_a_supervisor_and_a_purpose_once(
    use: SystemUse, supervisor: Person, territory: Territory
) -> None:
    again = services.adopt(territory, supervisor, "tiny", supervisor=supervisor)
    assert again.pk == use.pk
    assert use.supervisor == supervisor
    assert use.processing.purpose.startswith("Dire combien de repas")
    assert acts(territory).count("system.adopt") == 1
    assert acts(territory).count("system.supervise") == 1


def test_only_a_member_with_the_role_supervises(tiny: None, territory: Territory, supervisor: Person) -> None:
    agent = a_person(territory, "agent")
    with pytest.raises(WorkshopError, match="rôle de superviseur"):
        services.adopt(territory, supervisor, "tiny", supervisor=agent)
    assert not SystemUse.objects.exists()


@pytest.mark.parametrize("role", ["agent", "decider", "auditor"])
def test_those_who_may_not_bind_neither_adopt_nor_bind_nor_run(
    bound: SystemUse, territory: Territory, dataset: Dataset, role: str
) -> None:
    person = a_person(territory, role)
    for attempt in (
        lambda: services.adopt(territory, person, "tiny", supervisor=None),
        lambda: services.bind(bound, person, binding(dataset)),
        lambda: services.execute(bound, person, "backtest"),
        lambda: services.start(bound, person, "backtest"),
    ):
        with pytest.raises(PermissionDenied):
            attempt()


def test_an_unknown_system_is_told_in_french(territory: Territory, supervisor: Person) -> None:
    with pytest.raises(WorkshopError, match="Aucun système"):
        services.adopt(territory, supervisor, "nothing", supervisor=supervisor)


@pytest.mark.requirement("R46")
def test_a_prohibited_use_is_never_adopted(tmp_path: Path, territory: Territory, supervisor: Person) -> None:
    with installed(tmp_path / "bad", risk="prohibited"), pytest.raises(WorkshopError, match="interdit"):
        services.adopt(territory, supervisor, "tiny", supervisor=supervisor)


def test_the_best_dataset_is_proposed_for_each_table_with_why(
    use: SystemUse, territory: Territory, steward: Person, dataset: Dataset
) -> None:
    deposit(territory, steward, "jours de greve.csv", "Jour;Motif\n12/10/2026;national\n13/11/2026;local\n")
    deposit(territory, steward, "dechets.csv", "Commune;Jour;Tonnes\nA;01/09/2026;12,5\nB;02/09/2026;13\n")
    proposal = services.propose_binding(use)
    attendance, strikes = proposal.inputs["attendance"], proposal.inputs["strikes"]
    assert proposal.complete
    assert attendance.dataset == dataset
    assert "colonnes nécessaires" in attendance.why
    assert proposal.binding["attendance"]["columns"] == columns()
    assert strikes.dataset is not None and strikes.dataset.title.lower().startswith("jours de greve")


def test_a_date_alone_does_not_make_a_calendar_of_strikes(
    use: SystemUse, territory: Territory, steward: Person, dataset: Dataset
) -> None:
    deposit(territory, steward, "dechets.csv", "Commune;Jour;Tonnes\nA;01/09/2026;12,5\nB;02/09/2026;13\n")
    strikes = services.propose_binding(use).inputs["strikes"]
    assert strikes.dataset is None
    assert "Facultatif" in strikes.why


def test_without_a_fitting_dataset_the_proposal_is_incomplete_and_says_so(use: SystemUse) -> None:
    proposal = services.propose_binding(use)
    assert not proposal.complete
    assert proposal.binding == {}
    assert "déposez le fichier" in proposal.inputs["attendance"].why


def test_a_confirmed_binding_is_kept_and_told_to_the_ledger(bound: SystemUse, territory: Territory) -> None:
    assert SystemUse.objects.get(pk=bound.pk).binding["attendance"]["columns"] == columns()
    assert acts(territory)[-1] == "system.bind"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"meals": None}, "Il manque la colonne « meals »"),
        ({"meals": "absente"}, "n’est pas dans ce jeu"),
        ({"meals": "ecole"}, "contient du texte"),
        ({"site": "jour"}, "à la fois"),
    ],
)
def test_a_binding_that_cannot_serve_says_why_in_french(
    use: SystemUse, supervisor: Person, dataset: Dataset, changes: dict[str, str | None], words: str
) -> None:
    with pytest.raises(BindingRefused) as refused:
        services.bind(use, supervisor, binding(dataset, **changes))
    assert any(words in error for error in refused.value.errors), refused.value.errors
    assert SystemUse.objects.get(pk=use.pk).binding == {}


def test_personal_data_are_refused_to_a_system_that_says_it_needs_none(
    use: SystemUse, supervisor: Person, steward: Person, territory: Territory
) -> None:
    dataset = deposit(territory, steward, "annuaire.csv", meals(30, more="Courriel"))
    assert dataset.sensitivity == "personal"
    with pytest.raises(BindingRefused, match="données personnelles"):
        services.bind(use, supervisor, binding(dataset))
    dataset.sensitivity = "ordinary"  # a steward's judgement does not make an address less of one
    dataset.save()
    with pytest.raises(BindingRefused, match="porter sur des personnes"):
        services.bind(use, supervisor, binding(dataset, site="courriel"))
    services.bind(use, supervisor, binding(dataset))


def test_a_dataset_of_another_territory_cannot_be_bound(use: SystemUse, supervisor: Person) -> None:
    neighbour = a_territory("Ailleurs", code="99T02", fictional=False)
    owner = a_person(neighbour, "data_officer", email="voisin@example.org")
    with elsewhere(neighbour):
        theirs = deposit(neighbour, owner, "leurs repas.csv", meals())
    with pytest.raises(BindingRefused, match="n'existe plus"):
        services.bind(use, supervisor, binding(theirs))


def test_a_required_table_must_be_bound(use: SystemUse, supervisor: Person) -> None:
    with pytest.raises(BindingRefused, match="Repas servis"):
        services.bind(use, supervisor, {})
