"""Open data for citizens: found by a word or a theme, read without raw shapes; the front page stays short and cheap."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.row_queries import Rows
from beffroi.web.catalogue.themes import theme_of
from beffroi.web.portal.previews import preview_of
from places import poured

pytestmark = pytest.mark.django_db

CANTEENS = "Site;Jour;Convives\nJean-Moulin;01/02/2024;112\n"
POINTS = (
    '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"nom":"Borne A","volume_m3":4},'
    '"geometry":{"type":"Point","coordinates":[-1.5,47.2]}}]}'
)


def publish(town, steward, name, text):
    dataset = poured(town, steward, name, text).dataset
    lifecycle.edit_card(dataset, steward, producer="Ville", licence="Licence Ouverte 2.0", owner=steward)
    return lifecycle.publish(dataset, steward)


@pytest.fixture
def canteens(town, steward):
    return publish(town, steward, "Fréquentation cantines.csv", CANTEENS)


def test_a_word_of_the_theme_finds_a_dataset_that_never_says_it(town, canteens):
    for query in (
        "?q=repas",
        "?q=ECOLE",
        "?theme=ecole",
        "?q=convives+voirie",
        "?q=frequentation&theme=ecole",
    ):
        found = canteens.title in Client().get(f"/p/{town.slug}/donnees/{query}").text
        assert found is ("voirie" not in query), query
    assert "0 jeu de données" in Client().get(f"/p/{town.slug}/donnees/?theme=eau&q=x").text
    assert canteens.title in Client().get(f"/p/{town.slug}/donnees/?theme=inconnu").text


def test_words_that_no_dataset_has_together_find_their_theme(town, steward, canteens):
    grants = publish(town, steward, "Subventions versées.csv", "Association;Montant\nLes Amis;100\n")
    page = Client().get(f"/p/{town.slug}/donnees/?q=budget+2024").text
    assert grants.title in page and canteens.title not in page
    assert "du thème «\N{NO-BREAK SPACE}Budget et subventions" in page.replace("&nbsp;", "\N{NO-BREAK SPACE}")
    assert "0 jeu de données" in Client().get(f"/p/{town.slug}/donnees/?q=grenouille+2024").text


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("Fréquentation cantines", "École, cantine, crèche"),
        ("Bornes, tournées de collecte", "Déchets"),
        ("Débits par jour, débit des rivières", "Eau"),
        ("Trimestres", "Autres"),
    ],
)
def test_the_theme_follows_the_words_of_the_title(title, label):
    assert theme_of(title).label == label


def test_the_front_page_and_the_list_ask_as_many_queries_for_three_datasets_as_for_one(
    town, steward, canteens
):
    def queries(path):
        with CaptureQueriesContext(connection) as asked:
            assert Client().get(path).status_code == 200
        return len(asked)

    paths = (f"/p/{town.slug}/", f"/p/{town.slug}/donnees/")
    before = [queries(path) for path in paths]
    for name in ("Eau.csv", "Tri.csv"):
        publish(town, steward, name, CANTEENS)
    assert [queries(path) for path in paths] == before
    assert max(before) <= 20


def test_a_shape_is_a_word_in_the_table_and_a_place_on_the_map(town, steward):
    bornes = publish(town, steward, "Bornes.geojson", POINTS)
    page = Client().get(f"/p/{town.slug}/donnees/{bornes.slug}/").text
    table = page.split("<tbody>")[1]
    assert "<td>position</td>" in table and "coordinates" not in table
    assert "Volume m3" in page and 'data-island="map"' in page and '"name": "Borne A"' in page


def test_values_are_written_in_french_and_codes_are_left_alone():
    columns = [
        {"label": name, "type": kind} for name, kind in (("a_b", "decimal"), ("c", "code"), ("g", "geometry"))
    ]
    shown = preview_of(Rows(columns, [[Decimal("1066.70"), "044109", "n'importe quoi"]], 1))
    assert [cell.text.replace("\xa0", " ") for cell in shown.rows[0]] == ["1 066,7", "044109", ""]
    assert shown.headings == ["A b", "C", "Lieu"] and shown.map is None


def test_the_front_page_leads_to_the_ledger_and_shows_no_fingerprint(town, canteens):
    page = Client().get(f"/p/{town.slug}/").text
    assert f'href="/p/{town.slug}/registre/"' in page and "<code" not in page
