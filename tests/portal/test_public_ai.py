"""AI in public: what anyone reads of each service, the committee, the report and the recommendations; nothing kept back."""

import html
import json
import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.web.platform.models import Person, Territory
from beffroi.web.trust import registers
from beffroi.web.trust.committee import services as committee
from beffroi.web.trust.recommendations import services as recommendations
from beffroi.web.trust.report import publishing
from beffroi.web.workshop import services as workshop
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from beffroi.web.workshop.sheets import AnswersError
from life import carry, step
from places import a_person
from trust.conftest import (
    bound,
    dataset,
    dpo,
    home,
    measured,
    steward,
    supervisor,
    territory,
    tiny,
    tried,
    use,
)
from workshop.test_declared import ROBOT

__all__ = [
    "bound",
    "dataset",
    "dpo",
    "home",
    "measured",
    "steward",
    "supervisor",
    "territory",
    "tiny",
    "tried",
    "use",
]
pytestmark = pytest.mark.django_db


@pytest.fixture
def reachable(territory: Territory) -> Territory:
    Territory.objects.filter(pk=territory.pk).update(contact="Mairie, 01 23 45 67 89, ia@exemple.fr")
    territory.refresh_from_db()
    return territory


@pytest.fixture
def read(client: Client, reachable: Territory) -> Any:
    """The text of a public page, as anyone has it."""

    def page(path: str) -> str:
        answer = client.get(f"/p/{reachable.slug}/{path}")
        assert answer.status_code == 200, path
        text = html.unescape(re.sub(r"<[^>]+>", " ", answer.text))
        return " ".join(text.replace("\xa0", " ").split())

    return page


def test_an_idea_does_not_serve_and_the_card_says_so(use: SystemUse, read: Any) -> None:
    assert "il ne sert pas encore" in read("services-ia/tiny/")
    assert "il ne sert pas encore" in read("services-ia/")


def test_a_stopped_system_stays_in_sight_and_says_that_it_is(use: SystemUse, read: Any) -> None:
    step(use, State.STOPPED)
    assert "Il est arrêté : il ne sert plus." in read("services-ia/tiny/")


def test_the_card_and_the_registers_say_the_deliberation_the_cost_and_what_the_year_took(
    tried: SystemUse, read: Any
) -> None:
    assert "Délibération non renseignée" in read("services-ia/tiny/")
    supervisor = tried.supervisor
    assert supervisor is not None
    given = {"act": "délibération n° 2026-041", "act_on": "2026-03-12", "cost": "1 200", "cost_year": "2026"}
    with pytest.raises(AnswersError, match="Ce que ce coût comprend"):
        workshop.answer(tried, supervisor, "mandate", given)
    workshop.answer(tried, supervisor, "mandate", given | {"cost_of": "hébergement et formation"})
    told = read("services-ia/tiny/")
    assert "Délibération délibération n° 2026-041, 12 mars 2026" in told
    assert "1 200 € en 2026 : hébergement et formation" in told
    assert f"Calculs de {timezone.localdate().year} 1 exécution ; Énergie :" in told
    for form in registers.FORMS.values():
        (entry,) = registers.entries(tried.territory, form)
        written = json.dumps(entry, ensure_ascii=False).replace("\xa0", " ")
        assert "n° 2026-041" in written and "1 200 € en 2026" in written


def test_a_declared_product_shows_its_supplier_and_that_nothing_was_measured(
    reachable: Territory, steward: Person, read: Any
) -> None:
    robot = workshop.declare(reachable, steward, ROBOT)
    carry(robot, "checked")
    text = read(f"services-ia/{robot.system}/")
    assert "déclaré par le fournisseur, non mesuré" in text
    assert ROBOT.supplier in text and "relevé par la collectivité" in text
    assert "Beffroi ne l'a pas mesuré" in text


def test_the_class_is_as_of_today_indicative_and_never_the_manifests_own_claim(
    measured: SystemUse, read: Any
) -> None:
    before = read("services-ia/tiny/")
    assert "pas encore déterminée" in before and "risque minimal" not in before.lower()
    carry(measured, "checked")
    after = read("services-ia/tiny/")
    assert "Classe aujourd'hui : risque minimal" in after and "indicatif" in after and "relevé le" in after


def test_signs_are_computed_and_their_authors_named(use: SystemUse, read: Any, client: Client) -> None:
    text = read("services-ia/tiny/")
    assert "Données opérationnelles, sans donnée personnelle" in text
    assert "Une recommandation ou prédiction" in text and "Stocké localement" in text
    assert "Helpful Places" in text and "CC BY 4.0" in text


def test_the_sign_to_print_bears_the_whole_address_and_a_human(
    use: SystemUse, reachable: Territory, read: Any, settings: Any
) -> None:
    text = read("services-ia/tiny/panneau/")
    assert f"{settings.BASE_URL}/p/{reachable.slug}/services-ia/tiny/" in text
    assert "01 23 45 67 89" in text and "intelligence artificielle" in text


def test_the_committee_names_only_who_agreed(reachable: Territory, read: Any) -> None:
    keeper = a_person(reachable, "administrator")
    for name, shown in (("Ada Experte", True), ("Dana Discrète", False)):
        committee.seat(
            reachable,
            keeper,
            name=name,
            function="enseignante",
            quality="expert",
            chosen="Tirage au sort du 3 septembre",
            interests="aucun",
            since=date(2026, 1, 5),
            name_public=shown,
        )
    text = read("comite-ethique/")
    assert "Ada Experte" in text and "Dana Discrète" not in text
    assert "n'est pas au complet" in text


def test_recommendations_are_all_there_and_searched(reachable: Territory, steward: Person, read: Any) -> None:
    for words in ("Publier le coût des services d'IA.", "Ne pas surveiller les rues de la ville."):
        recommendations.receive(
            reachable, steward, text=words, origin="convention", received_on=timezone.localdate()
        )
    text = read("recommandations/")
    assert "n° 1" in text and "n° 2" in text and "attendue le" in text
    assert "surveiller" not in read("recommandations/?mots=coût")
    assert "Aucune recommandation ne correspond" in read("recommandations/?etat=refused")


def test_the_published_report_is_read_by_all_in_every_form_and_every_version(
    measured: SystemUse, reachable: Territory, steward: Person, read: Any, client: Client
) -> None:
    year, base = timezone.localdate().year, f"/p/{reachable.slug}/rapport-ia"
    assert client.get(f"{base}/{year}/").status_code == 404
    assert "Aucun rapport publié" in read("rapport-ia/")
    publishing.publish(reachable, steward, year)
    step(measured, State.STOPPED)
    publishing.publish(reachable, steward, year, corrects="Le service a été arrêté depuis.")
    assert "Le service a été arrêté depuis." in read(f"rapport-ia/{year}/")
    assert "Une version plus récente existe" in read(f"rapport-ia/{year}/?version=1")
    told = json.loads(client.get(f"{base}/{year}.json").content)
    assert told["version"] == 2 and told["systems"][0]["state"] == "arrêté"
    pdf = client.get(f"{base}/{year}.pdf")
    assert pdf.content.startswith(b"%PDF") and pdf["Content-Type"] == "application/pdf"
    for wrong in (f"{year}/?version=3", f"{year}/?version=x", f"{year - 1}/", f"{year - 1}.pdf"):
        assert client.get(f"{base}/{wrong}").status_code == 404, wrong


def test_everything_is_linked_from_the_territorys_page(
    use: SystemUse, reachable: Territory, client: Client
) -> None:
    page = client.get(f"/p/{reachable.slug}/").text
    for path in ("services-ia/", "rapport-ia/", "comite-ethique/", "recommandations/", "mots-de-l-ia/"):
        assert f'href="/p/{reachable.slug}/{path}"' in page, path


def test_a_card_kept_off_the_site_is_nowhere_in_it(
    use: SystemUse, reachable: Territory, client: Client
) -> None:
    SystemUse.objects.filter(pk=use.pk).update(public=False)
    for path in ("services-ia/tiny/", "services-ia/tiny/panneau/"):
        assert client.get(f"/p/{reachable.slug}/{path}").status_code == 404
    for path in ("", "services-ia/"):
        assert "Moyenne des repas" not in client.get(f"/p/{reachable.slug}/{path}").text
