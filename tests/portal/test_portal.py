"""The citizen's door: what is published and nothing else, a human to talk to, no account."""

import pytest
from django.test import Client

from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.grants import processing
from beffroi.web.catalogue.models import Dataset
from beffroi.web.studio.models import Board
from beffroi.web.workshop.services import adopt
from places import a_person, a_territory, poured

pytestmark = pytest.mark.django_db

WATER = "Commune;Jour;Volume\nÉcully;01/02/2024;12,5\nRezé;02/02/2024;7,25\n"


def pour(town, person, name="Eau.csv", text=WATER) -> Dataset:
    return poured(town, person, name, text).dataset


def published(town, steward) -> Dataset:
    dataset = pour(town, steward)
    lifecycle.edit_card(
        dataset, steward, producer="Régie des eaux", licence="Licence Ouverte 2.0", owner=steward
    )
    return lifecycle.publish(dataset, steward)


@pytest.mark.requirement("R17")
def test_a_published_dataset_is_listed_shown_and_downloaded(town, steward):
    dataset = published(town, steward)
    client = Client()
    assert dataset.title in client.get(f"/p/{town.slug}/").text
    assert "Régie des eaux" in client.get(f"/p/{town.slug}/donnees/").text
    page = client.get(f"/p/{town.slug}/donnees/{dataset.slug}/").content.decode()
    assert "Écully" in page
    assert "12,5" in page
    answer = client.get(f"/p/{town.slug}/donnees/{dataset.slug}/csv/")
    assert "7,25" in b"".join(answer.streaming_content).decode("utf-8-sig")


def test_a_dataset_that_is_not_published_does_not_exist_for_the_public(town, steward):
    dataset = pour(town, steward)
    assert dataset.title not in Client().get(f"/p/{town.slug}/").content.decode()
    for path in (f"donnees/{dataset.slug}/", f"donnees/{dataset.slug}/csv/", "donnees/rien/"):
        assert Client().get(f"/p/{town.slug}/{path}").status_code == 404


@pytest.mark.requirement("R17")
def test_a_dataset_withdrawn_leaves_the_public_site_at_once(town, steward):
    dataset = published(town, steward)
    lifecycle.unpublish(dataset, steward)
    assert Client().get(f"/p/{town.slug}/donnees/{dataset.slug}/").status_code == 404


def test_a_board_that_is_not_public_does_not_exist_for_the_public(town):
    Board.objects.create(territory=town, slug="prive", title="Privé")
    assert Client().get(f"/p/{town.slug}/tableaux/prive/").status_code == 404
    assert Client().get(f"/p/{town.slug}/tableaux/prive/1.json").status_code == 404


def test_a_system_not_yet_measured_says_so_and_names_no_agent(town, steward):
    supervisor = a_person(town, "supervisor", email="lou@example.org")
    purpose = processing(
        town, "cantine", title="Cantine", purpose="Prévoir.", legal_basis="Mission d'intérêt public"
    )
    adopt(town, supervisor, "canteen", supervisor=supervisor, processing=purpose)
    page = Client().get(f"/p/{town.slug}/services-ia/canteen/").content.decode()
    assert "pas encore été mesuré" in page
    assert "Contester" in page
    assert supervisor.name not in page
    assert Client().get(f"/p/{town.slug}/services-ia/inconnu/").status_code == 404


def test_every_public_page_says_how_to_reach_a_human(town, steward):
    dataset = published(town, steward)
    for path in ("/", f"/p/{town.slug}/", f"/p/{town.slug}/donnees/{dataset.slug}/"):
        assert "Parler à un humain" in Client().get(path).content.decode(), path


def test_an_invented_town_is_closed_to_engines_and_a_real_one_only_in_private(town):
    assert "Disallow: /\n" in Client().get("/robots.txt").content.decode()
    assert Client().get(f"/p/{town.slug}/").headers["X-Robots-Tag"] == "noindex, nofollow"


def test_a_real_territory_is_open_to_engines_except_its_private_space(home):
    real = a_territory("Nantes", fictional=False, code="44109")
    assert Client().get("/robots.txt").content.decode().splitlines()[1:] == [
        "Disallow: /t/",
        "Disallow: /entree/",
    ]
    assert "X-Robots-Tag" not in Client().get(f"/p/{real.slug}/").headers
    assert "Ville fictive" not in Client().get(f"/p/{real.slug}/").content.decode()


def test_an_unknown_territory_answers_404():
    assert Client().get("/p/nulle-part/").status_code == 404


def test_every_public_page_of_a_territory_leads_to_contesting_from_its_header(town):
    for path in (f"/p/{town.slug}/", f"/p/{town.slug}/services-ia/", f"/p/{town.slug}/registre/"):
        header = Client().get(path).content.decode().split("</header>")[0]
        assert f'href="/p/{town.slug}/contester/"' in header, path
    there = Client().get(f"/p/{town.slug}/contester/").content.decode().split("</header>")[0]
    assert 'aria-current="page"' in there
    assert "contester" not in Client().get("/").content.decode().split("</header>")[0]
