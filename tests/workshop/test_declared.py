"""What Beffroi does not run is declared without code, and passes the same gates: its supplier's claims are marked so."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop import manifests, public, services
from beffroi.web.workshop.errors import GateClosed, NotAllowedToRun, WorkshopError
from beffroi.web.workshop.life import stopping
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import Option, SystemUse
from beffroi.web.workshop.sheets import AnswersError
from life import NEED, SUPPLIER, TRIAL, carry, count, law, prepare, step
from places import a_person, strongly

pytestmark = pytest.mark.django_db

ROBOT = services.Declaration(
    title="Accueil téléphonique",
    supplier="Éditeur d'essai",
    product="Robot 3",
    origin="hosted",
    purpose="Répondre aux appels simples le soir.",
    helps="Les habitants qui appellent tard.",
    level="informs",
    supervisor_role="Responsable de l'accueil",
    baseline="Le répondeur et le rappel du lendemain.",
    measure="Appels traités sans rappel",
    unit="% des appels",
    better="higher",
    target=70.0,
    data=("La voix de l'appelant, pour comprendre sa demande.",),
    limits=("Comprend mal les noms de rues.",),
    contest="Demandez un agent, ou écrivez à l'accueil.",
    hosting="Chez le fournisseur, en France.",
    legal_basis="Mission d'intérêt public",
    personal_data=True,
    individual_decision=False,
)


@pytest.fixture
def robot(territory: Territory, steward: Person) -> SystemUse:
    return services.declare(territory, steward, ROBOT)


def test_a_declared_system_begins_as_an_idea_with_its_own_card(
    robot: SystemUse, territory: Territory
) -> None:
    assert (robot.state, robot.origin, robot.declared) == (State.IDEA, "hosted", True)
    card = public.public_card(territory, robot.system)
    assert card is not None
    assert card.title == "Accueil téléphonique"
    assert card.supplier == "Éditeur d'essai, Robot 3"
    assert card.data == ROBOT.data
    assert "risque minimal" not in str(card.legal).lower()  # nobody has answered yet


def test_what_was_declared_when_the_contract_named_its_evidence_otherwise_is_still_read(
    robot: SystemUse, territory: Territory
) -> None:
    old = {name: held for name, held in robot.declaration["manifest"].items() if name != "evidence"}
    robot.declaration = robot.declaration | {"manifest": old | {"evidence_labels": {}}}
    robot.save(update_fields=["declaration"])
    assert manifests.of(SystemUse.objects.of(territory).get()).title == "Accueil téléphonique"


def test_beffroi_does_not_pretend_to_run_it(robot: SystemUse, supervisor: Person) -> None:
    for verb in ("backtest", "run"):
        with pytest.raises(NotAllowedToRun, match="ne fait pas tourner"):
            services.execute(robot, supervisor, verb)


@pytest.mark.requirement("R106")
def test_it_is_carried_through_every_gate_and_its_claims_stay_marked(
    robot: SystemUse, supervisor: Person
) -> None:
    use = carry(robot, "reviewed")
    said = {g["key"]: g["told"] for g in use.steps.get(state="checked").gates}
    assert "Déclaré par le fournisseur, non mesuré" in said["supplier"]
    said = {g["key"]: g["told"] for g in use.steps.get(state="production").gates}
    assert "71" in said["benefit"] and "relevé par la collectivité" in said["benefit"]


def test_what_a_supplier_claims_does_not_open_production(robot: SystemUse, supervisor: Person) -> None:
    use = carry(robot, "sandbox")
    with pytest.raises(GateClosed) as refused:
        step(use, State.PRODUCTION)
    assert any("déclaré par son fournisseur" in reason for reason in refused.value.reasons)
    assert any("Rien n'a été essayé" in reason for reason in refused.value.reasons)
    count(use, supervisor, "Robot, chez nous", True, 55.0)  # worse than the agents' 62
    with pytest.raises(GateClosed, match="ne fait pas mieux"):
        step(use, State.PRODUCTION)


@pytest.mark.parametrize("silent", ["verifiable", "stoppable", "exportable"])
@pytest.mark.parametrize("answer", ["no", "unknown"])
def test_a_supplier_who_keeps_the_upper_hand_is_refused(
    robot: SystemUse, supervisor: Person, silent: str, answer: str
) -> None:
    prepare(robot, State.CHECKED)
    services.answer(
        robot, supervisor, "supplier", SUPPLIER | {silent: answer}
    )  # kept: it is what was answered
    with pytest.raises(GateClosed, match="ne laisse pas la main"):
        step(robot, State.CHECKED)


@pytest.mark.parametrize("answer", ["yes", "unknown"])
def test_data_that_train_a_suppliers_models_wait_for_the_dpo(
    robot: SystemUse, supervisor: Person, answer: str
) -> None:
    prepare(robot, State.CHECKED)
    services.answer(robot, supervisor, "supplier", SUPPLIER | {"reuse": answer})
    with pytest.raises(GateClosed, match="délégué à la protection des données"):
        step(robot, State.CHECKED)
    accepted = {"reuse": answer, "reuse_accepted": "Avis écrit du 3 novembre 2026, n° 12."}
    services.answer(robot, supervisor, "supplier", SUPPLIER | accepted)
    step(robot, State.CHECKED)


def test_an_answer_of_tomorrow_is_refused(robot: SystemUse, supervisor: Person) -> None:
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    with pytest.raises(AnswersError, match="un jour à venir"):
        services.answer(robot, supervisor, "supplier", SUPPLIER | {"answered_on": tomorrow})


def test_a_handful_of_cases_proves_no_benefit(robot: SystemUse, supervisor: Person) -> None:
    carry(robot, "sandbox")
    prepare(robot, State.PRODUCTION)
    services.record(robot, supervisor, name="Robot", with_ai=True, value=99.0, sample=1, period="ce matin",
                    method="Un appel écouté.", how="observed")  # fmt: skip
    with pytest.raises(GateClosed, match="compté que sur 1 cas"):
        step(robot, State.PRODUCTION)


def test_what_the_town_counts_without_benefit_is_proposed_for_stopping(
    robot: SystemUse, supervisor: Person
) -> None:
    use = carry(robot, "production")
    assert stopping.reasons(use) == []
    count(use, supervisor, "Accueil par un agent, cette année", False, 95.0)
    assert "ne fait pas mieux que « Accueil par un agent, cette année »" in stopping.reasons(use)[0]


def test_a_bought_system_that_the_law_forbids_is_told_to_who_decides(robot: SystemUse) -> None:
    use = carry(robot, "sandbox")
    law(use, street_offences="yes", street_vision="yes")
    assert "n'est pas permis" in stopping.reasons(use)[0]


@pytest.mark.parametrize("changes", [{"reached": "no"}, {"stop_met": "yes"}, {"conclusion": "stop"}])
def test_a_trial_that_failed_its_own_criterion_does_not_pass(
    robot: SystemUse, supervisor: Person, changes: dict[str, str]
) -> None:
    carry(robot, "sandbox")
    prepare(robot, State.PRODUCTION)
    services.answer(robot, supervisor, "trial", TRIAL | changes)
    with pytest.raises(GateClosed, match="Le bilan de l'essai conclut"):
        step(robot, State.PRODUCTION)


def test_a_decision_on_a_person_without_personal_data_is_refused(
    territory: Territory, steward: Person
) -> None:
    said = replace(ROBOT, individual_decision=True, personal_data=False)
    with pytest.raises(WorkshopError, match="des données sur elle"):
        services.declare(territory, steward, said)


def test_a_corrected_declaration_corrects_the_register_of_processing(
    territory: Territory, steward: Person
) -> None:
    use = services.declare(territory, steward, replace(ROBOT, personal_data=False))
    services.correct(use, steward, replace(ROBOT, purpose="Répondre aux appels de jour et de nuit."))
    use.processing.refresh_from_db()
    assert use.processing.covers_personal and use.processing.purpose.endswith("de nuit.")
    assert ledger.lines_of(territory).filter(act="processing.amend").count() == 1


def test_the_gate_stays_shut_until_the_supplier_has_answered(robot: SystemUse, supervisor: Person) -> None:
    services.answer(robot, supervisor, "need", NEED)
    law(robot)
    count(robot, supervisor, "Accueil par un agent", False, 62.0)
    count(robot, supervisor, "Robot", True, 80.0, how=Option.How.DECLARED)
    with pytest.raises(GateClosed) as refused:
        step(robot, State.CHECKED)
    assert [r.split(" :")[0] for r in refused.value.reasons] == [
        "Réponses du fournisseur",
        "Dépendances connues",
    ]


def test_a_declaration_changes_only_while_it_is_an_idea(robot: SystemUse, steward: Person) -> None:
    services.correct(robot, steward, replace(ROBOT, target=75.0))
    robot.refresh_from_db()
    assert robot.declaration["manifest"]["version"] == "déclaration 2"
    with pytest.raises(WorkshopError, match="déclarez-en un autre"):
        services.correct(robot, steward, replace(ROBOT, origin="bought"))
    carry(robot, "checked")
    with pytest.raises(WorkshopError, match="ne change plus"):
        services.correct(robot, steward, replace(ROBOT, target=80.0))


def test_two_declarations_of_one_title_keep_their_own_names(
    robot: SystemUse, territory: Territory, steward: Person
) -> None:
    other = services.declare(territory, steward, ROBOT)
    assert other.system != robot.system


@pytest.mark.parametrize(
    "changes", [{"origin": "ours"}, {"title": " "}, {"limits": ()}, {"level": "decides"}, {"better": "best"}]
)
def test_an_incomplete_declaration_is_told_in_french_and_not_kept(
    territory: Territory, steward: Person, changes: dict[str, object]
) -> None:
    with pytest.raises(WorkshopError):
        services.declare(territory, steward, replace(ROBOT, **changes))
    assert not SystemUse.objects.exists()


@pytest.mark.parametrize("role", ["agent", "decider", "auditor", "dpo"])
def test_those_who_may_not_bind_declare_nothing(territory: Territory, role: str) -> None:
    with pytest.raises(PermissionDenied):
        services.declare(territory, a_person(territory, role), ROBOT)


@pytest.mark.requirement("R106")
def test_the_pages_alone_declare_and_answer(territory: Territory, steward: Person) -> None:
    client = Client()
    strongly(client, steward)
    slug = territory.slug
    there = reverse("system-declare", kwargs={"slug": slug})
    assert client.get(there).status_code == 200
    fields = {
        **{k: v for k, v in ROBOT.__dict__.items() if isinstance(v, str | float)},
        "data": "\n".join(ROBOT.data),
        "limits": "\n".join(ROBOT.limits),
        "personal_data": "on",
        "target": "70",
    }
    reply = client.post(there, fields | {"title": ""})
    assert reply.status_code == 422 and "Robot 3" in reply.content.decode()  # what was typed is kept
    reply = client.post(there, fields)
    use = SystemUse.objects.get()
    assert reply.headers["Location"] == reverse("system-life", kwargs={"slug": slug, "system": use.system})
    page = client.get(reply.headers["Location"]).content.decode()
    assert "à faire" in page and "Réponses du fournisseur" in page
    sheet = reverse("system-sheet", kwargs={"slug": slug, "system": use.system, "kind": "supplier"})
    reply = client.post(sheet, SUPPLIER | {"how": "court", "stoppable": "no"})
    assert reply.status_code == 422
    assert "trop courte" in reply.content.decode() and "Éditeur d" in reply.content.decode()
    assert client.post(sheet, SUPPLIER).status_code == 302
    assert (
        "répondu"
        in client.get(reverse("system-life", kwargs={"slug": slug, "system": use.system})).content.decode()
    )
    options = reverse("system-options", kwargs={"slug": slug, "system": use.system})
    row = {"name": "Accueil par un agent", "with_ai": "no", "how": "observed", "value": "62,5", "sample": "240",
           "period": "octobre 2026", "method": "240 appels écoutés par deux agents."}  # fmt: skip
    assert client.post(options, row | {"how": "declared"}).status_code == 422  # without AI, one counts
    assert client.post(options, row).status_code == 302
    assert "62,5" in client.get(options).content.decode()
